#include "emulator/neighbours/dynamodb/capacity.h"

#include <algorithm>
#include <cmath>

#include "emulator/neighbours/dynamodb/index_view.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

double write_units(std::size_t bytes) {
  return std::max(1.0, std::ceil(static_cast<double>(bytes) / 1024));
}

/// An index is written where what it shows changes: twice where its keys do, for a row leaves and one comes.
double index_write_units(const TableShape& shape, const IndexShape& index, const Item& before,
                         const Item& after) {
  const bool was = before && is_in(before->attributes, index);
  const bool is = after && is_in(after->attributes, index);
  const auto units = [&](const Item& item) {
    return write_units(seen_size(item->attributes, item->size, shape.keys, index));
  };
  if (!was || !is) return was ? units(before) : is ? units(after) : 0;
  const auto key = [&](const Item& item) { return start_key(item->attributes, shape.keys, &index); };
  if (key(before) != key(after)) return units(before) + units(after);
  if (seen_same(before->attributes, after->attributes, shape.keys, index)) return 0;
  return std::max(units(before), units(after));
}

Json units_json(double units, const std::string& name) {
  Json json{{"CapacityUnits", units}};
  if (!name.empty()) json[name] = units;
  return json;
}

Json consumed_json(const Json& input, const TableShape& shape, const Capacity& capacity,
                   const std::string& name) {
  auto json = units_json(capacity.total(), name);
  json["TableName"] = shape.name;
  if (input.at("ReturnConsumedCapacity") != "INDEXES") return json;
  json["Table"] = units_json(capacity.table, name);
  for (const auto& [index, units] : capacity.indexes) {
    json[shape.index(index)->global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes"][index] =
        units_json(units, name);
  }
  return json;
}

bool wants_consumed(const Json& input) {
  return input.value("ReturnConsumedCapacity", "NONE") != "NONE";
}

}  // namespace

double Capacity::total() const {
  double sum = table;
  for (const auto& [index, units] : indexes) sum += units;
  return sum;
}

Capacity& Capacity::operator+=(const Capacity& more) {
  table += more.table;
  for (const auto& [index, units] : more.indexes) indexes[index] += units;
  return *this;
}

Capacity& Capacity::operator*=(double times) {
  table *= times;
  for (auto& [index, units] : indexes) units *= times;
  return *this;
}

double read_units(std::size_t bytes, bool consistent) {
  return std::max(1.0, std::ceil(static_cast<double>(bytes) / 4096)) * (consistent ? 1.0 : 0.5);
}

Capacity write_capacity(const TableShape& shape, const Item& before, const Item& after) {
  Capacity capacity{.table = write_units(std::max(before ? before->size : 0, after ? after->size : 0))};
  for (const auto& index : shape.indexes) {
    if (const auto units = index_write_units(shape, index, before, after); units > 0)
      capacity.indexes[index.name] = units;
  }
  return capacity;
}

void put_consumed(const Json& input, const TableShape& shape, const Capacity& capacity, Json& answer) {
  if (wants_consumed(input)) answer["ConsumedCapacity"] = consumed_json(input, shape, capacity, {});
}

void Consumed::add(const std::shared_ptr<const TableShape>& shape, const Capacity& capacity) {
  for (auto& [known, sum] : tables_) {
    if (known == shape) {
      sum += capacity;
      return;
    }
  }
  tables_.emplace_back(shape, capacity);
}

void Consumed::put(const Json& input, Json& answer) const {
  if (!wants_consumed(input)) return;
  auto list = Json::array();
  for (const auto& [shape, capacity] : tables_)
    list.push_back(consumed_json(input, *shape, capacity, units_));
  answer["ConsumedCapacity"] = std::move(list);
}

Json collection_metrics(const TableShape& shape, const Json& hash) {
  const bool has_local = std::ranges::any_of(shape.indexes, [](const auto& index) { return !index.global; });
  if (!has_local) return nullptr;
  // All tables together are smaller than a gigabyte here, so that no collection leaves the first range.
  return {{"ItemCollectionKey", {{shape.keys.hash, hash}}}, {"SizeEstimateRangeGB", {0.0, 1.0}}};
}

bool wants_metrics(const Json& input) {
  return input.value("ReturnItemCollectionMetrics", "NONE") != "NONE";
}

void Collections::add(const TableShape& shape, const Json& hash) {
  auto metrics = collection_metrics(shape, hash);
  if (metrics.is_null() || !seen_.emplace(shape.name, order_of(hash)).second) return;
  by_table_[shape.name].push_back(std::move(metrics));
}

void Collections::put(const Json& input, Json& answer) const {
  if (wants_metrics(input) && !by_table_.empty()) answer["ItemCollectionMetrics"] = by_table_;
}

}  // namespace iotemu::neighbours::dynamodb
