#pragma once

// Conditions on an item: those of ConditionExpression, FilterExpression and KeyConditionExpression, and what
// the older parameters (Expected, QueryFilter …) say in the same terms. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/document_path.h"
#include "emulator/neighbours/dynamodb/expression_reader.h"

namespace iotemu::neighbours::dynamodb {

struct Operand {
  enum class Kind { path, value, size };
  Kind kind{Kind::value};
  DocumentPath path{};  ///< of a path, or of what is measured
  Json value{};
};

struct Condition {
  enum class Kind { all, any, negation, comparison, between, in, function };
  Kind kind{Kind::all};
  std::string word{};  ///< of a comparison: `=`, `<>`, `<` …; of a function: its name
  std::vector<Operand> operands{};
  std::vector<Condition> parts{};
  bool enclosed{false};  ///< stood in parentheses
};

/// `parameter` is what the request calls it.
[[nodiscard]] Answer<Condition> read_condition(std::string_view parameter, std::string_view text,
                                               Bindings& bindings);
[[nodiscard]] bool holds(const Condition& condition, const Json& item);

/// The names of all attributes that the condition looks at.
[[nodiscard]] std::vector<std::string> attributes_of(const Condition& condition);

}  // namespace iotemu::neighbours::dynamodb
