#include "registry/policy/simulate.h"

#include <algorithm>

namespace iotemu::registry::policy {
namespace {

/// The one that decides when both were given.
Verdict stronger(Verdict a, Verdict b) {
  for (const Verdict verdict : {Verdict::explicit_deny, Verdict::implicit_deny}) {
    if (a == verdict || b == verdict) return verdict;
  }
  return Verdict::allowed;
}

void collect_missing(const Statement& statement, const Context& context, Action action,
                     std::set<std::string>& missing) {
  if (!statement.actions.contains(action)) return;
  const auto collect = [&](const PolicyText& text) {
    for (auto& variable : text.unresolved(context, action)) missing.insert(std::move(variable));
  };
  for (const PolicyText& resource : statement.resources) collect(resource);
  for (const Condition& condition : statement.conditions) {
    // Null asks whether there is a value: none is an answer.
    if (condition.op.comparison != Comparison::null && !context.lookup(condition.key, action)) {
      missing.insert(condition.key);
    }
    for (const PolicyText& value : condition.values) collect(value);
  }
}

}  // namespace

void Simulation::merge(Simulation other) {
  verdict = stronger(verdict, other.verdict);
  allowing.merge(other.allowing);
  denying.merge(other.denying);
  silent.merge(other.silent);
  missing_values.merge(other.missing_values);
}

Simulation simulate(std::span<const NamedDocument> policies, const Context& context,
                    const Scenario& scenario) {
  Simulation result;
  const auto ask = [&](const Compiled& compiled, auto answered) {
    for (const Action action : scenario.actions) {
      for (const std::string& resource : scenario.resources) answered(compiled.decide(action, resource));
    }
  };
  ask(Compiled{policies, context},
      [&](Verdict verdict) { result.verdict = stronger(result.verdict, verdict); });
  for (const NamedDocument& policy : policies) {
    ask(Compiled{{&policy, 1}, context}, [&](Verdict verdict) {
      auto& names = verdict == Verdict::allowed         ? result.allowing
                    : verdict == Verdict::explicit_deny ? result.denying
                                                        : result.silent;
      names.insert(policy.name);
    });
    for (const Statement& statement : policy.document->statements) {
      for (const Action action : scenario.actions)
        collect_missing(statement, context, action, result.missing_values);
    }
  }
  return result;
}

}  // namespace iotemu::registry::policy
