#pragma once

// Things, thing types and what binds a thing to a principal (P8.1–8.3). Immutable once stored.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

using Attributes = std::map<std::string, std::string>;

struct ThingRecord {
  ThingName name{};
  std::string id{};  ///< thingId, a UUID.
  std::string arn{};
  std::optional<ThingTypeName> type{};
  Attributes attributes{};
  std::optional<BillingGroupName> billing_group{};
  std::int64_t version{1};
  Time created_at{};

  [[nodiscard]] const ThingName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

/// What is appended to the messages of a thing's device (M5-23): the value of an attribute of the thing, or
/// of its connection, under a key. Exactly one of the two is set.
struct PropagatingAttribute {
  std::string user_property_key{};
  std::string thing_attribute{};
  std::string connection_attribute{};
  friend bool operator==(const PropagatingAttribute&, const PropagatingAttribute&) = default;
};

struct ThingTypeProperties {
  std::string description{};
  std::vector<std::string> searchable_attributes{};
  std::vector<PropagatingAttribute> propagating_attributes{};
  friend bool operator==(const ThingTypeProperties&, const ThingTypeProperties&) = default;
};

struct ThingTypeRecord {
  ThingTypeName name{};
  std::string id{};  ///< thingTypeId, a UUID.
  std::string arn{};
  ThingTypeProperties properties{};
  std::optional<Time> deprecated_at{};
  Time created_at{};
  Tags tags{};

  [[nodiscard]] const ThingTypeName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

enum class ThingPrincipalType { exclusive, non_exclusive };
/// `EXCLUSIVE_THING`, `NON_EXCLUSIVE_THING`.
[[nodiscard]] std::string_view to_text(ThingPrincipalType type);
[[nodiscard]] std::optional<ThingPrincipalType> parse_thing_principal_type(std::string_view text);

}  // namespace iotemu::registry
