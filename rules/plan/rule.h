#pragma once

// One topic rule, compiled: its SQL and every template of its actions, once, when the rule is created or
// replaced (RU-2). Immutable; shared between threads.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rules/plan/action_kinds.h"
#include "rules/sql/statement.h"

namespace iotemu::rules::plan {

/// A rule as it is written.
struct RuleText {
  std::string name{};
  std::string sql{};
  std::string sql_version{"2015-10-08"};
  Json actions = Json::array();  ///< Objects of one member, the kind's name, each.
  Json error_action{};           ///< null: none
};

/// One action: its kind, its parameters and the templates among them.
class Action {
 public:
  /// `place` names it in messages: "actions[0]".
  static Result<Action> compile(const Json& text, std::string_view place, const sql::Statement& statement);

  [[nodiscard]] const ActionKind& kind() const { return *kind_; }
  /// As they were given.
  [[nodiscard]] const Json& parameters() const { return parameters_; }
  [[nodiscard]] bool may_wait() const;
  /// Whether `resolve` needs the evaluation at all.
  [[nodiscard]] bool has_templates() const { return !substitutions_.empty(); }
  /// The parameters with the templates replaced (RU-27).
  Result<Json> resolve(sql::Evaluation& evaluation) const;
  /// What RU-29 calls the failed resource, of parameters resolved or not.
  [[nodiscard]] std::string resource(const Json& parameters) const;

 private:
  struct Substitution {
    Json::json_pointer where;
    sql::Template text;
  };
  // Braces would make an array of it.
  Action(const ActionKind& kind, Json parameters) : kind_{&kind}, parameters_(std::move(parameters)) {}
  Status find_templates(std::string_view pattern, const Json& at, const Json::json_pointer& where,
                        std::string_view place, const sql::Statement& statement);

  const ActionKind* kind_;
  Json parameters_;
  std::vector<Substitution> substitutions_;
};

class Rule {
 public:
  /// Errc::sql_parse: the SQL or a template; Errc::invalid_request: the version or an action.
  static Result<std::shared_ptr<const Rule>> compile(const RuleText& text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const sql::Statement& statement() const { return statement_; }
  /// Empty: no message runs it but those of Basic Ingest.
  [[nodiscard]] const std::string& filter() const { return statement_.filter(); }
  [[nodiscard]] const std::vector<Action>& actions() const { return actions_; }
  /// Null: there is none.
  [[nodiscard]] const Action* error_action() const { return error_action_ ? &*error_action_ : nullptr; }
  /// The statement or a template of the actions asks somebody else.
  [[nodiscard]] bool may_wait() const { return may_wait_; }

 private:
  Rule(std::string name, sql::Statement statement)
      : name_{std::move(name)}, statement_{std::move(statement)} {}

  std::string name_;
  sql::Statement statement_;
  std::vector<Action> actions_;
  std::optional<Action> error_action_;
  bool may_wait_{false};
};

using RulePtr = std::shared_ptr<const Rule>;

}  // namespace iotemu::rules::plan
