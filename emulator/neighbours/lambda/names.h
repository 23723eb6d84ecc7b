#pragma once

// How requests name a function: by name, by partial or whole ARN, each with or without a version or alias
// (P9.7). Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/realm.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::lambda {

inline constexpr std::string_view kLatest = "$LATEST";

struct FunctionRef {
  Realm realm{};
  std::string name{};
  std::string qualifier{};  ///< Empty: none was named.

  /// Without a qualifier: the function itself.
  [[nodiscard]] std::string function_arn() const;
  [[nodiscard]] std::string arn() const {
    return function_arn() + (qualifier.empty() ? "" : ":" + qualifier);
  }
};

/// `qualifier` is that of the query; it must agree with one in the name.
[[nodiscard]] Answer<FunctionRef> parse_function(const Realm& realm, std::string_view text,
                                                 const std::string& qualifier = {});

/// 1 to 128 letters, digits, `-`, `_`; not a number alone.
[[nodiscard]] bool is_alias_name(std::string_view text);
[[nodiscard]] bool is_version_number(std::string_view text);

}  // namespace iotemu::neighbours::lambda
