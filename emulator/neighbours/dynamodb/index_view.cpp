#include "emulator/neighbours/dynamodb/index_view.h"

#include <algorithm>
#include <set>
#include <string>

#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

/// Of an index that does not show all; an item need not have each of them.
std::set<std::string> shown_names(const KeySchema& keys, const IndexShape& index) {
  std::set<std::string> names{index.included.begin(), index.included.end()};
  names.insert({keys.hash, keys.range, index.keys.hash, index.keys.range});
  names.erase("");
  return names;
}

}  // namespace

bool is_in(const Json& item, const IndexShape& index) {
  return item.contains(index.keys.hash) && (index.keys.range.empty() || item.contains(index.keys.range));
}

bool shows(const IndexShape& index, const KeySchema& keys, const std::string& attribute) {
  return index.projection == "ALL" || keys.holds(attribute) || index.keys.holds(attribute) ||
         std::ranges::find(index.included, attribute) != index.included.end();
}

Json seen_through(const Json& item, const KeySchema& keys, const IndexShape& index) {
  if (index.projection == "ALL") return item;
  auto part = Json::object();
  for (const auto& name : shown_names(keys, index)) {
    if (const auto value = item.find(name); value != item.end()) part[name] = *value;
  }
  return part;
}

std::size_t seen_size(const Json& item, std::size_t whole, const KeySchema& keys, const IndexShape& index) {
  if (index.projection == "ALL") return whole;
  std::size_t size = 0;
  for (const auto& name : shown_names(keys, index)) {
    if (const auto value = item.find(name); value != item.end()) size += name.size() + size_of(*value);
  }
  return size;
}

bool seen_same(const Json& left, const Json& right, const KeySchema& keys, const IndexShape& index) {
  if (index.projection == "ALL") return left == right;
  return std::ranges::all_of(shown_names(keys, index), [&](const std::string& name) {
    const auto before = left.find(name);
    const auto after = right.find(name);
    if (before == left.end() || after == right.end()) return before == left.end() && after == right.end();
    return *before == *after;
  });
}

Json start_key(const Json& item, const KeySchema& keys, const IndexShape* index) {
  auto key = Json::object();
  const auto take = [&](const KeySchema& schema) {
    key[schema.hash] = item.at(schema.hash);
    if (!schema.range.empty()) key[schema.range] = item.at(schema.range);
  };
  take(keys);
  if (index != nullptr) take(index->keys);
  return key;
}

}  // namespace iotemu::neighbours::dynamodb
