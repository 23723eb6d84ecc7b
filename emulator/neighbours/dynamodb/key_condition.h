#pragma once

// KeyConditionExpression: one partition, and perhaps a stretch of its sort keys. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/table_shape.h"

namespace iotemu::neighbours::dynamodb {

/// A stretch of sort keys, in the bytes that order them.
struct Stretch {
  std::optional<std::string> low{};
  bool low_included{true};
  std::optional<std::string> high{};
  bool high_included{true};
  std::optional<std::string> prefix{};

  /// The least key that may be in it.
  [[nodiscard]] std::string first() const;
  /// The least key behind it; nothing: there is no end.
  [[nodiscard]] std::optional<std::string> behind() const;
  /// -1: the key lies before the stretch, 1: behind it.
  [[nodiscard]] int position(const std::string& key) const;
};

struct KeyCondition {
  std::string hash{};  ///< in the bytes that order it
  Stretch stretch{};
};

/// `condition` as a condition on these keys. ValidationException in DynamoDB's words.
[[nodiscard]] Answer<KeyCondition> key_condition(const Condition& condition, const KeySchema& keys,
                                                 const TableShape& shape);

}  // namespace iotemu::neighbours::dynamodb
