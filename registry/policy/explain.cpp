#include "registry/policy/explain.h"

#include <algorithm>
#include <set>
#include <utility>

namespace iotemu::registry::policy {
namespace {

using std::string_view;
using Outcome = StatementReport::Outcome;

std::string in_quotes(string_view text) {
  return "'" + std::string{text} + "'";
}

std::string joined(const std::vector<std::string>& items, string_view separator) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += separator;
    out += item;
  }
  return out;
}

/// Length of `arn:<partition>:iot:<region>:<account>:`; 0 when `arn` is none.
std::size_t arn_prefix(string_view arn) {
  std::size_t at = 0;
  for (int colons = 0; colons < 5; ++colons) {
    at = arn.find(':', at);
    if (at == arn.npos) return 0;
    ++at;
  }
  return at;
}

/// `text` without the ARN prefix of the requested resource when it begins with it, else as it is.
std::string shortened(string_view text, string_view resource) {
  const string_view prefix = resource.substr(0, arn_prefix(resource));
  return std::string{text.starts_with(prefix) ? text.substr(prefix.size()) : text};
}

/// What developers call the resource of an action (P7.4).
string_view noun(Action action) {
  switch (action) {
    case Action::connect:
    case Action::delete_connection:
    case Action::get_connection:
    case Action::list_subscriptions:
    case Action::send_direct_message:
      return "client";
    case Action::publish:
    case Action::retain_publish:
    case Action::receive:
    case Action::get_retained_message:
      return "topic";
    case Action::subscribe:
      return "topic filter";
    default:
      return "resource";
  }
}

/// The part between two delimiters that holds offset `at`.
string_view level_at(string_view text, std::size_t at) {
  const auto begin = at == 0 ? text.npos : text.find_last_of("/:", at - 1);
  const auto end = text.find_first_of("/:", at);
  const std::size_t from = begin == text.npos ? 0 : begin + 1;
  return text.substr(from, end == text.npos ? text.npos : end - from);
}

std::string where_they_differ(const Pattern& pattern, string_view resource, Pattern::Difference at) {
  const std::string text = pattern.text();
  if (at.in_text >= resource.size() && at.in_pattern < text.size()) {
    return "it ends where the policy asks for " + in_quotes(string_view{text}.substr(at.in_pattern));
  }
  if (at.in_pattern >= text.size() && at.in_text < resource.size() &&
      string_view{"/:"}.find(resource[at.in_text]) != string_view::npos) {
    return "it goes on with " + in_quotes(resource.substr(at.in_text)) + " where the policy ends";
  }
  return "they differ at " + in_quotes(level_at(text, at.in_pattern)) + " vs " +
         in_quotes(level_at(resource, at.in_text));
}

std::string verb(const Statement& statement) {
  return statement.effect == Effect::allow ? "allows" : "denies";
}

std::string does_not(const Statement& statement) {
  return statement.effect == Effect::allow ? "does not allow" : "does not deny";
}

/// Everything about one statement that a report is made of.
class StatementExplainer {
 public:
  StatementExplainer(const Statement& statement, const Request& request)
      : statement_{statement}, request_{request}, action_{name(request.action)} {}

  /// Fills all of the report but its position. The score says how near the statement came, larger is nearer.
  std::pair<std::size_t, std::size_t> fill(StatementReport& report) {
    report.sid = statement_.sid;
    report.effect = statement_.effect;
    const bool action_matches = statement_.actions.contains(request_.action);
    const bool resource_matches = match_resource(report);
    if (!action_matches) return action_differs(report, resource_matches);
    collect_missing_values(report);
    if (!resource_matches) return resource_differs(report);
    return judge_conditions(report);
  }

 private:
  using Score = std::pair<std::size_t, std::size_t>;
  // Tiers of nearness.
  static constexpr std::size_t kMatches = 5;
  static constexpr std::size_t kOnlyCondition = 4;
  static constexpr std::size_t kOnlyVariable = 3;
  static constexpr std::size_t kSameKindOfResource = 2;
  static constexpr std::size_t kOnlyAction = 1;
  static constexpr std::size_t kFar = 0;

  /// Finds the resource that matches or comes nearest.
  bool match_resource(StatementReport& report) {
    bool listed = false;
    for (const PolicyText& resource : statement_.resources) {
      const Pattern pattern = resource.pattern(request_.context, request_.action);
      const bool matches = pattern.matches(request_.resource);
      const bool if_resolved =
          !matches &&
          resource.pattern_if_resolved(request_.context, request_.action).matches(request_.resource);
      const Pattern::Difference difference = pattern.furthest_difference(request_.resource);
      const bool nearer = nearest_ == nullptr || std::pair{if_resolved, difference.in_text} >
                                                     std::pair{would_match_, difference_.in_text};
      if (!matches && !nearer) continue;
      nearest_ = &resource;
      pattern_ = pattern;
      difference_ = difference;
      would_match_ = if_resolved;
      if (matches) {
        listed = true;
        break;
      }
    }
    report.resource = nearest_->source();
    report.substituted_resource = pattern_.text();
    return listed != statement_.not_resource;
  }

  Score action_differs(StatementReport& report, bool resource_matches) const {
    report.outcome = Outcome::action_differs;
    const std::string actions = joined(statement_.action_values, ", ");
    report.reason = statement_.not_action ? "leaves out " + actions + " by NotAction, and so " + action_
                                          : verb(statement_) + " " + actions + " and not " + action_;
    if (!resource_matches) return {kFar, 0};
    report.reason += ", although it names this " + std::string{noun(request_.action)};
    return {kOnlyAction, pattern_.text().size()};
  }

  void collect_missing_values(StatementReport& report) const {
    std::set<std::string> seen;
    const auto collect = [&](const PolicyText& text) {
      for (std::string& variable : text.unresolved(request_.context, request_.action)) {
        if (seen.insert(variable).second) report.missing_values.push_back(std::move(variable));
      }
    };
    for (const PolicyText& resource : statement_.resources) collect(resource);
    for (const Condition& condition : statement_.conditions) {
      for (const PolicyText& value : condition.values) collect(value);
    }
  }

  Score resource_differs(StatementReport& report) const {
    const std::string actual = shortened(request_.resource, request_.resource);
    const std::string what{noun(request_.action)};
    if (statement_.not_resource) {
      report.outcome = Outcome::resource_differs;
      report.reason = does_not(statement_) + " " + action_ + " on " + actual +
                      ", which its NotResource lists as " +
                      shortened(report.substituted_resource, request_.resource);
      return {kSameKindOfResource, 0};
    }
    if (would_match_) {
      report.outcome = Outcome::variable_unresolved;
      report.reason = verb(statement_) + " " + action_ + " on " +
                      shortened(report.resource, request_.resource) + ", but " +
                      unresolved_reasons(*nearest_) + "; a variable without a value matches nothing";
      return {kOnlyVariable, difference_.in_text};
    }
    report.outcome = Outcome::resource_differs;
    const std::string pattern = shortened(report.substituted_resource, request_.resource);
    report.reason = verb(statement_) + " " + action_ + " on " + pattern;
    if (const std::string source = shortened(report.resource, request_.resource); source != pattern) {
      report.reason += " (written " + source + ")";
    }
    // A pattern of another partition, region or account is compared in full.
    const bool same_realm = report.substituted_resource != pattern;
    report.reason += ", but the " + what + " was " + (same_realm ? actual : std::string{request_.resource}) +
                     ": " + where_they_differ(pattern_, request_.resource, difference_);
    report.reason += kind_hint();
    const auto unresolved = nearest_->unresolved(request_.context, request_.action);
    if (!unresolved.empty()) report.reason += "; also, " + unresolved_reasons(*nearest_);
    return {difference_.in_text > arn_prefix(request_.resource) ? kSameKindOfResource : kFar,
            difference_.in_text};
  }

  /// The mistake that everybody makes once: subscriptions are checked against topicfilter/ (P7.4).
  [[nodiscard]] std::string kind_hint() const {
    const std::string pattern = shortened(pattern_.text(), request_.resource);
    if (request_.action == Action::subscribe && pattern.starts_with("topic/")) {
      return "; iot:Subscribe is checked against topicfilter/…, not topic/…";
    }
    if (request_.action != Action::subscribe && pattern.starts_with("topicfilter/")) {
      return "; only iot:Subscribe is checked against topicfilter/…";
    }
    return {};
  }

  [[nodiscard]] std::string unresolved_reasons(const PolicyText& text) const {
    std::string out;
    for (const std::string& variable : text.unresolved(request_.context, request_.action)) {
      if (!out.empty()) out += " and ";
      out += "${" + variable + "} has no value: " + request_.context.why_unresolved(variable);
    }
    return out;
  }

  Score judge_conditions(StatementReport& report) const {
    std::vector<std::string> failed;
    for (const Condition& condition : statement_.conditions) {
      if (!holds(condition, request_.context, request_.action)) failed.push_back(described(condition));
    }
    if (failed.empty()) {
      report.outcome = Outcome::matches;
      report.reason = verb(statement_) + " " + action_ + " on " +
                      shortened(report.substituted_resource, request_.resource);
      if (statement_.not_resource)
        report.reason = verb(statement_) + " " + action_ + " on all but its NotResource";
      return {kMatches, 0};
    }
    report.outcome = Outcome::condition_fails;
    report.reason = verb(statement_) + " " + action_ + " on this " + std::string{noun(request_.action)} +
                    " under a condition that does not hold: " + joined(failed, "; ");
    return {kOnlyCondition, 100 - std::min<std::size_t>(failed.size(), 100)};
  }

  [[nodiscard]] std::string described(const Condition& condition) const {
    std::string out = condition.op.name + " asks " + condition.key + " for ";
    std::vector<std::string> values;
    for (const PolicyText& value : condition.values) {
      values.push_back(in_quotes(value.text(request_.context, request_.action)));
    }
    out += values.empty() ? "no value at all" : joined(values, " or ");
    const auto actual = request_.context.lookup(condition.key, request_.action);
    if (!actual) {
      out += ", but it has no value (" + request_.context.why_unresolved(condition.key) + ")";
    } else if (actual->kind == Values::Kind::qualified &&
               condition.op.qualifier == Operator::Qualifier::none) {
      out += ", but a list is read with ForAllValues or ForAnyValue only";
    } else if (actual->items.empty()) {
      out += ", but it is empty";
    } else {
      std::vector<std::string> items;
      for (const string_view item : actual->items) items.push_back(in_quotes(item));
      out += ", and it is " + joined(items, ", ");
    }
    for (const PolicyText& value : condition.values) {
      if (const std::string reasons = unresolved_reasons(value); !reasons.empty()) out += "; " + reasons;
    }
    return out;
  }

  const Statement& statement_;
  const Request& request_;
  std::string action_;

  const PolicyText* nearest_{};
  Pattern pattern_{};
  Pattern::Difference difference_{};
  bool would_match_{};  // if only the variables had values
};

std::string summarize(const Explanation& explanation) {
  const std::string what =
      explanation.action + " on " + explanation.resource.substr(arn_prefix(explanation.resource));
  const auto nearest = [&]() -> std::string {
    const StatementReport& report = explanation.statements[*explanation.nearest];
    return report.title() + " " + report.reason + ".";
  };
  if (explanation.verdict == Verdict::allowed) return what + " is allowed. " + nearest();
  if (explanation.verdict == Verdict::explicit_deny) {
    return what + " is denied, and a Deny wins over every Allow. " + nearest();
  }
  if (explanation.policies.empty()) return what + " is denied: no policy is attached.";
  const std::string nobody = what + " is denied: no statement of " +
                             (explanation.policies.size() == 1 ? "policy " : "policies ") +
                             joined(explanation.policies, ", ") + " allows it.";
  return explanation.nearest ? nobody + " Nearest: " + nearest() : nobody;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::allowed:
      return "ALLOWED";
    case Verdict::explicit_deny:
      return "EXPLICIT_DENY";
    case Verdict::implicit_deny:
      break;
  }
  return "IMPLICIT_DENY";
}

std::string_view name(StatementReport::Outcome outcome) {
  switch (outcome) {
    case Outcome::matches:
      return "matches";
    case Outcome::action_differs:
      return "action_differs";
    case Outcome::resource_differs:
      return "resource_differs";
    case Outcome::variable_unresolved:
      return "variable_unresolved";
    case Outcome::condition_fails:
      break;
  }
  return "condition_fails";
}

std::string StatementReport::title() const {
  std::string out = "Statement " + std::to_string(number);
  if (!sid.empty()) out += " (Sid " + sid + ")";
  return out + " of policy " + policy;
}

std::string Explanation::text() const {
  std::string out = summary;
  for (const StatementReport& report : statements) {
    out += "\n  " + report.title() + " " + report.reason + ".";
  }
  return out;
}

Json Explanation::json() const {
  Json out{{"verdict", name(verdict)}, {"action", action},     {"resource", resource},
           {"summary", summary},       {"policies", policies}, {"statements", Json::array()}};
  for (const StatementReport& report : statements) {
    out["statements"].push_back({{"policy", report.policy},
                                 {"number", report.number},
                                 {"sid", report.sid},
                                 {"effect", report.effect == Effect::allow ? "Allow" : "Deny"},
                                 {"outcome", name(report.outcome)},
                                 {"resource", report.resource},
                                 {"substitutedResource", report.substituted_resource},
                                 {"missingValues", report.missing_values},
                                 {"reason", report.reason}});
  }
  if (nearest) out["nearest"] = *nearest;
  return out;
}

Explanation explain(std::span<const NamedDocument> policies, const Request& request) {
  Explanation out{.verdict = evaluate(policies, request),
                  .action = std::string{name(request.action)},
                  .resource = std::string{request.resource}};
  std::pair<std::size_t, std::size_t> best{};
  for (const NamedDocument& policy : policies) {
    out.policies.push_back(policy.name);
    std::size_t number = 0;
    for (const Statement& statement : policy.document->statements) {
      StatementReport report{.policy = policy.name, .number = ++number};
      const auto score = StatementExplainer{statement, request}.fill(report);
      const bool decides = report.outcome == Outcome::matches;
      // A Deny is named when it decided, an Allow when none did.
      const bool candidate = out.verdict == Verdict::explicit_deny ? decides && report.effect == Effect::deny
                                                                   : report.effect == Effect::allow;
      if (candidate && score > best) {
        best = score;
        out.nearest = out.statements.size();
      }
      out.statements.push_back(std::move(report));
    }
  }
  out.summary = summarize(out);
  return out;
}

}  // namespace iotemu::registry::policy
