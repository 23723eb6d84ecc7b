#pragma once

// Condition operators (P7.7). A Condition is one line of a `Condition` element: an operator, a key and its
// values. All lines of a statement must hold.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/policy/context.h"
#include "registry/policy/policy_text.h"

namespace iotemu::registry::policy {

/// How one value of the request is compared with one value of the policy.
enum class Comparison {
  string_equals,
  string_equals_ignore_case,
  string_like,
  boolean,
  ip_address,
  arn_like,  // ArnEquals and ArnLike are the same (IAM)
  numeric_equals,
  numeric_less,
  numeric_less_equal,
  numeric_greater,
  numeric_greater_equal,
  date_equals,
  date_less,
  date_less_equal,
  date_greater,
  date_greater_equal,
  null,
};

/// An operator as a policy writes it: [ForAllValues:|ForAnyValue:] name [IfExists].
struct Operator {
  enum class Qualifier { none, for_all_values, for_any_value };

  std::string name{};  // as written
  Comparison comparison{Comparison::string_equals};
  bool negated{false};  // StringNotEquals …: none of the policy's values may match
  Qualifier qualifier{Qualifier::none};
  bool if_exists{false};

  /// Empty when no such operator exists.
  [[nodiscard]] static std::optional<Operator> parse(std::string_view text);
};

struct Condition {
  Operator op{};
  std::string key{};
  std::vector<PolicyText> values{};
};

/// Whether the condition holds in a request. A missing key makes an operator false, a negated one and one
/// with IfExists true; ForAllValues is true for an empty or missing set, ForAnyValue is false (P7.5, P7.7).
[[nodiscard]] bool holds(const Condition& condition, const Context& context, Action action);

}  // namespace iotemu::registry::policy
