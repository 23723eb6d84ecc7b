#pragma once

// The verdict on one request (P7.3): an explicit Deny wins over any Allow, and what nobody allows is denied.
// `evaluate` is the plain reading of the rule; `Compiled` gives the same answers on the hot path.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "registry/policy/action.h"
#include "registry/policy/context.h"
#include "registry/policy/document.h"
#include "registry/policy/pattern.h"

namespace iotemu::registry::policy {

enum class Verdict { allowed, explicit_deny, implicit_deny };

/// One question to the policies. `resource` is a full ARN (P7.4), or `*` where the action has no resource.
struct Request {
  Action action{};
  std::string_view resource{};
  const Context& context;
};

/// Pure: the answer depends on the arguments alone. Documents may be in any order.
[[nodiscard]] Verdict evaluate(std::span<const NamedDocument> policies, const Request& request);

/// Policies made ready for one connection: its variables are substituted and its conditions decided, so that
/// `decide` only compares text. Stale as soon as a policy or a fact of the context changes: build a new one.
/// Immutable after construction, hence safe to share between threads; holds no reference to its inputs.
class Compiled {
 public:
  /// Nothing is allowed (no policy at all, P7.3).
  Compiled() = default;
  Compiled(std::span<const NamedDocument> policies, const Context& context);

  /// As `evaluate`, without allocation.
  [[nodiscard]] Verdict decide(Action action, std::string_view resource) const noexcept;
  [[nodiscard]] bool allows(Action action, std::string_view resource) const noexcept {
    return decide(action, resource) == Verdict::allowed;
  }

 private:
  /// What is left of a statement: the actions for which its conditions hold, and patterns_[first, last).
  struct Rule {
    ActionSet actions{};
    std::uint32_t first{};
    std::uint32_t last{};
    bool not_resource{false};
  };

  void add(const Statement& statement, const Context& context);
  [[nodiscard]] bool any_matches(const std::vector<Rule>& rules, Action action,
                                 std::string_view resource) const noexcept;

  std::vector<Pattern> patterns_{};
  std::vector<Rule> deny_{};
  std::vector<Rule> allow_{};
};

}  // namespace iotemu::registry::policy
