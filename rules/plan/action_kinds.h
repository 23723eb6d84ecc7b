#pragma once

// The kinds of actions that a rule may have (M section 7.8): one row each. Pure.

#include <span>
#include <string_view>

namespace iotemu::rules::plan {

struct ActionKind {
  /// The key under which the action stands in the rule.
  std::string_view name{};
  /// What RU-29 calls it. Documented for S3, HTTP and Lambda; the others follow them.
  std::string_view failed_action{};
  /// The parameter that names where it goes: what RU-29 calls `failedResource`.
  std::string_view resource{};
  /// The parameters that may be substitution templates, `/` between names and `*` for every element.
  std::span<const std::string_view> templates{};
};

[[nodiscard]] std::span<const ActionKind> action_kinds();
/// Null for what is none.
[[nodiscard]] const ActionKind* find_action_kind(std::string_view name);

}  // namespace iotemu::rules::plan
