// Just-in-time registration as a device and its owner live it (P4, P appendix C.3 44–52 and C.4).

#include <atomic>
#include <thread>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Milliseconds of the emulator's first instant, 2026-01-01T00:00:00Z.
constexpr long long kStart = 1'767'225'600'000;
constexpr auto kRegistered = "$aws/events/certificates/registered/+";

class RegistrationTest : public EmulatorTest {
 protected:
  /// The user's handler: activates the certificate and lets the device do everything below its own client id.
  void activate(const CertificateRegistered& event) {
    emu.api(
        "CreatePolicy",
        {{"policyName", "own-topics"},
         {"policyDocument", policy_document({
                                allow("iot:Connect", "*"),
                                allow({"iot:Publish", "iot:Receive"}, arn("topic/devices/${iot:ClientId}/*")),
                                allow("iot:Subscribe", arn("topicfilter/devices/${iot:ClientId}/*")),
                            })}});
    emu.api("AttachPolicy", {{"policyName", "own-topics"}, {"target", event.certificate_arn}});
    emu.api("UpdateCertificate", {{"certificateId", event.certificate_id}, {"newStatus", "ACTIVE"}});
  }
};

TEST_F(RegistrationTest, UnknownCertificateIsRefusedUntilItsHandlerActivatesIt) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  emu.on_certificate_registered(factory, [this](const CertificateRegistered& event) { activate(event); });
  Device device{emu, factory.sign_device("sn-0001")};

  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.settle();
  EXPECT_THAT(device.connect(), Accepted());

  EXPECT_THAT(device.subscribe("devices/sn-0001/#", 1), Accepted());
  EXPECT_THAT(device.publish("devices/sn-0001/state", "on", 1), Accepted());
  EXPECT_THAT(payloads(device.messages()), ElementsAre("on"));
  EXPECT_THAT(device.publish("devices/sn-0002/state", "on", 1), RefusedBecause(Refusal::publish_denied));
}

// P4.1, P appendix C.3 45.
TEST_F(RegistrationTest, EventHasExactlySixKeysAndARepeatedKnockCarriesTheTimeOfRegistrationAsText) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  const Recorder events = emu.record(kRegistered);
  Device device{emu, factory.sign_device("sn-0001")};
  const std::string id = device.identity().certificate_id;

  device.connect();
  emu.advance(std::chrono::seconds{90});
  device.connect();

  const auto messages = events.messages();
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].topic, "$aws/events/certificates/registered/" + factory.id());
  EXPECT_THAT(events.json(), ElementsAre(Json{{"certificateId", id},
                                              {"caCertificateId", factory.id()},
                                              {"timestamp", kStart},
                                              {"certificateStatus", "PENDING_ACTIVATION"},
                                              {"awsAccountId", "123456789012"},
                                              {"certificateRegistrationTimestamp", nullptr}},
                                         Json{{"certificateId", id},
                                              {"caCertificateId", factory.id()},
                                              {"timestamp", kStart + 90'000},
                                              {"certificateStatus", "PENDING_ACTIVATION"},
                                              {"awsAccountId", "123456789012"},
                                              {"certificateRegistrationTimestamp", std::to_string(kStart)}}));
}

// P4.1: other subscribers see the event if their policy allows it, and nobody may forge it.
TEST_F(RegistrationTest, EventReachesASubscriberWhosePolicyAllowsItAndNoClientCanPublishOne) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  Device watcher = active_device("watcher");
  connect(watcher);
  EXPECT_THAT(watcher.subscribe(kRegistered), Accepted());
  Device device{emu, factory.sign_device("sn-0001")};

  device.connect();

  const auto seen = watcher.messages();
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(Json::parse(seen[0].payload)["certificateId"], device.identity().certificate_id);
  EXPECT_THAT(watcher.publish("$aws/events/certificates/registered/" + factory.id(), "{}"),
              RefusedBecause(Refusal::reserved_topic));
}

// P appendix C.3 44, P3.5 clarifications.
TEST_F(RegistrationTest, HandshakeWithoutConnectRegistersNothing) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  const Recorder events = emu.record(kRegistered);
  Device closes_at_once{emu, factory.sign_device("sn-0001")};
  Device waits{emu, factory.sign_device("sn-0002")};

  ASSERT_TRUE(closes_at_once.handshake());
  closes_at_once.drop();
  ASSERT_TRUE(waits.handshake());
  emu.advance(std::chrono::seconds{9});
  EXPECT_TRUE(waits.is_connected());
  emu.advance(std::chrono::seconds{2});

  EXPECT_FALSE(waits.wait_closed().accepted) << "the wait for CONNECT ends after ten seconds";
  EXPECT_THAT(events.messages(), IsEmpty());
  EXPECT_EQ(status_of(closes_at_once.identity().certificate_id), "");
  EXPECT_EQ(status_of(waits.identity().certificate_id), "");
}

// P3.5 clarifications: a malformed CONNECT registers nothing.
TEST_F(RegistrationTest, MalformedConnectIsClosedAndRegistersNothing) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  Device device{emu, factory.sign_device("sn-0001")};

  ASSERT_TRUE(device.handshake());
  EXPECT_FALSE(device.send_raw(std::string{"\x10\x0a\x00\x04MQXX\x04\x02\x00\x3c", 12}).accepted);

  EXPECT_EQ(status_of(device.identity().certificate_id), "");
}

// P appendix C.3 47, P3.3: only the direct issuer counts.
TEST_F(RegistrationTest, LeafOfAnUnregisteredIntermediateIsRefusedAlthoughItsRootIsRegistered) {
  const CaFixture root = emu.register_ca({.common_name = "Root", .auto_registration = true});
  const CaFixture intermediate = root.sign_ca({.common_name = "Intermediate"});
  Device device{emu, intermediate.sign_device("sn-0001")};

  const Outcome refused = device.connect({.send_chain = true});
  EXPECT_THAT(refused, RefusedBecause(Refusal::ca_unknown));
  EXPECT_THAT(refused.text, HasSubstr("Intermediate")) << "the refusal names the issuer that is missing";
  EXPECT_EQ(status_of(device.identity().certificate_id), "");

  emu.register_ca(intermediate, {.auto_registration = true});
  EXPECT_THAT(device.connect({.send_chain = true}), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
}

// P appendix C.3 48, P3.5 row 19.
TEST_F(RegistrationTest, ForgedCaOfTheSameNameOpensNoDoor) {
  const CaFixture factory = emu.register_ca({.common_name = "Factory CA", .auto_registration = true});
  const CaFixture forged = emu.make_ca({.common_name = "Factory CA"});
  Device device{emu, forged.sign_device("sn-0001")};

  EXPECT_THAT(device.connect({.send_chain = true}), RefusedBecause(Refusal::ca_unknown));
  EXPECT_EQ(status_of(device.identity().certificate_id), "");
}

// P appendix C.3 49, P3.4: exactly one record, one event a connect.
TEST_F(RegistrationTest, TwentyFirstConnectsAtOnceMakeOneRecordAndTwentyEvents) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  const Recorder events = emu.record(kRegistered);
  const DeviceIdentity identity = factory.sign_device("sn-0001");
  std::atomic<int> refused{0};
  std::vector<std::thread> devices;
  for (int number = 0; number < 20; ++number) {
    devices.emplace_back([&] {
      Device device{emu, identity};
      if (device.connect().because == Refusal::certificate_pending) ++refused;
    });
  }
  for (std::thread& device : devices) device.join();

  EXPECT_EQ(refused, 20);
  const auto seen = events.json();
  EXPECT_THAT(seen, SizeIs(20));
  EXPECT_EQ(std::ranges::count_if(
                seen, [](const Json& event) { return event["certificateRegistrationTimestamp"].is_null(); }),
            1)
      << "one connect registered it, the others found it";
  EXPECT_EQ(emu.api("ListCertificates")["certificates"].size(), 1U);
}

// P2.8: deleted is unknown again.
TEST_F(RegistrationTest, DeletedCertificateRegistersAnew) {
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  Device device{emu, factory.sign_device("sn-0001")};
  const std::string id = device.identity().certificate_id;

  device.connect();
  set_status(id, "INACTIVE");
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_inactive));
  EXPECT_THAT(emu.api("DeleteCertificate", {{"certificateId", id}}), IsOk());

  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(id), "PENDING_ACTIVATION");
}

// P3.7: a switch for tests of handlers that must be idempotent.
TEST(RegistrationSwitches, EventDuplicatesRepeatsTheEvent) {
  Options options = test_options();
  options.switches.event_duplicates = 2;
  Emulator emu{options};
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  const Recorder events = emu.record(kRegistered);
  std::atomic<int> called{0};
  emu.on_certificate_registered([&](const CertificateRegistered&) { ++called; });

  Device{emu, factory.sign_device("sn-0001")}.connect();

  EXPECT_THAT(events.messages(), SizeIs(3));
  EXPECT_EQ(called, 3);
}

}  // namespace
}  // namespace iotemu::tests
