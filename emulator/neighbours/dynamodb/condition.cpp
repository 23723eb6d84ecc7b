#include "emulator/neighbours/dynamodb/condition.h"

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/utf8.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

/// Nothing of what has no size.
std::optional<Json> size_value(const Json& value) {
  const auto& type = type_of(value);
  const auto& content = content_of(value);
  if (type == "N" || type == "BOOL" || type == "NULL") return std::nullopt;
  std::size_t size = content.size();
  if (type == "S") size = count_characters(content.get_ref<const std::string&>());
  if (type == "B") size = order_of(value).size();
  return Json{{"N", std::to_string(size)}};
}

/// Null if the item has no such value. `kept` holds what no item has: the size of a value.
const Json* value_of(const Operand& operand, const Json& item, std::optional<Json>& kept) {
  if (operand.kind == Operand::Kind::value) return &operand.value;
  const auto* found = find(item, operand.path);
  if (operand.kind == Operand::Kind::path || found == nullptr) return found;
  kept = size_value(*found);
  return kept ? &*kept : nullptr;
}

/// Without an order between the two: nothing.
std::optional<int> compare(const Json& left, const Json& right) {
  if (type_of(left) != type_of(right) || !is_ordered(left)) return std::nullopt;
  const auto result = order_of(left).compare(order_of(right));
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

bool compares(const std::string& word, const Json* left, const Json* right) {
  if (word == "=") return left != nullptr && right != nullptr && *left == *right;
  // What is not there differs from everything.
  if (word == "<>") return left == nullptr || right == nullptr || *left != *right;
  if (left == nullptr || right == nullptr) return false;
  const auto order = compare(*left, *right);
  if (!order) return false;
  if (word == "<") return *order < 0;
  if (word == "<=") return *order <= 0;
  if (word == ">") return *order > 0;
  return *order >= 0;
}

bool begins_with(const Json& value, const Json& front) {
  const auto& type = type_of(value);
  return type == type_of(front) && (type == "S" || type == "B") &&
         order_of(value).starts_with(order_of(front));
}

bool contains(const Json& whole, const Json& part) {
  const auto& type = type_of(whole);
  const auto& content = content_of(whole);
  if (type == "L") return std::ranges::find(content, part) != content.end();
  if (is_set(whole)) {
    return type == type_of(part) + "S" && std::ranges::find(content, content_of(part)) != content.end();
  }
  if (type != type_of(part) || (type != "S" && type != "B")) return false;
  return order_of(whole).find(order_of(part)) != std::string::npos;
}

bool calls(const std::string& name, const Json* first, const Json* second) {
  if (name == "attribute_exists") return first != nullptr;
  if (name == "attribute_not_exists") return first == nullptr;
  if (first == nullptr || second == nullptr) return false;
  if (name == "attribute_type") {
    return type_of(*second) == "S" && content_of(*second) == Json(type_of(*first));
  }
  return name == "begins_with" ? begins_with(*first, *second) : contains(*first, *second);
}

}  // namespace

bool holds(const Condition& condition, const Json& item) {
  const auto part_holds = [&](const Condition& part) { return holds(part, item); };
  std::optional<Json> kept_first;
  const auto value = [&](std::size_t position, std::optional<Json>& kept) {
    return value_of(condition.operands[position], item, kept);
  };
  switch (condition.kind) {
    case Condition::Kind::all:
      return std::ranges::all_of(condition.parts, part_holds);
    case Condition::Kind::any:
      return std::ranges::any_of(condition.parts, part_holds);
    case Condition::Kind::negation:
      return !holds(condition.parts[0], item);
    case Condition::Kind::comparison: {
      std::optional<Json> kept_second;
      return compares(condition.word, value(0, kept_first), value(1, kept_second));
    }
    case Condition::Kind::between: {
      std::optional<Json> kept_low;
      std::optional<Json> kept_high;
      const auto* middle = value(0, kept_first);
      return compares(">=", middle, value(1, kept_low)) && compares("<=", middle, value(2, kept_high));
    }
    case Condition::Kind::in: {
      const auto* wanted = value(0, kept_first);
      for (std::size_t i = 1; i < condition.operands.size(); ++i) {
        std::optional<Json> kept;
        if (compares("=", wanted, value(i, kept))) return true;
      }
      return false;
    }
    case Condition::Kind::function: {
      std::optional<Json> kept_second;
      const auto* first = value(0, kept_first);
      return calls(condition.word, first, condition.operands.size() > 1 ? value(1, kept_second) : nullptr);
    }
  }
  return false;
}

}  // namespace iotemu::neighbours::dynamodb
