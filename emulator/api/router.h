#pragma once

// From verb and path to an operation. Built once from rows; a literal segment wins over a member. Immutable,
// so any thread may ask.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulator/api/operation.h"

namespace iotemu::api {

struct Route {
  std::string_view name{};
  Verb verb{Verb::get};
  std::string_view path{};
  const Operation* operation{nullptr};  ///< null: known by name only (P10.7)
};

struct RouteMatch {
  const Route* route{nullptr};
  std::vector<std::pair<std::string_view, std::string>> members{};  ///< by their name in the path template
};

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  /// `method` as sent; HEAD asks for what GET answers.
  [[nodiscard]] std::optional<RouteMatch> match(std::string_view method,
                                                const std::vector<std::string>& segments) const;
  /// Whether some verb has an operation there.
  [[nodiscard]] bool has_path(const std::vector<std::string>& segments) const;
  /// By operation name; null if there is none.
  [[nodiscard]] const Route* find(std::string_view name) const;
  /// Sorted by name.
  [[nodiscard]] std::vector<const Route*> routes() const;

 private:
  struct Entry {
    Route route{};
    std::vector<std::string_view> pattern{};
  };

  /// The entries that may match, literal ones first; null if there are none.
  [[nodiscard]] const std::vector<const Entry*>* candidates(const std::vector<std::string>& segments) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::vector<const Entry*>> by_first_segment_;
  std::map<std::string_view, const Route*> by_name_;
};

/// All operations of the IoT control plane, built or not.
[[nodiscard]] std::vector<Route> control_plane_routes();
/// The same of the data plane (M section 8).
[[nodiscard]] std::vector<Route> data_plane_routes();

}  // namespace iotemu::api
