#pragma once

// How Lambda names a function. Whether the function exists, its user knows.

#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu::registry {

/// Accepted: `name`, `name:qualifier`, `account:function:name[:qualifier]` and
/// `arn:partition:lambda:region:account:function:name[:qualifier]`. Partition, region and account do not
/// matter here: a function of this name is the same one in all of them.
struct FunctionName {
  std::string name{};
  std::string qualifier{};  ///< A version or an alias; empty: none.

  /// Fails with Errc::invalid_request.
  static Result<FunctionName> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return qualifier.empty() ? name : name + ":" + qualifier; }
};

}  // namespace iotemu::registry
