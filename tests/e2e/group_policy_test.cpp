// Policies attached to thing groups, over the wire (P7.3, P7.6).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Groups `plant` and, below it, `hall`; everything is allowed by the policy of `plant`. Thing `pump` is in
/// `hall`, and the certificate of device `pump` has no policy of its own.
class GroupPolicyTest : public EmulatorTest {
 protected:
  void SetUp() override {
    ok("CreateThingGroup", {{"thingGroupName", "plant"}});
    ok("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
    set_policy("of-the-plant", {allow("iot:*", "*")});
    ok("AttachPolicy", {{"policyName", "of-the-plant"}, {"target", arn("thinggroup/plant")}});
    ok("CreateThing", {{"thingName", "pump"}});
    ok("AddThingToThingGroup", {{"thingGroupName", "hall"}, {"thingName", "pump"}});
  }

  void ok(const std::string& operation, const Json& input) { ASSERT_THAT(emu.api(operation, input), IsOk()); }

  Device pump(const Json& more = Json::object()) {
    DeviceIdentity identity = known_ca().sign_device("pump");
    register_certificate(identity, "ACTIVE");
    Json attachment{{"thingName", "pump"}, {"principal", arn("cert/" + identity.certificate_id)}};
    attachment.update(more);
    ok("AttachThingPrincipal", attachment);
    return Device{emu, std::move(identity)};
  }
};

TEST_F(GroupPolicyTest, PolicyOfAParentGroupLetsTheDeviceInUntilItsThingLeaves) {
  Device device = pump();
  connect(device);
  ASSERT_THAT(device.subscribe("news"), Accepted());
  EXPECT_THAT(device.publish("news", "before", 1), Accepted());
  EXPECT_THAT(payloads(device.messages()), ElementsAre("before"));

  ok("RemoveThingFromThingGroup", {{"thingGroupName", "hall"}, {"thingName", "pump"}});
  EXPECT_THAT(device.publish("news", "after", 1), RefusedBecause(Refusal::publish_denied));
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::connect_denied));

  ok("AddThingToThingGroup", {{"thingGroupName", "plant"}, {"thingName", "pump"}});
  connect(device);
}

TEST_F(GroupPolicyTest, OtherClientIdGetsNothingFromTheGroupAndIsToldWhy) {
  Device device = pump();
  const Outcome denied = device.connect({.client_id = "other"});
  EXPECT_THAT(denied, RefusedBecause(Refusal::connect_denied));
  EXPECT_THAT(denied.text, HasSubstr("The policies of the groups of thing pump count only for the client id "
                                     "pump"));
}

TEST_F(GroupPolicyTest, ExclusiveThingBringsItsGroupsToEveryClientId) {
  Device device = pump({{"thingPrincipalType", "EXCLUSIVE_THING"}});
  connect(device, {.client_id = "whatever"});
}

TEST_F(GroupPolicyTest, DenyOfAGroupWinsOverTheCertificatesOwnPolicy) {
  set_policy("of-the-hall", {deny("iot:Publish", arn("topic/closed"))});
  Device device = pump();
  connect(device);
  EXPECT_THAT(device.publish("closed", "open yet", 1), Accepted());
  ok("AttachPolicy", {{"policyName", "of-the-hall"}, {"target", arn("thinggroup/hall")}});
  EXPECT_THAT(device.publish("closed", "no more", 1), RefusedBecause(Refusal::publish_denied));
}

TEST_F(GroupPolicyTest, DetachingThePolicyFromTheGroupIsFeltByALiveConnection) {
  Device device = pump();
  connect(device);
  EXPECT_THAT(device.publish("a", "yes", 1), Accepted());
  ok("DetachPolicy", {{"policyName", "of-the-plant"}, {"target", arn("thinggroup/plant")}});
  EXPECT_THAT(device.publish("a", "no", 1), RefusedBecause(Refusal::publish_denied));
}

TEST_F(GroupPolicyTest, DeletingTheGroupTakesItsRightsAway) {
  Device device = pump();
  connect(device);
  ok("DeleteThingGroup", {{"thingGroupName", "hall"}});
  EXPECT_THAT(device.publish("a", "no", 1), RefusedBecause(Refusal::publish_denied));
}

}  // namespace
}  // namespace iotemu::tests
