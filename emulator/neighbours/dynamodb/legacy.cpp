#include "emulator/neighbours/dynamodb/legacy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

using Kind = Condition::Kind;

struct Comparison {
  std::string_view name;
  Kind kind;
  std::string_view word;
  std::size_t least;
  std::size_t most;
  bool denied{false};
};
constexpr std::array<Comparison, 13> kComparisons{{{"EQ", Kind::comparison, "=", 1, 1},
                                                   {"NE", Kind::comparison, "<>", 1, 1},
                                                   {"LT", Kind::comparison, "<", 1, 1},
                                                   {"LE", Kind::comparison, "<=", 1, 1},
                                                   {"GT", Kind::comparison, ">", 1, 1},
                                                   {"GE", Kind::comparison, ">=", 1, 1},
                                                   {"NULL", Kind::function, "attribute_not_exists", 0, 0},
                                                   {"NOT_NULL", Kind::function, "attribute_exists", 0, 0},
                                                   {"CONTAINS", Kind::function, "contains", 1, 1},
                                                   {"NOT_CONTAINS", Kind::function, "contains", 1, 1, true},
                                                   {"BEGINS_WITH", Kind::function, "begins_with", 1, 1},
                                                   {"IN", Kind::in, "IN", 1, 100},
                                                   {"BETWEEN", Kind::between, "BETWEEN", 2, 2}}};

constexpr std::array<const char*, 7> kOld{"Expected",           "AttributeUpdates", "KeyConditions",
                                          "QueryFilter",        "ScanFilter",       "AttributesToGet",
                                          "ConditionalOperator"};
constexpr std::array<const char*, 5> kNew{"ConditionExpression", "UpdateExpression", "KeyConditionExpression",
                                          "FilterExpression", "ProjectionExpression"};

Fault invalid(const std::string& message) {
  return {"ValidationException", "One or more parameter values were invalid: " + message};
}

Condition on_attribute(const std::string& name, Kind kind, std::string_view word) {
  Condition condition{.kind = kind, .word = std::string{word}};
  condition.operands.push_back({.kind = Operand::Kind::path, .path = {{.name = name}}});
  return condition;
}

Answer<Condition> compared(const std::string& name, const Json& wire) {
  const std::string asked = wire.value("ComparisonOperator", "");
  if (asked.empty()) return invalid("ComparisonOperator must be specified for Attribute: " + name);
  const auto* row = std::ranges::find(kComparisons, asked, &Comparison::name);
  const auto values = wire.value("AttributeValueList", Json::array());
  if (values.size() < row->least || values.size() > row->most) {
    return invalid("Invalid number of argument(s) for the " + asked + " ComparisonOperator");
  }
  auto condition = on_attribute(name, row->kind, row->word);
  for (const auto& item : values) {
    auto value = read_value(item);
    if (!value) return value.fault();
    const bool ordering = row->kind == Kind::between || row->word.find_first_of("<>") == 0;
    if (ordering && row->word != "<>" && !is_ordered(*value)) {
      return invalid("ComparisonOperator " + asked + " is not valid for " + type_of(*value) +
                     " AttributeValue type");
    }
    condition.operands.push_back({.value = std::move(*value)});
  }
  if (!row->denied) return condition;
  Condition denial{.kind = Kind::negation};
  denial.parts.push_back(std::move(condition));
  return denial;
}

/// The oldest form: Value and Exists.
Answer<Condition> expected(const std::string& name, const Json& wire) {
  if (wire.contains("ComparisonOperator")) {
    if (wire.contains("Exists"))
      return invalid("Exists and ComparisonOperator cannot be used together for Attribute: " + name);
    return compared(name, wire);
  }
  const bool exists = wire.value("Exists", true);
  if (!exists) {
    if (wire.contains("Value")) {
      return invalid("Value cannot be used when Exists is set to false for Attribute: " + name);
    }
    return on_attribute(name, Kind::function, "attribute_not_exists");
  }
  if (!wire.contains("Value")) {
    return invalid("Value must be provided when Exists is " +
                   std::string{wire.contains("Exists") ? "true" : "null"} + " for Attribute: " + name);
  }
  auto value = read_value(wire.at("Value"));
  if (!value) return value.fault();
  auto condition = on_attribute(name, Kind::comparison, "=");
  condition.operands.push_back({.value = std::move(*value)});
  return condition;
}

template <class Names>
std::string present(const Json& input, const Names& names) {
  std::string text;
  for (const auto* name : names) {
    if (input.contains(name)) text += (text.empty() ? "" : ", ") + std::string{name};
  }
  return text;
}

}  // namespace

Done check_one_kind(const Json& input) {
  const auto before = present(input, kOld);
  const auto now = present(input, kNew);
  if (before.empty() || now.empty()) return Ok{};
  return Fault{
      "ValidationException",
      "Can not use both expression and non-expression parameters in the same request: Non-expression "
      "parameters: {" +
          before + "} Expression parameters: {" + now + "}"};
}

Answer<std::optional<Condition>> legacy_condition(const Json& input, const char* parameter) {
  const auto found = input.find(parameter);
  if (found == input.end() || found->empty()) return std::optional<Condition>{};
  const bool keys = std::string_view{parameter} == "KeyConditions";
  const bool any = !keys && input.value("ConditionalOperator", "AND") == "OR";
  Condition all{.kind = any ? Kind::any : Kind::all};
  for (const auto& [name, wire] : found->items()) {
    auto one = std::string_view{parameter} == "Expected" ? expected(name, wire) : compared(name, wire);
    if (!one) return one.fault();
    all.parts.push_back(std::move(*one));
  }
  return std::optional{std::move(all)};
}

Answer<Update> legacy_update(const Json& attribute_updates) {
  Update update;
  for (const auto& [name, wire] : attribute_updates.items()) {
    const std::string action = wire.value("Action", "PUT");
    Change change{.path = {{.name = name}}};
    if (!wire.contains("Value")) {
      if (action != "DELETE") {
        return invalid("Only DELETE action is allowed when no attribute value is specified");
      }
      change.kind = Change::Kind::remove;
    } else {
      auto value = read_value(wire.at("Value"));
      if (!value) return value.fault();
      const bool number = type_of(*value) == "N" || type_of(*value) == "L";
      if ((action == "DELETE" && !is_set(*value)) || (action == "ADD" && !is_set(*value) && !number)) {
        return invalid(action + " action is not supported for the type " + type_of(*value));
      }
      // ADD to a list appends here; expressions have list_append.
      if (action == "ADD" && type_of(*value) == "L") {
        change.assigned.kind = Assigned::Kind::list_append;
        Assigned present{.kind = Assigned::Kind::if_not_exists, .path = change.path};
        present.parts.push_back({.value = Json{{"L", Json::array()}}});
        change.assigned.parts.push_back(std::move(present));
        change.assigned.parts.push_back({.value = std::move(*value)});
      } else {
        change.kind = action == "PUT"   ? Change::Kind::set
                      : action == "ADD" ? Change::Kind::add
                                        : Change::Kind::del;
        change.assigned.value = std::move(*value);
      }
    }
    update.changes.push_back(std::move(change));
  }
  return update;
}

std::vector<DocumentPath> legacy_paths(const Json& attributes_to_get) {
  std::vector<DocumentPath> paths;
  for (const auto& name : attributes_to_get) paths.push_back({{.name = name}});
  return paths;
}

}  // namespace iotemu::neighbours::dynamodb
