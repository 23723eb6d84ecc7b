#include "rules/plan/rule.h"

#include <algorithm>
#include <utility>

#include "rules/topic_filter.h"

namespace iotemu::rules::plan {
namespace {

Error in_place(std::string_view place, const Error& error) {
  return {error.code, std::string{place} + ": " + error.message};
}

std::string known_kinds() {
  std::string names;
  for (const auto& kind : action_kinds()) names += (names.empty() ? "" : ", ") + std::string{kind.name};
  return names;
}

/// What stands under a path of names in a JSON value; null: nothing.
const Json* find_under(const Json& value, std::string_view path) {
  const Json* at = &value;
  bool more = !path.empty();
  while (more) {
    const auto name = take_level(path, more);
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

}  // namespace

Result<Action> Action::compile(const Json& text, std::string_view place, const sql::Statement& statement) {
  if (!text.is_object() || text.size() != 1) {
    std::string given;
    if (text.is_object()) {
      for (const auto& [name, parameters] : text.items()) given += (given.empty() ? "" : " and ") + name;
    }
    return Error{Errc::invalid_request, std::string{place} + " names " +
                                            (given.empty() ? "no action" : given) +
                                            "; it must name exactly one of " + known_kinds()};
  }
  const auto& name = text.begin().key();
  const ActionKind* kind = find_action_kind(name);
  if (kind == nullptr) {
    return Error{Errc::invalid_request,
                 std::string{place} + " names the action '" + name + "', which is none of " + known_kinds()};
  }
  Action action{*kind, text.begin().value()};
  const std::string where = std::string{place} + "." + name;
  for (const auto pattern : kind->templates) {
    if (auto found =
            action.find_templates(pattern, action.parameters_, Json::json_pointer{}, where, statement);
        !found) {
      return found.error();
    }
  }
  return action;
}

Status Action::find_templates(std::string_view pattern, const Json& at, const Json::json_pointer& where,
                              std::string_view place, const sql::Statement& statement) {
  if (pattern.empty()) {
    if (!at.is_string()) return Ok{};
    const auto& text = at.get_ref<const std::string&>();
    if (text.find("${") == text.npos) return Ok{};
    auto compiled = sql::Template::compile(text, statement);
    if (!compiled) {
      auto name = where.to_string();
      std::ranges::replace(name, '/', '.');
      return in_place(std::string{place} + name, compiled.error());
    }
    substitutions_.push_back({where, std::move(*compiled)});
    return Ok{};
  }
  bool more = true;
  const auto step = take_level(pattern, more);
  const auto follow = [&](const Json& next, const Json::json_pointer& there) {
    return find_templates(pattern, next, there, place, statement);
  };
  if (step != "*") {
    const Json* next = at.is_object() ? find_under(at, step) : nullptr;
    return next == nullptr ? Status{Ok{}} : follow(*next, where / std::string{step});
  }
  if (at.is_array()) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (auto done = follow(at[i], where / i); !done) return done;
    }
  } else if (at.is_object()) {
    for (const auto& [name, value] : at.items()) {
      if (auto done = follow(value, where / name); !done) return done;
    }
  }
  return Ok{};
}

bool Action::may_wait() const {
  return std::ranges::any_of(substitutions_, [](const Substitution& s) { return s.text.may_wait(); });
}

Result<Json> Action::resolve(sql::Evaluation& evaluation) const {
  Json resolved = parameters_;
  for (const auto& [where, text] : substitutions_) {
    auto said = text.text(evaluation);
    if (!said) return said.error();
    resolved[where] = std::move(*said);
  }
  return resolved;
}

std::string Action::resource(const Json& parameters) const {
  const Json* found = kind_->resource.empty() ? nullptr : find_under(parameters, kind_->resource);
  return found == nullptr || !found->is_string() ? std::string{} : found->get<std::string>();
}

Result<std::shared_ptr<const Rule>> Rule::compile(const RuleText& text) {
  const auto version = sql::parse_version(text.sql_version);
  if (!version) {
    return Error{Errc::invalid_request,
                 "awsIotSqlVersion is '" + text.sql_version + "'; it must be 2015-10-08, 2016-03-23 or beta"};
  }
  auto statement = sql::Statement::compile(text.sql, *version);
  if (!statement) return statement.error();
  // Its templates refer to the statement: it stands where it will stay.
  const std::shared_ptr<Rule> rule{new Rule{text.name, std::move(*statement)}};
  rule->may_wait_ = rule->statement_.may_wait();
  for (std::size_t i = 0; i < text.actions.size(); ++i) {
    auto action = Action::compile(text.actions[i], "actions[" + std::to_string(i) + "]", rule->statement_);
    if (!action) return action.error();
    rule->may_wait_ = rule->may_wait_ || action->may_wait();
    rule->actions_.push_back(std::move(*action));
  }
  if (!text.error_action.is_null()) {
    auto action = Action::compile(text.error_action, "errorAction", rule->statement_);
    if (!action) return action.error();
    rule->error_action_ = std::move(*action);
  }
  return RulePtr{rule};
}

}  // namespace iotemu::rules::plan
