#pragma once

// Registry events (LE-12): what the service says when things, types and groups change. Pure.

#include <string>

#include "registry/events.h"

namespace iotemu::topics {

struct EventMessage {
  std::string topic{};
  std::string payload{};
};

/// `$aws/events/thing/<thing>/{created,updated,deleted}`
[[nodiscard]] EventMessage message_of(const registry::ThingChanged& event);
/// `$aws/events/thingType/<type>/{created,updated,deleted}`
[[nodiscard]] EventMessage message_of(const registry::ThingTypeChanged& event);
/// `$aws/events/thingTypeAssociation/thing/<thing>/thingType/<type>/{added,removed}`
[[nodiscard]] EventMessage message_of(const registry::ThingTypeAssociationChanged& event);
/// `$aws/events/thingGroup/<group>/{created,updated,deleted}`
[[nodiscard]] EventMessage message_of(const registry::ThingGroupChanged& event);
/// `$aws/events/thingGroupMembership/thingGroup/<group>/thing/<thing>/{added,removed}`
[[nodiscard]] EventMessage message_of(const registry::ThingGroupMembershipChanged& event);
/// `$aws/events/thingGroupHierarchy/thingGroup/<parent>/childThingGroup/<child>/{added,removed}`
[[nodiscard]] EventMessage message_of(const registry::ThingGroupHierarchyChanged& event);

/// `membershipId`: the same for as long as the thing is in the group, a UUID made of the two ids.
[[nodiscard]] std::string membership_id(const registry::ThingRecord& thing,
                                        const registry::ThingGroupRecord& group);

}  // namespace iotemu::topics
