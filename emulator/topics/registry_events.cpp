#include "emulator/topics/registry_events.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/hex.h"

namespace iotemu::topics {
namespace {

using OrderedJson = nlohmann::ordered_json;
using registry::EventOperation;
using registry::EventStamp;

std::string text(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string_view word(EventOperation operation) {
  switch (operation) {
    case EventOperation::created:
      return "CREATED";
    case EventOperation::updated:
      return "UPDATED";
    case EventOperation::deleted:
      return "DELETED";
  }
  return {};
}
std::string_view word(bool added) {
  return added ? "ADDED" : "REMOVED";
}

template <class Operation>
std::string topic(const std::string& about, Operation operation) {
  return "$aws/events/" + about + "/" + lowercase(word(operation));
}

template <class Operation>
OrderedJson opening(std::string_view type, const EventStamp& stamp, Operation operation) {
  return {{"eventType", type},
          {"eventId", stamp.id},
          {"timestamp", epoch_ms(stamp.at)},
          {"operation", word(operation)},
          {"accountId", stamp.realm.account}};
}

template <class Name>
OrderedJson or_null(const std::optional<Name>& name) {
  return name ? OrderedJson(name->text()) : OrderedJson(nullptr);
}

}  // namespace

EventMessage message_of(const registry::ThingChanged& event) {
  const auto& thing = *event.thing;
  auto json = opening("THING_EVENT", event.stamp, event.operation);
  json["thingId"] = thing.id;
  json["thingName"] = thing.name.text();
  json["versionNumber"] = thing.version;
  json["thingTypeName"] = or_null(thing.type);
  json["attributes"] = thing.attributes;
  return {topic("thing/" + thing.name.text(), event.operation), text(json)};
}

EventMessage message_of(const registry::ThingTypeChanged& event) {
  const auto& type = *event.type;
  auto json = opening("THING_TYPE_EVENT", event.stamp, event.operation);
  json["thingTypeId"] = type.id;
  json["thingTypeName"] = type.name.text();
  json["isDeprecated"] = type.deprecated_at.has_value();
  json["deprecationDate"] =
      type.deprecated_at ? OrderedJson(epoch_ms(*type.deprecated_at)) : OrderedJson(nullptr);
  json["searchableAttributes"] = type.properties.searchable_attributes;
  json["description"] = type.properties.description;
  return {topic("thingType/" + type.name.text(), event.operation), text(json)};
}

EventMessage message_of(const registry::ThingTypeAssociationChanged& event) {
  const auto& thing = *event.thing;
  const OrderedJson json{{"eventId", event.stamp.id},
                         {"eventType", "THING_TYPE_ASSOCIATION_EVENT"},
                         {"operation", word(event.added)},
                         {"thingId", thing.id},
                         {"thingName", thing.name.text()},
                         {"thingTypeName", event.type.text()},
                         {"timestamp", epoch_ms(event.stamp.at)}};
  return {topic("thingTypeAssociation/thing/" + thing.name.text() + "/thingType/" + event.type.text(),
                event.added),
          text(json)};
}

EventMessage message_of(const registry::ThingGroupChanged& event) {
  const auto& group = *event.group;
  auto json = opening("THING_GROUP_EVENT", event.stamp, event.operation);
  json["thingGroupId"] = group.id;
  json["thingGroupName"] = group.name.text();
  json["versionNumber"] = group.version;
  json["parentGroupName"] = or_null(group.parent());
  json["parentGroupId"] =
      event.ancestors.empty() ? OrderedJson(nullptr) : OrderedJson(event.ancestors.back()->id);
  json["description"] = group.properties.description;
  json["rootToParentThingGroups"] = OrderedJson::array();
  for (const auto& ancestor : event.ancestors) {
    json["rootToParentThingGroups"].push_back({{"groupArn", ancestor->arn}, {"groupId", ancestor->id}});
  }
  json["attributes"] = group.properties.attributes;
  json["dynamicGroupMappingId"] = nullptr;
  return {topic("thingGroup/" + group.name.text(), event.operation), text(json)};
}

EventMessage message_of(const registry::ThingGroupMembershipChanged& event) {
  auto json = opening("THING_GROUP_MEMBERSHIP_EVENT", event.stamp, event.added);
  json["groupArn"] = event.group->arn;
  json["groupId"] = event.group->id;
  json["thingArn"] = event.thing->arn;
  json["thingId"] = event.thing->id;
  json["membershipId"] = membership_id(*event.thing, *event.group);
  return {topic("thingGroupMembership/thingGroup/" + event.group->name.text() + "/thing/" +
                    event.thing->name.text(),
                event.added),
          text(json)};
}

EventMessage message_of(const registry::ThingGroupHierarchyChanged& event) {
  auto json = opening("THING_GROUP_HIERARCHY_EVENT", event.stamp, event.added);
  json["thingGroupId"] = event.parent->id;
  json["thingGroupName"] = event.parent->name.text();
  json["childGroupId"] = event.child->id;
  json["childGroupName"] = event.child->name.text();
  return {topic("thingGroupHierarchy/thingGroup/" + event.parent->name.text() + "/childThingGroup/" +
                    event.child->name.text(),
                event.added),
          text(json)};
}

std::string membership_id(const registry::ThingRecord& thing, const registry::ThingGroupRecord& group) {
  auto id = registry::CertificateId::of_der(thing.id + "/" + group.id).hex().substr(0, 32);  // a SHA-256
  id[12] = '8';  // RFC 9562: version 8
  id[16] = "89ab"[static_cast<unsigned>(id[16]) % 4];
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

}  // namespace iotemu::topics
