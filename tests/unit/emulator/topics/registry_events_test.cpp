// The JSON forms of registry events (LE-12).

#include "emulator/topics/registry_events.h"

#include <gtest/gtest.h>

namespace iotemu::topics {
namespace {

using registry::EventOperation;
using registry::EventStamp;
using registry::ThingGroupName;
using registry::ThingName;
using registry::ThingTypeName;

EventStamp stamp() {
  return {.realm = {},
          .id = "11111111-2222-4333-8444-555555555555",
          .at = Time{std::chrono::milliseconds{1234567890123}}};
}

std::shared_ptr<registry::ThingRecord> thing() {
  auto record = std::make_shared<registry::ThingRecord>();
  record->name = *ThingName::parse("lamp");
  record->id = "b604f69c-aa9a-4d4a-829e-c480e958a0b5";
  record->arn = "arn:aws:iot:us-east-1:123456789012:thing/lamp";
  record->version = 3;
  record->attributes = {{"b", "2"}, {"a", "1"}};
  return record;
}

std::shared_ptr<registry::ThingGroupRecord> group(const std::string& name,
                                                  std::vector<ThingGroupName> ancestors = {}) {
  auto record = std::make_shared<registry::ThingGroupRecord>();
  record->name = *ThingGroupName::parse(name);
  record->id = "id-of-" + name;
  record->arn = "arn-of-" + name;
  record->ancestors = std::move(ancestors);
  record->properties = {.description = "All of " + name, .attributes = {{"floor", "1"}}};
  return record;
}

TEST(RegistryEvents, AThingIsToldWithItsAttributes) {
  const auto message = message_of(
      registry::ThingChanged{.stamp = stamp(), .operation = EventOperation::updated, .thing = thing()});
  EXPECT_EQ(message.topic, "$aws/events/thing/lamp/updated");
  EXPECT_EQ(message.payload,
            R"({"eventType":"THING_EVENT","eventId":"11111111-2222-4333-8444-555555555555",)"
            R"("timestamp":1234567890123,"operation":"UPDATED","accountId":"123456789012",)"
            R"("thingId":"b604f69c-aa9a-4d4a-829e-c480e958a0b5","thingName":"lamp","versionNumber":3,)"
            R"("thingTypeName":null,"attributes":{"a":"1","b":"2"}})");
  auto typed = thing();
  typed->type = *ThingTypeName::parse("bulb");
  const auto with_type = message_of(
      registry::ThingChanged{.stamp = stamp(), .operation = EventOperation::deleted, .thing = typed});
  EXPECT_EQ(with_type.topic, "$aws/events/thing/lamp/deleted");
  EXPECT_NE(with_type.payload.find(R"("thingTypeName":"bulb")"), std::string::npos);
}

TEST(RegistryEvents, AThingTypeIsToldWithItsDeprecation) {
  auto type = std::make_shared<registry::ThingTypeRecord>();
  type->name = *ThingTypeName::parse("bulb");
  type->id = "type-id";
  type->properties = {.description = "Bulbs", .searchable_attributes = {"watt", "colour"}};
  registry::ThingTypeChanged event{.stamp = stamp(), .operation = EventOperation::created, .type = type};
  EXPECT_EQ(message_of(event).topic, "$aws/events/thingType/bulb/created");
  EXPECT_EQ(message_of(event).payload,
            R"({"eventType":"THING_TYPE_EVENT","eventId":"11111111-2222-4333-8444-555555555555",)"
            R"("timestamp":1234567890123,"operation":"CREATED","accountId":"123456789012",)"
            R"("thingTypeId":"type-id","thingTypeName":"bulb","isDeprecated":false,"deprecationDate":null,)"
            R"("searchableAttributes":["watt","colour"],"description":"Bulbs"})");
  type->deprecated_at = Time{std::chrono::milliseconds{1234567890000}};
  event.operation = EventOperation::updated;
  EXPECT_NE(message_of(event).payload.find(R"("isDeprecated":true,"deprecationDate":1234567890000)"),
            std::string::npos);
}

TEST(RegistryEvents, TheTypeOfAThingIsToldWithoutAccount) {
  const auto message = message_of(registry::ThingTypeAssociationChanged{
      .stamp = stamp(), .added = true, .thing = thing(), .type = *ThingTypeName::parse("bulb")});
  EXPECT_EQ(message.topic, "$aws/events/thingTypeAssociation/thing/lamp/thingType/bulb/added");
  EXPECT_EQ(message.payload,
            R"({"eventId":"11111111-2222-4333-8444-555555555555","eventType":"THING_TYPE_ASSOCIATION_EVENT",)"
            R"("operation":"ADDED","thingId":"b604f69c-aa9a-4d4a-829e-c480e958a0b5","thingName":"lamp",)"
            R"("thingTypeName":"bulb","timestamp":1234567890123})");
}

TEST(RegistryEvents, AGroupIsToldWithThePathToItsRoot) {
  const auto plant = group("plant");
  const auto hall = group("hall", {plant->name});
  const auto line = group("line", {plant->name, hall->name});
  const auto message = message_of(registry::ThingGroupChanged{
      .stamp = stamp(), .operation = EventOperation::created, .group = line, .ancestors = {plant, hall}});
  EXPECT_EQ(message.topic, "$aws/events/thingGroup/line/created");
  EXPECT_EQ(message.payload,
            R"({"eventType":"THING_GROUP_EVENT","eventId":"11111111-2222-4333-8444-555555555555",)"
            R"("timestamp":1234567890123,"operation":"CREATED","accountId":"123456789012",)"
            R"("thingGroupId":"id-of-line","thingGroupName":"line","versionNumber":1,)"
            R"("parentGroupName":"hall","parentGroupId":"id-of-hall","description":"All of line",)"
            R"("rootToParentThingGroups":[{"groupArn":"arn-of-plant","groupId":"id-of-plant"},)"
            R"({"groupArn":"arn-of-hall","groupId":"id-of-hall"}],"attributes":{"floor":"1"},)"
            R"("dynamicGroupMappingId":null})");
  const auto root = message_of(registry::ThingGroupChanged{
      .stamp = stamp(), .operation = EventOperation::deleted, .group = plant, .ancestors = {}});
  EXPECT_NE(root.payload.find(R"("parentGroupName":null,"parentGroupId":null)"), std::string::npos);
  EXPECT_NE(root.payload.find(R"("rootToParentThingGroups":[])"), std::string::npos);
}

TEST(RegistryEvents, AMembershipHasOneIdWhenItBeginsAndWhenItEnds) {
  registry::ThingGroupMembershipChanged event{
      .stamp = stamp(), .added = true, .group = group("hall"), .thing = thing()};
  const auto id = membership_id(*thing(), *group("hall"));
  EXPECT_EQ(message_of(event).topic, "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/added");
  EXPECT_EQ(message_of(event).payload,
            R"({"eventType":"THING_GROUP_MEMBERSHIP_EVENT","eventId":"11111111-2222-4333-8444-555555555555",)"
            R"("timestamp":1234567890123,"operation":"ADDED","accountId":"123456789012",)"
            R"("groupArn":"arn-of-hall","groupId":"id-of-hall",)"
            R"("thingArn":"arn:aws:iot:us-east-1:123456789012:thing/lamp",)"
            R"("thingId":"b604f69c-aa9a-4d4a-829e-c480e958a0b5","membershipId":")" +
                id + R"("})");
  event.added = false;
  EXPECT_EQ(message_of(event).topic, "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/removed");
  EXPECT_NE(message_of(event).payload.find(id), std::string::npos);
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(id, membership_id(*thing(), *group("line")));
}

TEST(RegistryEvents, AChildIsToldUnderItsParent) {
  const auto message = message_of(registry::ThingGroupHierarchyChanged{
      .stamp = stamp(), .added = false, .parent = group("plant"), .child = group("hall")});
  EXPECT_EQ(message.topic, "$aws/events/thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/removed");
  EXPECT_EQ(message.payload,
            R"({"eventType":"THING_GROUP_HIERARCHY_EVENT","eventId":"11111111-2222-4333-8444-555555555555",)"
            R"("timestamp":1234567890123,"operation":"REMOVED","accountId":"123456789012",)"
            R"("thingGroupId":"id-of-plant","thingGroupName":"plant","childGroupId":"id-of-hall",)"
            R"("childGroupName":"hall"})");
}

}  // namespace
}  // namespace iotemu::topics
