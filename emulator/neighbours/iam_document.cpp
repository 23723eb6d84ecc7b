#include "emulator/neighbours/iam_document.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/json.h"
#include "registry/policy/pattern.h"

namespace iotemu::neighbours {
namespace {

Fault malformed(std::string message) {
  return {"MalformedPolicyDocument", std::move(message)};
}

/// A string or a list of strings.
bool is_words(const Json& value) {
  if (value.is_string()) return true;
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Json& word) { return word.is_string(); });
}

Done check_statement(const Json& statement, bool trust) {
  if (!statement.is_object()) return malformed("Syntax errors in policy: a statement is not an object");
  const auto effect = statement.find("Effect");
  if (effect == statement.end() || (*effect != "Allow" && *effect != "Deny")) {
    return malformed("Syntax errors in policy: Effect must be Allow or Deny");
  }
  const auto* action = statement.contains("Action") ? "Action" : "NotAction";
  if (!statement.contains(action) || !is_words(statement.at(action))) {
    return malformed("Syntax errors in policy: a statement has no Action or NotAction");
  }
  const bool principal = statement.contains("Principal") || statement.contains("NotPrincipal");
  const bool resource = statement.contains("Resource") || statement.contains("NotResource");
  if (trust && resource) return malformed("Has prohibited field Resource");
  if (trust && !principal) return malformed("Missing required field Principal");
  if (!trust && principal) return malformed("Policy document should not specify a principal.");
  if (!trust && !resource) return malformed("Policy statement must contain resources.");
  return Ok{};
}

Json listed(const Json& value) {
  return value.is_array() ? value : Json::array({value});
}

Json statements_of(const Json& document) {
  return listed(document.at("Statement"));
}

/// sts:AssumeRole among actions, which know wildcards.
bool holds_assuming(const Json& actions) {
  return std::ranges::any_of(listed(actions), [](const Json& word) {
    const auto action = lowercase(word.get<std::string>());
    return registry::policy::Pattern::from_wildcards(action).matches("sts:assumerole");
  });
}

bool is_about_assuming(const Json& statement) {
  if (statement.contains("Action")) return holds_assuming(statement.at("Action"));
  return !holds_assuming(statement.at("NotAction"));
}

bool names(const Json& principal, const Assuming& who) {
  if (principal.is_string()) return principal == "*";
  if (!principal.is_object() || !principal.contains("AWS")) return false;
  for (const auto& word : listed(principal.at("AWS"))) {
    if (!word.is_string()) continue;
    const auto& text = word.get_ref<const std::string&>();
    if (text == "*" || text == who.account || text == who.arn) return true;
    if (text.find(":iam::" + who.account + ":") != text.npos) return true;
  }
  return false;
}

/// Whether the statement speaks of `who`. Only a Deny may name whom it is not about.
bool is_about(const Json& statement, const Assuming& who) {
  if (const auto principal = statement.find("Principal"); principal != statement.end()) {
    return names(*principal, who);
  }
  return statement.at("Effect") == "Deny" && !names(statement.at("NotPrincipal"), who);
}

/// Conditions, of which all must hold: those that do not, and those that cannot be told.
struct Conditions {
  std::string failed{};   ///< the first; empty if there is none
  std::string unknown{};  ///< likewise
};

Conditions check_conditions(const Json& statement, const Assuming& who) {
  Conditions result;
  const auto conditions = statement.find("Condition");
  if (conditions == statement.end()) return result;
  if (!conditions->is_object()) return {.unknown = "Condition"};
  const auto note = [](std::string& where, std::string what) {
    if (where.empty()) where = std::move(what);
  };
  for (const auto& [op, keys] : conditions->items()) {
    if (!keys.is_object()) {
      note(result.unknown, op);
      continue;
    }
    for (const auto& [key, wanted] : keys.items()) {
      const bool equals = op == "StringEquals";
      if ((!equals && op != "StringNotEquals") || lowercase(key) != "sts:externalid") {
        note(result.unknown, op + " on " + key);
        continue;
      }
      const auto values = listed(wanted);
      const bool among =
          !who.external_id.empty() && std::ranges::find(values, Json(who.external_id)) != values.end();
      if (among != equals) note(result.failed, op + " on " + key);
    }
  }
  return result;
}

}  // namespace

Done check_document(std::string_view document, bool trust) {
  const auto parsed = parse_json(document);
  if (!parsed || !parsed->is_object()) return malformed("This policy contains invalid Json");
  const auto version = parsed->find("Version");
  if (version != parsed->end() && *version != "2012-10-17" && *version != "2008-10-17") {
    return malformed("The policy must contain a valid version string");
  }
  const auto statement = parsed->find("Statement");
  const bool some =
      statement != parsed->end() && (statement->is_object() || statement->is_array()) && !statement->empty();
  if (!some) return malformed("Syntax errors in policy: there is no Statement");
  for (const auto& one : statements_of(*parsed)) {
    if (auto good = check_statement(one, trust); !good) return good;
  }
  return Ok{};
}

std::string why_not_trusted(std::string_view trust_document, const Assuming& who) {
  const auto document = parse_json(trust_document);
  if (!document) return "its trust policy cannot be read";
  std::string why = "its trust policy does not name account " + who.account;
  bool allowed = false;
  for (const auto& statement : statements_of(*document)) {
    if (!is_about_assuming(statement) || !is_about(statement, who)) continue;
    const auto [failed, unknown] = check_conditions(statement, who);
    if (statement.at("Effect") == "Deny") {
      if (!failed.empty()) continue;
      if (unknown.empty()) return "its trust policy denies it";
      return "its trust policy denies it under a condition that is not emulated: " + unknown;
    }
    if (!failed.empty() || !unknown.empty()) {
      why = !failed.empty() ? "a condition of its trust policy does not hold: " + failed
                            : "a condition of its trust policy is not emulated: " + unknown;
      continue;
    }
    allowed = true;
  }
  return allowed ? std::string{} : why;
}

}  // namespace iotemu::neighbours
