#pragma once

// From JSON to expressions: literals, lists, objects and intrinsic functions (P5.4).

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "registry/provisioning/document.h"

namespace iotemu::registry::provisioning {

/// Reads the values of one template. Parameters that are declared and logical names of resources must stand
/// in the template before the first value is read. Recursion is bounded by the depth parse_json allows,
/// that of functions by kMaxFunctionDepth.
class ValueReader {
 public:
  explicit ValueReader(Template& document) : document_{document} {}

  /// Anything.
  Result<ExpressionPtr> value(const Json& json, const Path& path);
  /// A string, a number, a truth value, or a function that can yield one.
  Result<ExpressionPtr> text(const Json& json, const Path& path);
  /// A list of texts, or a function that can yield one.
  Result<ExpressionPtr> texts(const Json& json, const Path& path);
  /// An object whose members are texts; not a function.
  Result<ExpressionPtr> object_of_texts(const Json& json, const Path& path);

  /// What `name` means: a declared parameter, a resource, or a parameter that nobody declared.
  Reference reference(const std::string& name, const Path& path);

  /// The resources referenced since the last call.
  std::set<std::size_t> take_referenced() { return std::exchange(referenced_, {}); }

 private:
  Template& document_;
  std::set<std::size_t> referenced_{};
  std::size_t function_depth_{0};
};

}  // namespace iotemu::registry::provisioning
