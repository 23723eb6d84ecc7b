#pragma once

// Why a request was allowed or denied, for the developer who wrote the policy: every statement with its
// verdict, and of those that do not match the one that comes nearest, with the place where it differs.
// The slow path; called for refusals only.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "registry/policy/evaluate.h"

namespace iotemu::registry::policy {

/// One statement's part in a verdict.
struct StatementReport {
  enum class Outcome {
    matches,              // action, resource and conditions match
    action_differs,       // the statement is about other actions
    resource_differs,     // the action matches, no resource does
    variable_unresolved,  // a resource would match if its variables had values
    condition_fails,      // action and resource match, a condition does not hold
  };

  std::string policy{};
  std::size_t number{1};  // position in the document, from 1
  std::string sid{};
  Effect effect{Effect::allow};
  Outcome outcome{Outcome::action_differs};
  std::string resource{};              // the pattern that matched or came nearest, as the policy has it
  std::string substituted_resource{};  // the same with variables replaced
  std::vector<std::string> missing_values{};  // variables without a value
  std::string reason{};                       // one sentence

  /// "Statement 2 (Sid AllowOwn) of policy Devices".
  [[nodiscard]] std::string title() const;
};

struct Explanation {
  Verdict verdict{Verdict::implicit_deny};
  std::string action{};
  std::string resource{};
  std::vector<StatementReport> statements{};
  /// Which statement decided: the Deny or Allow that matched, or, when nothing matched, the Allow that came
  /// nearest. Empty when there is none to name.
  std::optional<std::size_t> nearest{};
  /// Names of the policies that were considered, in order.
  std::vector<std::string> policies{};
  /// The verdict and its cause in one or two sentences.
  std::string summary{};

  /// The summary, then one line per statement.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] Json json() const;
};

[[nodiscard]] std::string_view name(Verdict verdict);
[[nodiscard]] std::string_view name(StatementReport::Outcome outcome);

/// The verdict is that of `evaluate` for the same arguments. Client ids and topics stand in the texts as they
/// came: whoever writes them to a log or a terminal escapes them.
[[nodiscard]] Explanation explain(std::span<const NamedDocument> policies, const Request& request);

}  // namespace iotemu::registry::policy
