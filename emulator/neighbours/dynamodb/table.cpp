#include "emulator/neighbours/dynamodb/table.h"

#include <algorithm>
#include <utility>

#include "emulator/neighbours/dynamodb/index_view.h"
#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr std::size_t kMaxHashBytes = 2048;
constexpr std::size_t kMaxRangeBytes = 1024;
/// What a row costs beside its item.
constexpr std::size_t kRowBytes = 200;

Fault wrong_schema() {
  return refused("The provided key element does not match the schema");
}

std::string_view kind_of(const Json& value) {
  return type_of(value) == "S" ? "string" : "binary";
}

Fault empty_key(const Json& value, const std::string& name) {
  return refused(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
      "empty " +
      std::string{kind_of(value)} + " value. Key: " + name);
}

Json throughput_json(const Throughput& throughput) {
  return {{"NumberOfDecreasesToday", 0},
          {"ReadCapacityUnits", throughput.read},
          {"WriteCapacityUnits", throughput.write}};
}

/// Where a partition falls among all: FNV-1a, stirred, for its upper bits know little of short keys.
std::uint32_t slot_of(const std::string& hash) {
  auto value = spread(hash);
  value = (value ^ (value >> 33U)) * 0xff51afd7ed558ccdU;
  value = (value ^ (value >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return static_cast<std::uint32_t>(value >> 32U);
}

/// The first slot of a segment; 2^32 behind the last one.
std::uint64_t first_slot(std::uint64_t segment, std::uint64_t segments) {
  return ((segment << 32U) + segments - 1) / segments;
}

}  // namespace

Item keep(Json attributes) {
  auto stored = std::make_shared<Stored>();
  stored->attributes = std::move(attributes);
  stored->size = item_size(stored->attributes);
  stored->footprint = dynamodb::footprint(stored->attributes);
  return stored;
}

bool in_segment(const Place& place, std::uint32_t segment, std::uint32_t segments) {
  return place.slot >= first_slot(segment, segments) && place.slot < first_slot(segment + 1ULL, segments);
}

Table::Table(TableShape shape, Time created, std::string id, std::string arn)
    : shape_{std::make_shared<const TableShape>(std::move(shape))},
      created_{created},
      id_{std::move(id)},
      arn_{std::move(arn)} {
  for (const auto& index : shape_->indexes) indexes_[index.name];
}

Answer<std::string> Table::key_order(const Json& item, const std::string& name) const {
  const auto& value = item.at(name);
  if (content_of(value) == Json("")) return empty_key(value, name);
  auto order = order_of(value);
  const bool hash = name == shape_->keys.hash;
  if (order.size() > (hash ? kMaxHashBytes : kMaxRangeBytes)) {
    return refused("One or more parameter values were invalid: Size of " +
                   std::string{hash ? "hashkey" : "rangekey"} + " has exceeded the maximum size limit of" +
                   std::to_string(hash ? kMaxHashBytes : kMaxRangeBytes) + " bytes");
  }
  return order;
}

Answer<Place> Table::place_of_key(const Json& key) const {
  const auto& keys = shape_->keys;
  const std::size_t wanted = keys.range.empty() ? 1 : 2;
  if (key.size() != wanted) return refused("The number of conditions on the keys is invalid");
  Place place;
  for (const auto* name : {&keys.hash, &keys.range}) {
    if (name->empty()) continue;
    const auto value = key.find(*name);
    if (value == key.end() || type_of(*value) != shape_->types.at(*name)) return wrong_schema();
    auto order = key_order(key, *name);
    if (!order) return order.fault();
    (name == &keys.hash ? place.hash : place.range) = std::move(*order);
  }
  place.slot = slot_of(place.hash);
  return place;
}

Answer<Place> Table::place_of_item(const Json& item) const {
  Place place;
  for (const auto* name : {&shape_->keys.hash, &shape_->keys.range}) {
    if (name->empty()) continue;
    const auto value = item.find(*name);
    if (value == item.end()) {
      return refused("One or more parameter values were invalid: Missing the key " + *name + " in the item");
    }
    if (type_of(*value) != shape_->types.at(*name)) {
      return refused("One or more parameter values were invalid: Type mismatch for key " + *name +
                     " expected: " + shape_->types.at(*name) + " actual: " + type_of(*value));
    }
    auto order = key_order(item, *name);
    if (!order) return order.fault();
    (name == &shape_->keys.hash ? place.hash : place.range) = std::move(*order);
  }
  place.slot = slot_of(place.hash);
  for (const auto& index : shape_->indexes) {
    for (const auto* name : {&index.keys.hash, &index.keys.range}) {
      const auto value = name->empty() ? item.end() : item.find(*name);
      if (value == item.end()) continue;
      if (type_of(*value) != shape_->types.at(*name)) {
        return refused("One or more parameter values were invalid: Type mismatch for Index Key " + *name +
                       " Expected: " + shape_->types.at(*name) + " Actual: " + type_of(*value) +
                       " IndexName: " + index.name);
      }
      if (content_of(*value) == Json("")) {
        return refused(
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
            "supported. The AttributeValue for a key attribute cannot contain an empty " +
            std::string{kind_of(*value)} + " value. IndexName: " + index.name + ", IndexKey: " + *name);
      }
    }
  }
  return place;
}

bool Table::index_place(const IndexShape& index, const Place& place, const Json& item, Place& result) {
  const auto hash = item.find(index.keys.hash);
  if (hash == item.end()) return false;
  auto order = order_of(*hash);
  const auto slot = slot_of(order);
  result = {.slot = slot, .hash = std::move(order), .item_hash = place.hash, .item_range = place.range};
  if (index.keys.range.empty()) return true;
  const auto range = item.find(index.keys.range);
  if (range == item.end()) return false;
  result.range = order_of(*range);
  return true;
}

Answer<Place> Table::place_of_start(const Json& start, const IndexShape* index) const {
  const auto invalid = [] {
    return refused(
        "The provided starting key is invalid: The provided key element does not match the schema");
  };
  auto key = Json::object();
  for (const auto& [name, value] : start.items()) {
    const bool ours = shape_->keys.holds(name);
    if (!ours && (index == nullptr || !index->keys.holds(name))) return invalid();
    if (type_of(value) != shape_->types.at(name)) return invalid();
    if (ours) key[name] = value;
  }
  auto place = place_of_key(key);
  if (!place) return invalid();
  if (index == nullptr) return place;
  Place result;
  if (!index_place(*index, *place, start, result)) return invalid();
  return result;
}

Item Table::find(const Place& place) const {
  const auto found = rows_.find(place);
  return found == rows_.end() ? nullptr : found->second.item;
}

void Table::show(const Place& place, const Item& item, bool shown) {
  const auto row_bytes = kRowBytes + place.hash.size() + place.range.size();
  const auto bytes = item->footprint + row_bytes * (1 + shape_->indexes.size());
  size_ = shown ? size_ + item->size : size_ - item->size;
  footprint_ = shown ? footprint_ + bytes : footprint_ - bytes;
  for (const auto& index : shape_->indexes) {
    Place row;
    if (!index_place(index, place, item->attributes, row)) continue;
    auto& [rows, size] = indexes_.at(index.name);
    if (shown) {
      const auto seen = seen_size(item->attributes, item->size, shape_->keys, index);
      rows.emplace(std::move(row), Row{.item = item, .size = seen});
      size += seen;
    } else if (const auto found = rows.find(row); found != rows.end()) {
      size -= found->second.size;
      rows.erase(found);
    }
  }
}

void Table::put(const Place& place, Item item) {
  const auto found = rows_.find(place);
  if (found != rows_.end()) {
    show(place, found->second.item, false);
    if (!item) rows_.erase(found);
  }
  if (!item) return;
  show(place, item, true);
  const auto size = item->size;
  rows_[place] = {.item = std::move(item), .size = size};
}

const Rows& Table::rows(const IndexShape* index) const {
  return index == nullptr ? rows_ : indexes_.at(index->name).rows;
}

void Table::walk(const Walk& walk, const std::function<bool(const Place&, const Row&)>& visit) const {
  const auto& rows = this->rows(walk.index);
  Place first;
  Place behind;
  bool open_end = false;
  if (walk.keys != nullptr) {
    const auto& [hash, stretch] = *walk.keys;
    const auto end = stretch.behind();
    const auto slot = slot_of(hash);
    first = {.slot = slot, .hash = hash, .range = stretch.first()};
    behind = end ? Place{.slot = slot, .hash = hash, .range = *end}
                 : Place{.slot = slot, .hash = hash + '\0'};  // no partition stands between
  } else {
    const auto next = first_slot(walk.segment + 1ULL, walk.segments);
    first.slot = static_cast<std::uint32_t>(first_slot(walk.segment, walk.segments));
    behind.slot = static_cast<std::uint32_t>(next);
    open_end = next > UINT32_MAX;
  }
  // BETWEEN may name its ends in the wrong order.
  if (!open_end && !(first < behind)) return;
  auto begin = rows.lower_bound(first);
  auto end = open_end ? rows.end() : rows.lower_bound(behind);
  if (walk.after != nullptr) {
    if (walk.forward && first <= *walk.after) begin = rows.upper_bound(*walk.after);
    if (!walk.forward && *walk.after < behind) end = rows.lower_bound(*walk.after);
  }
  if (walk.forward) {
    for (auto row = begin; row != end; ++row) {
      if (!visit(row->first, row->second)) return;
    }
    return;
  }
  for (auto row = end; row != begin;) {
    --row;
    if (!visit(row->first, row->second)) return;
  }
}

Json Table::indexes_json(bool global) const {
  auto list = Json::array();
  for (const auto& index : shape_->indexes) {
    if (index.global != global) continue;
    const auto& [rows, size] = indexes_.at(index.name);
    Json projection{{"ProjectionType", index.projection}};
    if (index.projection == "INCLUDE") projection["NonKeyAttributes"] = index.included;
    Json json{{"IndexName", index.name},
              {"IndexArn", arn_ + "/index/" + index.name},
              {"KeySchema", key_schema_json(index.keys)},
              {"Projection", std::move(projection)},
              {"IndexSizeBytes", size},
              {"ItemCount", rows.size()}};
    if (global) {
      json["IndexStatus"] = "ACTIVE";
      json["ProvisionedThroughput"] = throughput_json(index.throughput);
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json Table::description(const char* status) const {
  auto definitions = Json::array();
  for (const auto& [name, type] : shape_->types) {
    definitions.push_back({{"AttributeName", name}, {"AttributeType", type}});
  }
  Json json{{"TableName", shape_->name},
            {"TableStatus", status},
            {"TableArn", arn_},
            {"TableId", id_},
            {"CreationDateTime", epoch_seconds(created_)},
            {"AttributeDefinitions", std::move(definitions)},
            {"KeySchema", key_schema_json(shape_->keys)},
            {"ProvisionedThroughput", throughput_json(shape_->throughput)},
            {"TableSizeBytes", size_},
            {"ItemCount", count()}};
  if (shape_->on_demand) json["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  if (!shape_->table_class.empty()) json["TableClassSummary"] = {{"TableClass", shape_->table_class}};
  if (auto local = indexes_json(false); !local.empty()) json["LocalSecondaryIndexes"] = std::move(local);
  if (auto global = indexes_json(true); !global.empty()) json["GlobalSecondaryIndexes"] = std::move(global);
  return json;
}

}  // namespace iotemu::neighbours::dynamodb
