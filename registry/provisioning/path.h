#pragma once

// Where in a template something stands, and the messages that say so. A path is a chain of stack frames, so
// that reading and evaluating a value costs no text; the text is made only for a message.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::registry::provisioning {

/// One step from the root: a member or an element. Borrows its parent and its key.
class Path {
 public:
  explicit Path(std::string_view member) : key_{member} {}
  Path(const Path& parent, std::string_view member) : parent_{&parent}, key_{member} {}
  Path(const Path& parent, std::size_t element) : parent_{&parent}, element_{element}, is_element_{true} {}

  /// `Resources.thing.Properties.ThingGroups[1]`; a key with other than plain characters is quoted.
  [[nodiscard]] std::string text() const;

 private:
  const Path* parent_{nullptr};
  std::string_view key_{};
  std::size_t element_{0};
  bool is_element_{false};
};

/// `Resources.<logical name>.Properties.<property>`; borrows both names.
struct PropertyPath {
  PropertyPath(std::string_view logical_name, std::string_view property)
      : resource{resources, logical_name}, path{properties, property} {}
  PropertyPath(const PropertyPath&) = delete;
  PropertyPath& operator=(const PropertyPath&) = delete;

  Path resources{"Resources"};
  Path resource;
  Path properties{resource, "Properties"};
  Path path;
};

/// How every message about a template begins (measured, P5.2).
inline constexpr std::string_view kInvalidTemplate = "Invalid registration template. ";

/// Errc::invalid_request: "Invalid registration template. <what>".
[[nodiscard]] Error invalid(std::string_view what);
/// Errc::invalid_request: "Invalid registration template. <what> at <path>".
[[nodiscard]] Error invalid(std::string_view what, const Path& path);
/// "Expected <what>, found <value> at <path>".
[[nodiscard]] Error expected(std::string_view what, const Json& found, const Path& path);

/// A value for a message: scalars as JSON, cut short; functions by name, other containers by kind.
[[nodiscard]] std::string shown(const Json& value);

}  // namespace iotemu::registry::provisioning
