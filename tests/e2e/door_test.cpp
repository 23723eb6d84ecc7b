// What the door does besides the table: switches, server names, several accounts, live connections (P3.2,
// P3.6, P2.7).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DoorTest : public EmulatorTest {};

// P appendix C.3 51, P2.7.
TEST_F(DoorTest, LeavingActiveCutsTheLiveConnectionAndTheReconnectIsRefused) {
  Device device = active_device("pump");
  connect(device);
  set_status(device.identity().certificate_id, "INACTIVE");

  const Outcome cut = device.wait_closed();
  EXPECT_THAT(cut, RefusedBecause(Refusal::authorization_lost));
  EXPECT_EQ(cut.ended, Outcome::Ended::close_notify);
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_inactive));
}

TEST_F(DoorTest, RevokedCertificateLosesItsConnectionToo) {
  Device device = active_device("pump");
  connect(device);
  set_status(device.identity().certificate_id, "REVOKED");
  EXPECT_THAT(device.wait_closed(), RefusedBecause(Refusal::authorization_lost));
}

// P3.5 clarifications: the CA plays no part in a live connection.
TEST_F(DoorTest, DeactivatingTheCaLeavesItsConnectedDevicesAlone) {
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  DeviceIdentity identity = ca.sign_device("pump");
  register_certificate(identity, "ACTIVE");
  set_policy("everything", {allow("iot:*", "*")});
  attach_policy("everything", identity.certificate_id);
  Device device{emu, identity};
  connect(device);

  emu.api("UpdateCACertificate", {{"certificateId", ca.id()}, {"newStatus", "INACTIVE"}});

  EXPECT_THAT(device.ping(), Accepted());
}

// P appendix C.3 52, P3.8: also across different certificates.
TEST_F(DoorTest, SameClientIdTakesTheConnectionOver) {
  Device first = active_device("first");
  Device second = active_device("second");
  const Recorder presence = emu.record("$aws/events/presence/disconnected/shared");
  ASSERT_THAT(first.connect({.client_id = "shared"}), Accepted());
  ASSERT_THAT(second.connect({.client_id = "shared"}), Accepted());

  EXPECT_EQ(first.wait_closed().ended, Outcome::Ended::close_notify);
  EXPECT_THAT(second.ping(), Accepted());
  const auto events = presence.json();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["disconnectReason"], "DUPLICATE_CLIENTID");
  EXPECT_EQ(events[0]["principalIdentifier"], first.identity().certificate_id);
}

TEST_F(DoorTest, ExplainNamesTheMissingCaAndTheCommandThatWouldMendIt) {
  const CaFixture unknown = emu.make_ca({.common_name = "Forgotten CA"});
  Device device{emu, unknown.sign_device("sn-0001")};
  device.connect();
  EXPECT_THAT(emu.explain(device), HasSubstr("Forgotten CA"));
  EXPECT_THAT(emu.explain(device), HasSubstr("aws iot register-ca-certificate"));
  EXPECT_THAT(emu.explain("sn-0001"), HasSubstr("ca_unknown")) << "the client id finds it too";
  EXPECT_THAT(emu.explain("nobody"), HasSubstr("no refusal"));
}

// P3.2: other accounts are found by what they own.
TEST_F(DoorTest, CertificateOfAnotherAccountConnectsIntoThatAccount) {
  const RealmName other{.account = "210987654321", .region = "us-east-1"};
  const CaFixture ca = emu.register_ca({.auto_registration = true, .realm = other});
  Device device{emu, ca.sign_device("sn-0001")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));

  const Json id{{"certificateId", device.identity().certificate_id}};
  EXPECT_THAT(emu.api("DescribeCertificate", id), FailsWith("ResourceNotFoundException"));
  const ApiResult described = emu.api("DescribeCertificate", id, other);
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described["certificateDescription"]["ownedBy"], other.account);

  emu.api("UpdateCertificate", {{"certificateId", device.identity().certificate_id}, {"newStatus", "ACTIVE"}},
          other);
  emu.api("CreatePolicy", {{"policyName", "all"}, {"policyDocument", policy_document({allow("iot:*", "*")})}},
          other);
  emu.api("AttachPolicy",
          {{"policyName", "all"}, {"target", described["certificateDescription"]["certificateArn"]}}, other);
  Device native = active_device("native");
  connect(device);
  connect(native);
  ASSERT_THAT(native.subscribe("t"), Accepted());
  EXPECT_THAT(device.publish("t", "from the other account"), Accepted());
  EXPECT_THAT(native.messages(), IsEmpty()) << "messages never cross accounts";
}

TEST(DoorSwitches, RequireSniRefusesClientsThatSendNone) {
  Options options = test_options();
  options.switches.require_sni = true;
  Emulator emu{options};
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("sn-0001")};
  EXPECT_THAT(device.connect({.server_name = std::nullopt}), RefusedBecause(Refusal::sni_missing));
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
}

// P3.6: rows 2–4, 10–12 and 15–19 inside the handshake; rows 5–9 need a CONNECT packet.
TEST(DoorSwitches, HandshakeAlertRefusesWithCertificateUnknown) {
  Options options = test_options();
  options.switches.refusal_mode = Switches::RefusalMode::handshake_alert;
  Emulator emu{options};
  const CaFixture known = emu.register_ca({.auto_registration = true});
  Device stranger{emu, emu.make_ca().sign_device("stranger")};
  Device newcomer{emu, known.sign_device("newcomer")};
  for (const auto tls : {ConnectOptions::Tls::v1_2, ConnectOptions::Tls::v1_3}) {
    const Outcome outcome = stranger.connect({.tls = tls});
    EXPECT_EQ(outcome.ended, Outcome::Ended::alert) << outcome.text;
    EXPECT_EQ(outcome.alert, 46);
    EXPECT_THAT(outcome, RefusedBecause(Refusal::ca_unknown));
  }
  EXPECT_THAT(newcomer.connect(), RefusedBecause(Refusal::certificate_pending));
}

TEST(DoorSwitches, ConnackOnDeniedAnswersWithTheChosenCode) {
  for (const auto& [choice, code] :
       {std::pair{Switches::ConnackOnDenied::code5, 5}, std::pair{Switches::ConnackOnDenied::code7, 7}}) {
    Options options = test_options();
    options.switches.connack_on_denied = choice;
    Emulator emu{options};
    const DeviceIdentity identity = emu.make_ca().sign_device("sn-0001");
    emu.api("RegisterCertificateWithoutCA",
            {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}});
    Device device{emu, identity};
    const Outcome outcome = device.connect();
    EXPECT_THAT(outcome, RefusedBecause(Refusal::connect_denied));
    EXPECT_EQ(outcome.connack, code);
  }
}

TEST(DoorSwitches, AcceptExpiredLeafLetsAnExpiredActiveCertificateIn) {
  Options options = test_options();
  options.switches.accept_expired_leaf = true;
  Emulator emu{options};
  const DeviceIdentity identity =
      emu.make_ca().sign_device({.common_name = "old", .valid_until = -std::chrono::hours{1}});
  emu.api("RegisterCertificateWithoutCA",
          {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}});
  emu.api("CreatePolicy",
          {{"policyName", "all"}, {"policyDocument", policy_document({allow("iot:*", "*")})}});
  emu.api("AttachPolicy", {{"policyName", "all"}, {"target", arn("cert/" + identity.certificate_id)}});
  EXPECT_THAT(Device(emu, identity).connect(), Accepted());
}

}  // namespace
}  // namespace iotemu::tests
