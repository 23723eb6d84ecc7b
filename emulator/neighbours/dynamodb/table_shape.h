#pragma once

// What CreateTable says of a table: its keys, its indexes, how it is paid. Values alone; `read_table_shape`
// judges them as DynamoDB does.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

inline constexpr std::size_t kMaxTags = 50;

struct KeySchema {
  std::string hash{};
  std::string range{};  ///< empty: there is none

  [[nodiscard]] bool holds(const std::string& name) const {
    return name == hash || (!range.empty() && name == range);
  }
};

struct Throughput {
  std::int64_t read{0};
  std::int64_t write{0};
};

struct IndexShape {
  std::string name{};
  KeySchema keys{};
  bool global{true};
  std::string projection{"ALL"};        ///< ALL, KEYS_ONLY, INCLUDE
  std::vector<std::string> included{};  ///< of INCLUDE
  Throughput throughput{};              ///< of a global one
};

struct TableShape {
  std::string name{};
  KeySchema keys{};
  std::map<std::string, std::string> types{};  ///< of key attributes, by name: S, N, B
  std::vector<IndexShape> indexes{};
  bool on_demand{false};
  Throughput throughput{};
  std::string table_class{};  ///< empty: not said
  std::map<std::string, std::string> tags{};

  /// Null if there is no such index.
  [[nodiscard]] const IndexShape* index(const std::string& name) const;
};

/// Of a CreateTable request whose members are of their types. ValidationException or LimitExceededException.
[[nodiscard]] Answer<TableShape> read_table_shape(const Json& input);

/// Tags of a list of Key and Value.
[[nodiscard]] std::map<std::string, std::string> read_tags(const Json& list);
/// `ProvisionedThroughput`, by billing mode.
[[nodiscard]] Answer<Throughput> read_throughput(const Json& holder, bool on_demand, const std::string& of);

/// `[{AttributeName, KeyType}, …]`
[[nodiscard]] Json key_schema_json(const KeySchema& keys);

}  // namespace iotemu::neighbours::dynamodb
