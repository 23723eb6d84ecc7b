#include "emulator/neighbours/iam_document.h"

#include <algorithm>

#include "base/hex.h"
#include "base/json.h"

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

/// sts:AssumeRole among the actions, which know `*` at their end.
bool allows_assuming(const Json& statement) {
  if (!statement.contains("Action")) return false;
  for (const auto& word : listed(statement.at("Action"))) {
    const auto action = lowercase(word.get<std::string>());
    if (action == "*" || action == "sts:*" || action == "sts:assumerole" || action == "sts:assumerole*")
      return true;
  }
  return false;
}

bool names(const Json& statement, const Assuming& who) {
  const auto principal = statement.find("Principal");
  if (principal == statement.end()) return false;
  if (principal->is_string()) return *principal == "*";
  if (!principal->is_object() || !principal->contains("AWS")) return false;
  for (const auto& word : listed(principal->at("AWS"))) {
    if (!word.is_string()) continue;
    const auto& text = word.get_ref<const std::string&>();
    if (text == "*" || text == who.account || text == who.arn) return true;
    if (text.find(":iam::" + who.account + ":") != text.npos) return true;
  }
  return false;
}

/// Empty if the conditions hold.
std::string failed_condition(const Json& statement, const Assuming& who) {
  const auto conditions = statement.find("Condition");
  if (conditions == statement.end() || !conditions->is_object()) return {};
  for (const auto& [op, keys] : conditions->items()) {
    if (!keys.is_object()) return op;
    for (const auto& [key, wanted] : keys.items()) {
      if (op != "StringEquals" || lowercase(key) != "sts:externalid") return op + " on " + key;
      const auto values = listed(wanted);
      if (std::ranges::find(values, Json(who.external_id)) == values.end()) return op + " on " + key;
    }
  }
  return {};
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
    if (!allows_assuming(statement) || !names(statement, who)) continue;
    const auto failed = failed_condition(statement, who);
    if (!failed.empty()) {
      why = "a condition of its trust policy does not hold: " + failed;
      continue;
    }
    if (statement.at("Effect") == "Deny") return "its trust policy denies it";
    allowed = true;
  }
  return allowed ? std::string{} : why;
}

}  // namespace iotemu::neighbours
