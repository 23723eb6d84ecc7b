// What ends by itself in fleet provisioning: ownership tokens (P6.2) and temporary claims (P6.5), and what
// happens when two want the same.

#include <algorithm>

#include "tests/support/fleet_test.h"

namespace iotemu::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class OwnershipToken : public FleetTest {};

TEST_F(OwnershipToken, ExpiresAfterAnHourAndTakesTheUntouchedCertificateAlong) {
  create_template("fleet");
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  const std::string id = created.text("certificateId");
  ASSERT_TRUE(emu.advance(1h - 1s));
  EXPECT_EQ(status_of(id), "PENDING_ACTIVATION");
  ASSERT_TRUE(emu.advance(1s));
  EXPECT_EQ(status_of(id), "") << "without anybody asking";
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], SizeIs(1)) << "the claim";

  connect(claim);
  subscribe_to_replies(claim);
  EXPECT_THAT(provision(claim, provision_request(created)),
              RejectedWith(400, "InvalidCertificateOwnershipToken"));
  Device device = device_of(created);
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::ca_unknown));
  EXPECT_THAT(emu.explain(device), HasSubstr("nobody provisioned it within an hour"));
}

TEST_F(OwnershipToken, LeavesACertificateAloneThatSomebodyHasUsed) {
  create_template("fleet");
  set_policy("some", {allow("iot:*", "*")});
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "some"}}), IsOk());
  Device claim = claimant("claim");
  const FleetAnswer provisioned = create_certificate(claim);
  ASSERT_THAT(provision(claim, provision_request(provisioned)), IsAccepted());
  const std::string with_policy = create_certificate(claim).text("certificateId");
  attach_policy("some", with_policy);
  const std::string with_thing = create_certificate(claim).text("certificateId");
  ASSERT_THAT(
      emu.api("AttachThingPrincipal", {{"thingName", "some"}, {"principal", arn("cert/" + with_thing)}}),
      IsOk());
  const std::string inactive = create_certificate(claim).text("certificateId");
  set_status(inactive, "INACTIVE");

  ASSERT_TRUE(emu.advance(2h));
  EXPECT_EQ(status_of(provisioned.text("certificateId")), "ACTIVE");
  EXPECT_EQ(status_of(with_policy), "PENDING_ACTIVATION");
  EXPECT_EQ(status_of(with_thing), "PENDING_ACTIVATION");
  EXPECT_EQ(status_of(inactive), "INACTIVE");
}

// P6.3: of two that race with one token, one succeeds.
TEST_F(OwnershipToken, ServesOnceHoweverManyRaceForIt) {
  create_template("fleet");
  Device claim = claimant("claim");
  Device rival = claimant("rival");
  for (int round = 0; round < 5; ++round) {
    const FleetAnswer created = create_certificate(claim);
    const std::string topic = provision_topic("fleet") + "json";
    for (int serial = 0; serial < 4; ++serial) {
      Device& device = serial % 2 == 0 ? claim : rival;
      const std::string name = std::to_string(round) + "-" + std::to_string(serial);
      ASSERT_THAT(device.publish(topic, provision_request(created, name).dump(), 1), Accepted());
    }
    auto messages = claim.messages();
    const auto others = rival.messages();
    messages.insert(messages.end(), others.begin(), others.end());
    ASSERT_THAT(messages, SizeIs(4));
    EXPECT_EQ(std::ranges::count(messages, topic + "/accepted", &ReceivedMessage::topic), 1);
    EXPECT_THAT(emu.api("ListThings")["things"], SizeIs(static_cast<std::size_t>(round) + 1));
  }
}

class ProvisioningClaim : public FleetTest {
 protected:
  Device claim_for(const std::string& name) {
    const ApiResult claim = emu.api("CreateProvisioningClaim", {{"templateName", name}});
    EXPECT_THAT(claim, IsOk());
    return Device{emu,
                  {.certificate_id = claim["certificateId"].get<std::string>(),
                   .certificate_pem = claim["certificatePem"].get<std::string>(),
                   .private_key_pem = claim["keyPair"]["PrivateKey"].get<std::string>()}};
  }
};

TEST_F(ProvisioningClaim, ProvisionsADeviceWithItsTemplate) {
  create_template("fleet");
  const ApiResult claim = emu.api("CreateProvisioningClaim", {{"templateName", "fleet"}});
  ASSERT_THAT(claim, IsOk());
  EXPECT_THAT(claim.body, SizeIs(4));
  EXPECT_EQ(claim["keyPair"].size(), 2U);
  EXPECT_EQ(claim["expiration"], 1767225900.0) << "five minutes after the clock's start";

  Device device = claim_for("fleet");
  connect(device, {.client_id = "anything"});
  subscribe_to_replies(device);
  const FleetAnswer created = create_certificate(device);
  EXPECT_THAT(provision(device, provision_request(created)), IsAccepted());
  EXPECT_THAT(device_of(created).connect(), Accepted());
}

// P6.5: in no list; only the door knows it.
TEST_F(ProvisioningClaim, CertificateIsKnownToTheDoorAlone) {
  create_template("fleet");
  Device device = claim_for("fleet");
  const std::string id = device.identity().certificate_id;
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], SizeIs(0));
  for (const char* operation : {"DescribeCertificate", "DeleteCertificate"}) {
    EXPECT_THAT(emu.api(operation, {{"certificateId", id}}), FailsWith("ResourceNotFoundException"));
  }
  EXPECT_THAT(emu.api("UpdateCertificate", {{"certificateId", id}, {"newStatus", "INACTIVE"}}),
              FailsWith("ResourceNotFoundException"));
  set_policy("more", {allow("iot:*", "*")});
  EXPECT_FALSE(emu.api("AttachPolicy", {{"policyName", "more"}, {"target", arn("cert/" + id)}}));
  EXPECT_THAT(device.connect(), Accepted());
}

TEST_F(ProvisioningClaim, CertificateMayDoNothingButProvisionByItsTemplate) {
  create_template("fleet");
  create_template("other");
  Device device = claim_for("fleet");
  for (const std::string& topic : {std::string{"plant/1"}, provision_topic("other") + "json",
                                   std::string{"$aws/things/t/shadow/update"}}) {
    connect(device);
    EXPECT_THAT(device.publish(topic, "{}"), RefusedBecause(Refusal::publish_denied)) << topic;
  }
  for (const std::string& filter :
       {std::string{"#"}, std::string{"$aws/#"}, provision_topic("other") + "json/accepted"}) {
    connect(device);
    EXPECT_THAT(device.subscribe(filter), RefusedBecause(Refusal::subscribe_denied)) << filter;
  }
  EXPECT_THAT(emu.explain(device), HasSubstr("claim for template fleet"));
  EXPECT_THAT(emu.explain(device), Not(HasSubstr("create-policy-version")))
      << "nobody can change what a claim may do";
}

TEST_F(ProvisioningClaim, EndsAfterFiveMinutes) {
  create_template("fleet");
  Device device = claim_for("fleet");
  ASSERT_TRUE(emu.advance(5min - 1s));
  EXPECT_THAT(device.connect(), Accepted());
  ASSERT_TRUE(emu.advance(1s));
  EXPECT_FALSE(device.is_connected()) << "what it could do is over";
  EXPECT_THAT(emu.explain(device), HasSubstr("a provisioning claim, whose five minutes are over"));
  EXPECT_THAT(emu.explain(device), Not(HasSubstr("update-certificate")));
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::ca_unknown));
  EXPECT_THAT(emu.explain(device), HasSubstr("a provisioning claim, which is valid for five minutes"));
}

TEST_F(ProvisioningClaim, NeedsAnEnabledFleetTemplate) {
  create_template("off", {{"enabled", false}});
  create_template("just-in-time", {{"type", "JITP"}});
  EXPECT_THAT(emu.api("CreateProvisioningClaim", {{"templateName", "missing"}}),
              FailsWith("ResourceNotFoundException"));
  for (const char* name : {"off", "just-in-time"}) {
    EXPECT_THAT(emu.api("CreateProvisioningClaim", {{"templateName", name}}),
                FailsWith("InvalidRequestException"))
        << name;
  }
}

TEST_F(ProvisioningClaim, IsForgottenByAReset) {
  create_template("fleet");
  Device device = claim_for("fleet");
  emu.reset();
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::ca_unknown));
}

}  // namespace
}  // namespace iotemu::tests
