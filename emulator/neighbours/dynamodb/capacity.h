#pragma once

// What requests consume of a table's capacity, and what they tell of item collections
// (ReturnConsumedCapacity, ReturnItemCollectionMetrics): read units of 4 KB, half of one where a read need
// not be consistent, write units of 1 KB, both twice in a transaction. A write counts once more for each
// index that shows it. Pure.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/table.h"
#include "emulator/neighbours/dynamodb/table_shape.h"

namespace iotemu::neighbours::dynamodb {

/// Units of one table and its indexes.
struct Capacity {
  double table{0};
  std::map<std::string, double> indexes{};

  [[nodiscard]] double total() const;
  Capacity& operator+=(const Capacity& more);
  Capacity& operator*=(double times);
};

[[nodiscard]] double read_units(std::size_t bytes, bool consistent);
/// Of one item that was and will be; null: there is none.
[[nodiscard]] Capacity write_capacity(const TableShape& shape, const Item& before, const Item& after);

/// Sets ConsumedCapacity of a request on one table, if it asks for it.
void put_consumed(const Json& input, const TableShape& shape, const Capacity& capacity, Json& answer);

/// Requests on several tables: sums by table, in the order of their first mention.
class Consumed {
 public:
  /// `units`: that of the name besides CapacityUnits, which transactions tell; empty: none.
  explicit Consumed(const char* units = "") : units_{units} {}

  void add(const std::shared_ptr<const TableShape>& shape, const Capacity& capacity);
  /// Sets ConsumedCapacity if `input` asks for it.
  void put(const Json& input, Json& answer) const;

 private:
  const std::string units_;
  std::vector<std::pair<std::shared_ptr<const TableShape>, Capacity>> tables_;
};

/// ItemCollectionMetrics of one write; null where the table has no local index, and so no collections.
[[nodiscard]] Json collection_metrics(const TableShape& shape, const Json& hash);
/// Whether `input` asks for it.
[[nodiscard]] bool wants_metrics(const Json& input);

/// The same of several writes: each collection once.
class Collections {
 public:
  void add(const TableShape& shape, const Json& hash);
  /// Sets ItemCollectionMetrics if `input` asks for it and there is any.
  void put(const Json& input, Json& answer) const;

 private:
  std::set<std::pair<std::string, std::string>> seen_;
  Json by_table_ = Json::object();
};

}  // namespace iotemu::neighbours::dynamodb
