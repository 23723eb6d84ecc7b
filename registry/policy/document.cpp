#include "registry/policy/document.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

constexpr std::string_view kVersion = "2012-10-17";

Error malformed(const std::string& detail) {
  // The first sentence is AWS's (P7.1); what follows the colon there varies.
  return {Errc::malformed_policy, "Policy document is Malformed: Invalid policy syntax. " + detail};
}

/// A value for an error message: strings and scalars as JSON, cut short; containers by kind.
std::string described(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  constexpr std::size_t kMaxShown = 60;
  std::string text = to_text(value);
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + "…";
  return text;
}

Error expected(const std::string& path, std::string_view what, const Json& found) {
  return malformed((path.empty() ? "The document" : path) + ": expected " + std::string{what} + ", found " +
                   described(found));
}

Error missing(const std::string& path, std::string_view what) {
  return malformed((path.empty() ? "The document" : path) + ": " + std::string{what} + " is missing");
}

std::string join(const std::string& path, std::string_view member) {
  return path.empty() ? std::string{member} : path + "." + std::string{member};
}

std::string at(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

/// Element names are case-sensitive and there are no others (P7.1).
Status only_known(const Json& object, const std::string& path,
                  std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (key == "Principal" || key == "NotPrincipal") {
      return malformed(join(path, key) + ": the principal is what the policy is attached to; remove it");
    }
    std::string names;
    for (const auto name : known) names += (names.empty() ? "" : ", ") + std::string{name};
    return malformed(join(path, described(key)) + ": unknown element; known here: " + names);
  }
  return Ok{};
}

Result<std::string> optional_string(const Json& object, const std::string& path, const char* member) {
  const auto found = object.find(member);
  if (found == object.end()) return std::string{};
  if (!found->is_string()) return expected(join(path, member), "a string", *found);
  return found->get<std::string>();
}

/// A string or a list of strings; neither may be empty.
Result<std::vector<std::string>> strings(const Json& value, const std::string& path) {
  if (value.is_string()) {
    if (value.get_ref<const std::string&>().empty()) return expected(path, "a non-empty string", value);
    return std::vector{value.get<std::string>()};
  }
  if (!value.is_array() || value.empty()) {
    return expected(path, "a string or a non-empty list of strings", value);
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_string() || value[i].get_ref<const std::string&>().empty()) {
      return expected(at(path, i), "a non-empty string", value[i]);
    }
    out.push_back(value[i].get<std::string>());
  }
  return out;
}

/// Either `name` or `Not<name>`, never both.
struct Element {
  std::vector<std::string> values{};
  bool negated{false};
};

Result<Element> element(const Json& statement, const std::string& path, const std::string& name) {
  const auto plain = statement.find(name);
  const auto negated = statement.find("Not" + name);
  if (plain != statement.end() && negated != statement.end()) {
    return malformed(path + ": " + name + " and Not" + name + " exclude each other");
  }
  if (plain == statement.end() && negated == statement.end()) return missing(path, name);
  const bool is_negated = plain == statement.end();
  auto values = strings(is_negated ? *negated : *plain, join(path, (is_negated ? "Not" : "") + name));
  if (!values) return values.error();
  return Element{.values = *std::move(values), .negated = is_negated};
}

class DocumentParser {
 public:
  Result<std::shared_ptr<const Document>> parse(const Json& root) {
    if (!root.is_object()) return expected("", "an object", root);
    if (auto known = only_known(root, "", {"Version", "Id", "Statement"}); !known) return known.error();
    if (const auto version = root.find("Version"); version != root.end()) {
      if (*version != kVersion) return expected("Version", "\"2012-10-17\"", *version);
      document_.has_version = true;
    }
    auto id = optional_string(root, "", "Id");
    if (!id) return id.error();
    document_.id = *std::move(id);
    const auto statements = root.find("Statement");
    if (statements == root.end()) return missing("", "Statement");
    if (auto done = parse_statements(*statements); !done) return done.error();
    return std::make_shared<const Document>(std::move(document_));
  }

 private:
  Status parse_statements(const Json& value) {
    if (value.is_object()) return parse_statement(value, "Statement");
    if (!value.is_array() || value.empty()) {
      return expected("Statement", "an object or a non-empty list of objects", value);
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto done = parse_statement(value[i], at("Statement", i)); !done) return done.error();
    }
    return Ok{};
  }

  Status parse_statement(const Json& value, const std::string& path) {
    if (!value.is_object()) return expected(path, "an object", value);
    if (auto known = only_known(
            value, path, {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"});
        !known) {
      return known.error();
    }
    Statement out;
    auto sid = optional_string(value, path, "Sid");
    if (!sid) return sid.error();
    out.sid = *std::move(sid);

    const auto effect = value.find("Effect");
    if (effect == value.end()) return missing(path, "Effect");
    if (*effect != "Allow" && *effect != "Deny") {
      return expected(join(path, "Effect"), "\"Allow\" or \"Deny\"", *effect);
    }
    out.effect = *effect == "Allow" ? Effect::allow : Effect::deny;

    auto actions = element(value, path, "Action");
    if (!actions) return actions.error();
    for (const std::string& action : actions->values) out.actions.add(actions_named_by(action));
    if (actions->negated) out.actions = out.actions.complement();
    out.not_action = actions->negated;
    out.action_values = std::move(actions->values);

    auto resources = element(value, path, "Resource");
    if (!resources) return resources.error();
    for (const std::string& resource : resources->values) out.resources.push_back(text(resource));
    out.not_resource = resources->negated;

    if (const auto conditions = value.find("Condition"); conditions != value.end()) {
      if (auto done = parse_conditions(*conditions, join(path, "Condition"), out); !done) return done.error();
    }
    document_.statements.push_back(std::move(out));
    return Ok{};
  }

  Status parse_conditions(const Json& value, const std::string& path, Statement& statement) {
    if (!value.is_object()) return expected(path, "an object", value);
    for (const auto& [name, keys] : value.items()) {
      const auto op = Operator::parse(name);
      if (!op) return malformed(join(path, described(name)) + ": unknown condition operator");
      const std::string operator_path = join(path, name);
      if (!keys.is_object()) return expected(operator_path, "an object of condition keys", keys);
      for (const auto& [key, values] : keys.items()) {
        Condition condition{.op = *op, .key = key, .values = {}};
        if (auto done = parse_values(values, join(operator_path, key), condition); !done) return done.error();
        statement.conditions.push_back(std::move(condition));
      }
    }
    return Ok{};
  }

  /// A value or a list of values, which may be empty (P7.7, Connect matrix).
  Status parse_values(const Json& value, const std::string& path, Condition& condition) {
    if (!value.is_array()) return parse_value(value, path, condition);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto done = parse_value(value[i], at(path, i), condition); !done) return done.error();
    }
    return Ok{};
  }

  Status parse_value(const Json& value, const std::string& path, Condition& condition) {
    if (value.is_string()) {
      condition.values.push_back(text(value.get_ref<const std::string&>()));
    } else if (value.is_boolean() || value.is_number()) {
      // IAM's grammar, which P7.3 makes ours: quotation marks are optional for numbers and truth values.
      condition.values.push_back(text(to_text(value)));
    } else {
      return expected(path, "a string or a list of strings", value);
    }
    return Ok{};
  }

  [[nodiscard]] PolicyText text(std::string_view source) const {
    return PolicyText::parse(source, document_.has_version);
  }

  Document document_{};
};

struct Length {
  std::size_t all{};
  std::size_t counted{};  // without white space
};

Length characters(std::string_view utf8) {
  Length out;
  for (const char c : utf8) {
    if (continues_character(c)) continue;
    ++out.all;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') ++out.counted;
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const Document>> parse(std::string_view text) {
  // Lengths come first: an oversized document is never handed to the JSON parser.
  const Length length = characters(text);
  if (length.all > kMaxWireCharacters) {
    return Error{Errc::invalid_request, "The policy document has " + std::to_string(length.all) +
                                            " characters; at most " + std::to_string(kMaxWireCharacters) +
                                            " are allowed"};
  }
  if (length.counted > kMaxDocumentCharacters) {
    return Error{Errc::malformed_policy, "Policy document is Malformed: " + std::to_string(length.counted) +
                                             " characters without white space; at most " +
                                             std::to_string(kMaxDocumentCharacters) + " are allowed."};
  }
  const auto root = parse_json(text);
  if (!root) return malformed(root.error().message);
  return DocumentParser{}.parse(*root);
}

}  // namespace iotemu::registry::policy
