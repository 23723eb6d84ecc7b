#pragma once

// What a request wants to change of one item, read and judged without its table. Private to Dynamodb.

#include <optional>
#include <string>

#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/update.h"

namespace iotemu::neighbours {

struct Dynamodb::Intent {
  enum class Kind { put, remove, update, check };
  Kind kind{Kind::put};
  std::string table{};
  Item item{};  ///< of put
  Json key{};   ///< of all others
  dynamodb::Update update{};
  std::optional<dynamodb::Condition> condition{};
  bool tells_old{false};  ///< when the condition fails
};

}  // namespace iotemu::neighbours
