#pragma once

// What TestAuthorization answers (P7.9): the verdict on actions that nobody has asked for yet, and which
// policy says what. The verdict is that of `Compiled`, which guards the door. The slow path; pure.

#include <set>
#include <span>
#include <string>

#include "registry/policy/evaluate.h"

namespace iotemu::registry::policy {

/// One scenario: each action on each resource.
struct Scenario {
  std::span<const Action> actions{};
  std::span<const std::string> resources{};  ///< Full ARNs.
};

struct Simulation {
  /// Allowed only if every action is on every resource; explicit_deny if any is.
  Verdict verdict{Verdict::allowed};
  // Names of policies. One that speaks differently about two resources stands in several.
  std::set<std::string> allowing{};
  std::set<std::string> denying{};
  std::set<std::string> silent{};  ///< No statement matches.
  /// Variables and condition keys that statements about these actions need and the context has no value for,
  /// without `${}`.
  std::set<std::string> missing_values{};

  /// Both at once.
  void merge(Simulation other);
};

[[nodiscard]] Simulation simulate(std::span<const NamedDocument> policies, const Context& context,
                                  const Scenario& scenario);

}  // namespace iotemu::registry::policy
