#pragma once

// Thing groups, static and dynamic (P8.4). Immutable once stored.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

namespace index {
class Query;
}

/// What makes a thing a member of a dynamic group (FI-6).
struct DynamicQuery {
  /// BUILDING, REBUILDING: not all things have been asked yet.
  enum class Status { building, rebuilding, active };

  std::string index_name{};
  std::string version{};
  std::shared_ptr<const index::Query> query{};
  Status status{Status::building};
};
/// `ACTIVE`, `BUILDING`, `REBUILDING`.
[[nodiscard]] std::string_view to_text(DynamicQuery::Status status);

struct ThingGroupRecord {
  ThingGroupName name{};
  std::string id{};  ///< thingGroupId, a UUID.
  std::string arn{};
  std::vector<ThingGroupName> ancestors{};  ///< From the root to the parent; fixed at creation.
  ThingGroupProperties properties{};
  std::optional<DynamicQuery> dynamic{};  ///< Of a dynamic group, which is always a root.
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
