#pragma once

// Fleet indexing of one realm (FI-1…5): its configuration, and searches over the registry's own tables. There
// is no copy to fall behind: a search reads the records as they are, in chunks, without the writer lock.
// Owned by the registry. Readers come on any thread; what changes it is called under the registry's writer
// lock, but for the table of connectivity, which has a lock of its own.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "registry/answers.h"
#include "registry/index/connectivity.h"
#include "registry/index/query.h"
#include "registry/index/things_by_name.h"
#include "registry/links.h"
#include "registry/records/indexing_configuration.h"
#include "registry/table.h"

namespace iotemu::registry::index {

inline constexpr std::string_view kThings = "AWS_Things";
inline constexpr std::string_view kThingGroups = "AWS_ThingGroups";
inline constexpr std::string_view kQueryVersion = "2017-09-30";

/// A thing as the index shows it.
struct FoundThing {
  ThingPtr thing{};
  std::vector<ThingGroupName> groups{};
  std::optional<Connectivity> connectivity{};  ///< While connectivity is indexed.
};

class FleetIndex {
 public:
  using Groups = Table<ThingGroupName, ThingGroupRecord>;
  using Memberships = Links<ThingName, ThingGroupName, Ok>;

  /// The tables are the registry's and outlive the index.
  FleetIndex(const Groups& groups, const Memberships& memberships)
      : groups_{groups}, memberships_{memberships} {}

  [[nodiscard]] IndexingConfiguration configuration() const;
  /// Whether there is such an index now. Errc::not_found for a name that no index has.
  [[nodiscard]] Result<bool> is_on(std::string_view index_name) const;
  /// A query to that index. Errc::not_found, Errc::index_not_ready, Errc::invalid_query.
  [[nodiscard]] Result<std::shared_ptr<const Query>> parse(std::string_view text, std::string_view index_name,
                                                           const QueryLimits& limits = {}) const;
  /// By name; the marker is that of the last one found.
  [[nodiscard]] Result<Page<FoundThing>> search_things(const Query& query, const PageRequest& page) const;
  [[nodiscard]] Result<Page<ThingGroupPtr>> search_thing_groups(const Query& query,
                                                                const PageRequest& page) const;
  /// Shows every document that matches; answers how many there were.
  std::int64_t visit(const Query& query, std::string_view index_name,
                     const std::function<void(const Document&)>& show) const;
  /// `Number`, `String` or `Boolean`, of a managed or custom field. Errc::invalid_aggregation for another.
  [[nodiscard]] Result<std::string> type_of(std::string_view index_name, std::string_view field) const;
  /// Errc::index_not_ready unless connectivity is indexed. The thing exists.
  [[nodiscard]] Result<Connectivity> connectivity_of(const ThingName& thing) const;
  /// For the membership of dynamic groups, whose queries do not see each other: only static groups count.
  [[nodiscard]] bool matches_for_membership(const Query& query, const ThingRecord& thing) const;
  /// The next things by name: for a walk over all of them.
  [[nodiscard]] std::vector<ThingPtr> things_after(std::string_view name, std::size_t count) const {
    return things_.after(name, {}, count);
  }

  [[nodiscard]] bool indexes_connectivity() const { return indexes_connectivity_; }
  [[nodiscard]] ConnectivityTable& connectivity() { return connectivity_; }

  // Under the registry's writer lock.
  void configure(IndexingConfiguration configuration);
  void show(const ThingPtr& thing) { things_.put(thing); }
  void hide(const ThingRecord& thing);
  void clear();

 private:
  class ThingDocument;
  class GroupDocument;

  const Groups& groups_;
  const Memberships& memberships_;
  mutable std::mutex mutex_;  ///< Guards configuration_; held for a copy.
  IndexingConfiguration configuration_{};
  std::atomic<bool> indexes_connectivity_{false};  ///< What configuration_ says, for those in a hurry.
  ThingsByName things_;
  ConnectivityTable connectivity_;
};

/// Fields whose types the service knows by itself.
[[nodiscard]] std::vector<IndexedField> managed_fields(const ThingIndexing& things);
[[nodiscard]] std::vector<IndexedField> managed_fields(const ThingGroupIndexing& groups);

/// Errc::invalid_request for what cannot be indexed together or at all.
[[nodiscard]] Status check_configuration(const IndexingConfiguration& configuration);

}  // namespace iotemu::registry::index
