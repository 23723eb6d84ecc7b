#pragma once

// Operations on group members name the thing and the group each by name or by ARN (P8.4, P8.5).

#include <string>
#include <string_view>

#include "emulator/api/operation.h"

namespace iotemu::api {

/// The two members that name one resource.
struct NameOrArn {
  std::string_view name{};      ///< `thingGroupName`
  std::string_view arn{};       ///< `thingGroupArn`
  std::string_view resource{};  ///< What the ARN's resource begins with: `thinggroup/`.
};

inline constexpr NameOrArn kThing{.name = "thingName", .arn = "thingArn", .resource = "thing/"};
inline constexpr NameOrArn kThingGroup{
    .name = "thingGroupName", .arn = "thingGroupArn", .resource = "thinggroup/"};
inline constexpr NameOrArn kBillingGroup{
    .name = "billingGroupName", .arn = "billingGroupArn", .resource = "billinggroup/"};

/// The name that the two members give. Errc::invalid_request: neither, both and they differ, or no such ARN;
/// Errc::not_found: the ARN of another account or region.
Result<std::string> name_of(const Call& call, const NameOrArn& members);

/// The same as a registry name.
template <class Name>
Result<Name> parsed_name_of(const Call& call, const NameOrArn& members) {
  const auto name = name_of(call, members);
  if (!name) return name.error();
  return Name::parse(*name);
}

}  // namespace iotemu::api
