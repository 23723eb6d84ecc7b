#include "registry/policy/evaluate.h"

#include <algorithm>
#include <iterator>

namespace iotemu::registry::policy {
namespace {

bool conditions_hold(const Statement& statement, const Context& context, Action action) {
  return std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const Condition& condition) { return holds(condition, context, action); });
}

bool matches(const Statement& statement, const Request& request) {
  if (!statement.actions.contains(request.action)) return false;
  const bool listed =
      std::any_of(statement.resources.begin(), statement.resources.end(), [&](const PolicyText& resource) {
        return resource.pattern(request.context, request.action).matches(request.resource);
      });
  return listed != statement.not_resource && conditions_hold(statement, request.context, request.action);
}

std::vector<Pattern> substituted(const Statement& statement, const Context& context, Action action) {
  std::vector<Pattern> out;
  out.reserve(statement.resources.size());
  for (const PolicyText& resource : statement.resources) out.push_back(resource.pattern(context, action));
  return out;
}

}  // namespace

Verdict evaluate(std::span<const NamedDocument> policies, const Request& request) {
  bool allowed = false;
  for (const NamedDocument& policy : policies) {
    for (const Statement& statement : policy.document->statements) {
      if (!matches(statement, request)) continue;
      if (statement.effect == Effect::deny) return Verdict::explicit_deny;
      allowed = true;
    }
  }
  return allowed ? Verdict::allowed : Verdict::implicit_deny;
}

Compiled::Compiled(std::span<const NamedDocument> policies, const Context& context) {
  for (const NamedDocument& policy : policies) {
    for (const Statement& statement : policy.document->statements) add(statement, context);
  }
}

void Compiled::add(const Statement& statement, const Context& context) {
  std::vector<Rule>& rules = statement.effect == Effect::deny ? deny_ : allow_;
  const std::size_t first_rule = rules.size();
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    if (!statement.actions.contains(action) || !conditions_hold(statement, context, action)) continue;
    // Few variables depend on the action, so most statements end as one rule for all their actions.
    std::vector<Pattern> patterns = substituted(statement, context, action);
    const auto same = std::find_if(
        rules.begin() + static_cast<std::ptrdiff_t>(first_rule), rules.end(), [&](const Rule& rule) {
          return std::equal(patterns_.begin() + rule.first, patterns_.begin() + rule.last, patterns.begin(),
                            patterns.end());
        });
    if (same != rules.end()) {
      same->actions.add(action);
      continue;
    }
    Rule rule{.actions = {},
              .first = static_cast<std::uint32_t>(patterns_.size()),
              .last = static_cast<std::uint32_t>(patterns_.size() + patterns.size()),
              .not_resource = statement.not_resource};
    rule.actions.add(action);
    rules.push_back(rule);
    std::move(patterns.begin(), patterns.end(), std::back_inserter(patterns_));
  }
}

bool Compiled::any_matches(const std::vector<Rule>& rules, Action action,
                           std::string_view resource) const noexcept {
  for (const Rule& rule : rules) {
    if (!rule.actions.contains(action)) continue;
    bool listed = false;
    for (std::uint32_t i = rule.first; i < rule.last && !listed; ++i) {
      listed = patterns_[i].matches(resource);
    }
    if (listed != rule.not_resource) return true;
  }
  return false;
}

Verdict Compiled::decide(Action action, std::string_view resource) const noexcept {
  if (any_matches(deny_, action, resource)) return Verdict::explicit_deny;
  return any_matches(allow_, action, resource) ? Verdict::allowed : Verdict::implicit_deny;
}

}  // namespace iotemu::registry::policy
