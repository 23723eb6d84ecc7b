#pragma once

// What fleet indexing indexes in one realm (FI-1). Immutable once stored.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iotemu::registry {

struct IndexedField {
  std::string name{};
  std::string type{};  ///< `Number`, `String` or `Boolean`.
  friend bool operator==(const IndexedField&, const IndexedField&) = default;
};

struct IndexedLocation {
  std::string name{};
  std::string order{};  ///< `LatLon` or `LonLat`; empty: not given.
  friend bool operator==(const IndexedLocation&, const IndexedLocation&) = default;
};

enum class ThingIndexingMode { off, registry, registry_and_shadow };
/// `OFF`, `REGISTRY`, `REGISTRY_AND_SHADOW`.
[[nodiscard]] std::string_view to_text(ThingIndexingMode mode);
[[nodiscard]] std::optional<ThingIndexingMode> parse_thing_indexing_mode(std::string_view text);

struct ThingIndexing {
  ThingIndexingMode mode{ThingIndexingMode::off};
  bool connectivity{false};     ///< thingConnectivityIndexingMode STATUS.
  bool device_defender{false};  ///< deviceDefenderIndexingMode VIOLATIONS.
  bool named_shadows{false};    ///< namedShadowIndexingMode ON.
  std::vector<IndexedField> custom_fields{};
  std::vector<std::string> shadow_names{};
  std::vector<IndexedLocation> locations{};

  [[nodiscard]] bool on() const { return mode != ThingIndexingMode::off; }
};

struct ThingGroupIndexing {
  bool on{false};
  std::vector<IndexedField> custom_fields{};
};

struct IndexingConfiguration {
  ThingIndexing things{};
  ThingGroupIndexing thing_groups{};
};

}  // namespace iotemu::registry
