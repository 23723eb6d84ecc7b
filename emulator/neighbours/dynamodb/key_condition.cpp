#include "emulator/neighbours/dynamodb/key_condition.h"

#include <utility>
#include <vector>

#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

Fault refused(std::string message) {
  return {"ValidationException", std::move(message)};
}

/// One condition on one attribute, the values behind it.
struct Term {
  std::string name{};
  std::string word{};
  std::vector<Json> values{};
};

std::string turned(const std::string& word) {
  if (word.starts_with('<')) return ">" + word.substr(1);
  if (word.starts_with('>')) return "<" + word.substr(1);
  return word;
}

Fault wrong_operator(const Condition& condition) {
  const auto word = condition.kind == Condition::Kind::any        ? "OR"
                    : condition.kind == Condition::Kind::negation ? "NOT"
                                                                  : condition.word;
  return refused("Invalid operator used in KeyConditionExpression: " + word);
}

Answer<Term> term_of(const Condition& condition) {
  const bool known = condition.kind == Condition::Kind::between ||
                     (condition.kind == Condition::Kind::comparison && condition.word != "<>") ||
                     (condition.kind == Condition::Kind::function && condition.word == "begins_with");
  if (!known) return wrong_operator(condition);
  Term term{.word = condition.word};
  std::size_t paths = 0;
  for (std::size_t i = 0; i < condition.operands.size(); ++i) {
    const auto& operand = condition.operands[i];
    if (operand.kind == Operand::Kind::size) {
      return refused("Invalid operator used in KeyConditionExpression: size");
    }
    if (operand.kind == Operand::Kind::value) {
      term.values.push_back(operand.value);
      continue;
    }
    if (operand.path.size() > 1) {
      return refused("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    ++paths;
    term.name = operand.path[0].name;
    if (i == 1 && condition.kind == Condition::Kind::comparison) term.word = turned(condition.word);
  }
  if (paths != 1) {
    return refused("Invalid condition in KeyConditionExpression: " + condition.word +
                   " operator must have one key attribute and otherwise values");
  }
  return term;
}

Done gather(const Condition& condition, std::vector<Term>& terms) {
  if (condition.kind == Condition::Kind::all) {
    for (const auto& part : condition.parts) {
      if (auto done = gather(part, terms); !done) return done;
    }
    return Ok{};
  }
  auto term = term_of(condition);
  if (!term) return term.fault();
  for (const auto& other : terms) {
    if (other.name != term->name) continue;
    return refused("KeyConditionExpressions must only contain one condition per key");
  }
  terms.push_back(std::move(*term));
  return Ok{};
}

Done check_type(const Term& term, const TableShape& shape) {
  for (const auto& value : term.values) {
    if (type_of(value) != shape.types.at(term.name)) {
      return refused(
          "One or more parameter values were invalid: Condition parameter type does not match schema type");
    }
    if (content_of(value) == Json("") && term.word != "begins_with") {
      return refused(
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
          "an empty " +
          std::string{type_of(value) == "S" ? "string" : "binary"} + " value. Key: " + term.name);
    }
  }
  return Ok{};
}

Answer<Stretch> stretch_of(const Term& term) {
  const auto first = order_of(term.values[0]);
  Stretch stretch;
  if (term.word == "begins_with") {
    if (type_of(term.values[0]) == "N") return refused("Query key condition not supported");
    stretch.prefix = first;
  } else if (term.word == "BETWEEN") {
    stretch.low = first;
    stretch.high = order_of(term.values[1]);
  } else {
    stretch.low_included = stretch.high_included = term.word.ends_with('=');
    if (term.word != "<" && term.word != "<=") stretch.low = first;
    if (term.word != ">" && term.word != ">=") stretch.high = first;
  }
  return stretch;
}

/// No key lies between `key` and this one.
std::string next_key(const std::string& key) {
  return key + '\0';
}

/// The least key behind all that begin with `prefix`; nothing: there is none.
std::optional<std::string> behind_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

std::string Stretch::first() const {
  if (low) return low_included ? *low : next_key(*low);
  return prefix.value_or("");
}

std::optional<std::string> Stretch::behind() const {
  if (high) return high_included ? next_key(*high) : *high;
  return prefix ? behind_prefix(*prefix) : std::nullopt;
}

int Stretch::position(const std::string& key) const {
  if (prefix && !key.starts_with(*prefix)) return key < *prefix ? -1 : 1;
  if (low && (key < *low || (key == *low && !low_included))) return -1;
  if (high && (key > *high || (key == *high && !high_included))) return 1;
  return 0;
}

Answer<KeyCondition> key_condition(const Condition& condition, const KeySchema& keys,
                                   const TableShape& shape) {
  std::vector<Term> terms;
  if (auto done = gather(condition, terms); !done) return done.fault();
  if (terms.size() > 2) return refused("Conditions can be of length 1 or 2 only");
  const auto find = [&](const std::string& name) {
    for (const auto& term : terms) {
      if (term.name == name) return &term;
    }
    return static_cast<const Term*>(nullptr);
  };
  const auto* hash = find(keys.hash);
  if (hash == nullptr) return refused("Query condition missed key schema element: " + keys.hash);
  const auto* range = keys.range.empty() ? nullptr : find(keys.range);
  if (terms.size() == 2 && range == nullptr) {
    if (keys.range.empty()) return refused("Query key condition not supported");
    return refused("Query condition missed key schema element: " + keys.range);
  }
  if (hash->word != "=") return refused("Query key condition not supported");
  KeyCondition result;
  for (const auto* term : {hash, range}) {
    if (term == nullptr) continue;
    if (auto good = check_type(*term, shape); !good) return good.fault();
  }
  result.hash = order_of(hash->values[0]);
  if (range == nullptr) return result;
  auto stretch = stretch_of(*range);
  if (!stretch) return stretch.fault();
  result.stretch = std::move(*stretch);
  return result;
}

}  // namespace iotemu::neighbours::dynamodb
