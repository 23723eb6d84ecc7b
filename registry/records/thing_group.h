#pragma once

// Static thing groups (P8.4). Immutable once stored.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"
#include "registry/records/thing.h"

namespace iotemu::registry {

struct ThingGroupProperties {
  std::string description{};
  Attributes attributes{};
  friend bool operator==(const ThingGroupProperties&, const ThingGroupProperties&) = default;
};

struct ThingGroupRecord {
  ThingGroupName name{};
  std::string id{};  ///< thingGroupId, a UUID.
  std::string arn{};
  std::vector<ThingGroupName> ancestors{};  ///< From the root to the parent; fixed at creation.
  ThingGroupProperties properties{};
  std::int64_t version{1};
  Time created_at{};
  Tags tags{};

  [[nodiscard]] std::optional<ThingGroupName> parent() const {
    return ancestors.empty() ? std::nullopt : std::optional{ancestors.back()};
  }
  /// Names the hierarchy: the group itself if it has no parent.
  [[nodiscard]] const ThingGroupName& root() const { return ancestors.empty() ? name : ancestors.front(); }
  [[nodiscard]] const ThingGroupName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
