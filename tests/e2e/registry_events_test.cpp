// Registry events on the wire (LE-10…12).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RegistryEventsE2eTest : public EmulatorTest {
 protected:
  void enable(std::initializer_list<const char*> types, bool enabled = true) {
    Json switches = Json::object();
    for (const auto* type : types) switches[type] = {{"Enabled", enabled}};
    ASSERT_THAT(emu.api("UpdateEventConfigurations", {{"eventConfigurations", switches}}), IsOk());
  }
  void call(const std::string& operation, const Json& input) {
    ASSERT_THAT(emu.api(operation, input), IsOk());
  }

  std::vector<std::string> topics(Device& device) {
    std::vector<std::string> result;
    for (const auto& message : device.messages()) result.push_back(message.topic);
    return result;
  }
};

TEST_F(RegistryEventsE2eTest, ASubscriberHearsOfTheThingsThatChange) {
  Device listener = active_device("listener");
  connect(listener);
  ASSERT_THAT(listener.subscribe("$aws/events/thing/#"), Accepted());
  call("CreateThing", {{"thingName", "silent"}});
  EXPECT_THAT(listener.messages(), IsEmpty());

  enable({"THING"});
  call("CreateThing", {{"thingName", "lamp"}, {"attributePayload", {{"attributes", {{"watt", "5"}}}}}});
  call("UpdateThing", {{"thingName", "lamp"}, {"attributePayload", {{"attributes", {{"watt", "6"}}}}}});
  call("DeleteThing", {{"thingName", "lamp"}});
  const auto came = listener.messages();
  ASSERT_THAT(came, SizeIs(3));
  EXPECT_EQ(came[0].topic, "$aws/events/thing/lamp/created");
  EXPECT_EQ(came[1].topic, "$aws/events/thing/lamp/updated");
  EXPECT_EQ(came[2].topic, "$aws/events/thing/lamp/deleted");
  const auto updated = Json::parse(came[1].payload);
  EXPECT_EQ(updated["eventType"], "THING_EVENT");
  EXPECT_EQ(updated["operation"], "UPDATED");
  EXPECT_EQ(updated["versionNumber"], 2);
  EXPECT_EQ(updated["attributes"], Json({{"watt", "6"}}));
  EXPECT_EQ(updated["timestamp"], 1'767'225'600'000);

  enable({"THING"}, false);
  call("CreateThing", {{"thingName", "lamp"}});
  EXPECT_THAT(listener.messages(), IsEmpty());
}

TEST_F(RegistryEventsE2eTest, GroupsTypesAndMembershipsAreTold) {
  Device listener = active_device("listener");
  connect(listener);
  ASSERT_THAT(listener.subscribe("$aws/events/#"), Accepted());
  (void)listener.messages();  // its own subscription
  enable({"THING_GROUP", "THING_TYPE", "THING_GROUP_MEMBERSHIP", "THING_GROUP_HIERARCHY",
          "THING_TYPE_ASSOCIATION"});
  call("CreateThingType", {{"thingTypeName", "bulb"}});
  call("CreateThingGroup", {{"thingGroupName", "plant"}});
  call("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
  call("CreateThing", {{"thingName", "lamp"}, {"thingTypeName", "bulb"}});
  call("AddThingToThingGroup", {{"thingName", "lamp"}, {"thingGroupName", "hall"}});
  EXPECT_THAT(
      topics(listener),
      UnorderedElementsAre("$aws/events/thingType/bulb/created", "$aws/events/thingGroup/plant/created",
                           "$aws/events/thingGroup/hall/created",
                           "$aws/events/thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/added",
                           "$aws/events/thingTypeAssociation/thing/lamp/thingType/bulb/added",
                           "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/added"));
  call("DeleteThing", {{"thingName", "lamp"}});
  call("DeleteThingGroup", {{"thingGroupName", "hall"}});
  call("DeprecateThingType", {{"thingTypeName", "bulb"}});
  EXPECT_THAT(
      topics(listener),
      UnorderedElementsAre("$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/removed",
                           "$aws/events/thingTypeAssociation/thing/lamp/thingType/bulb/removed",
                           "$aws/events/thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/removed",
                           "$aws/events/thingGroup/hall/deleted", "$aws/events/thingType/bulb/updated"));
}

TEST_F(RegistryEventsE2eTest, WhatATemplateMakesIsToldToo) {
  const Recorder events = emu.record("$aws/events/#");
  enable({"THING", "THING_GROUP_MEMBERSHIP"});
  call("CreateThingGroup", {{"thingGroupName", "hall"}});
  const Json document{
      {"Parameters", {{"Name", {{"Type", "String"}}}}},
      {"Resources",
       {{"thing",
         {{"Type", "AWS::IoT::Thing"},
          {"Properties", {{"ThingName", {{"Ref", "Name"}}}, {"ThingGroups", Json::array({"hall"})}}}}}}}};
  call("RegisterThing", {{"templateBody", document.dump()}, {"parameters", {{"Name", "lamp"}}}});
  emu.settle();
  std::vector<std::string> topics;
  for (const auto& message : events.messages()) topics.push_back(message.topic);
  EXPECT_THAT(topics,
              UnorderedElementsAre("$aws/events/thing/lamp/created",
                                   "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/added"));
}

// LE-11.
TEST_F(RegistryEventsE2eTest, RegistrationAndPresenceEventsKnowNoSwitch) {
  const Recorder events = emu.record("$aws/events/#");
  enable({"THING", "CERTIFICATE", "CA_CERTIFICATE"}, false);
  const auto ca = emu.register_ca({.auto_registration = true});
  Device stranger{emu, ca.sign_device("sn-1")};
  stranger.connect();
  Device known = active_device("known");
  connect(known);
  emu.settle();
  std::vector<std::string> topics;
  for (const auto& message : events.messages()) topics.push_back(message.topic);
  EXPECT_THAT(topics, Contains("$aws/events/certificates/registered/" + ca.id()));
  EXPECT_THAT(topics, Contains("$aws/events/presence/connected/known"));
}

}  // namespace
}  // namespace iotemu::tests
