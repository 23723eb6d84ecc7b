// Registry events (LE-12). Whoever changes a record calls one of these under the writer lock, where its
// switch is judged: what was off then is never told.

#include "registry/event_configurations.h"
#include "registry/registry.h"

namespace iotemu::registry {

EventStamp Registry::stamp() const {
  return {.realm = realm_, .id = random_.uuid(), .at = clock_.now()};
}

void Registry::tell_thing(EventOperation operation, const ThingPtr& thing) const {
  if (!event_configurations_->is_enabled(EventType::thing)) return;
  bus_.publish(ThingChanged{.stamp = stamp(), .operation = operation, .thing = thing});
}

void Registry::tell_type(EventOperation operation, const ThingTypePtr& type) const {
  if (!event_configurations_->is_enabled(EventType::thing_type)) return;
  bus_.publish(ThingTypeChanged{.stamp = stamp(), .operation = operation, .type = type});
}

void Registry::tell_type_of_thing(bool added, const ThingPtr& thing, const ThingTypeName& type) const {
  if (!event_configurations_->is_enabled(EventType::thing_type_association)) return;
  bus_.publish(ThingTypeAssociationChanged{.stamp = stamp(), .added = added, .thing = thing, .type = type});
}

void Registry::tell_group(EventOperation operation, const ThingGroupPtr& group) const {
  if (!event_configurations_->is_enabled(EventType::thing_group)) return;
  ThingGroupChanged event{.stamp = stamp(), .operation = operation, .group = group};
  for (const auto& name : group->ancestors) {
    if (auto ancestor = thing_groups_.find(name)) event.ancestors.push_back(std::move(ancestor));
  }
  bus_.publish(std::move(event));
}

void Registry::tell_place(bool added, const ThingGroupPtr& child) const {
  if (!event_configurations_->is_enabled(EventType::thing_group_hierarchy)) return;
  const auto parent = child->parent();
  if (!parent) return;
  const auto record = thing_groups_.find(*parent);
  if (!record) return;
  bus_.publish(
      ThingGroupHierarchyChanged{.stamp = stamp(), .added = added, .parent = record, .child = child});
}

void Registry::tell_membership(bool added, const ThingPtr& thing, const ThingGroupName& group) const {
  if (!event_configurations_->is_enabled(EventType::thing_group_membership)) return;
  const auto record = thing_groups_.find(group);
  if (!record) return;
  bus_.publish(
      ThingGroupMembershipChanged{.stamp = stamp(), .added = added, .group = record, .thing = thing});
}

}  // namespace iotemu::registry
