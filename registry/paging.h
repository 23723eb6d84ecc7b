#pragma once

// Pages of a list that stay right while others insert and delete (P10.4): a marker holds the sort key of the
// last item given, not a position.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace iotemu::registry {

/// The caller has checked `size` (1..250) as a member rule.
struct PageRequest {
  std::size_t size{25};
  std::string marker{};  ///< Empty: from the start.
  bool ascending{
      true};  ///< Marker lists of the service default to newest first (P1.7): the table row says so.
};

template <class T>
struct Page {
  std::vector<T> items{};
  std::string next_marker{};  ///< Empty on the last page.
};

/// Where an item stands: creation time, then name. Lists of links use the name alone.
struct SortKey {
  Time created{};
  std::string name{};
  friend auto operator<=>(const SortKey&, const SortKey&) = default;
};

/// Base64 text of `[A-Za-z0-9+/]+={0,2}`.
[[nodiscard]] std::string to_marker(const SortKey& key);
/// The Errc::invalid_request for what no answer ever held.
[[nodiscard]] Error unknown_marker(std::string_view marker);
/// Fails with unknown_marker.
Result<SortKey> from_marker(std::string_view marker);

}  // namespace iotemu::registry
