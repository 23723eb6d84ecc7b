#include "emulator/neighbours/dynamodb/table_shape.h"

#include <algorithm>
#include <set>
#include <utility>

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr std::size_t kMaxGlobal = 20;
constexpr std::size_t kMaxLocal = 5;
constexpr std::size_t kMaxIncluded = 100;

Fault refused(const std::string& message) {
  return {"ValidationException", message};
}

Fault invalid(const std::string& message) {
  return refused("One or more parameter values were invalid: " + message);
}

bool is_name(const std::string& name) {
  return name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view{"_-."}.find(c) != std::string_view::npos;
         });
}

template <class Names>
std::string listed(const Names& names) {
  std::string text = "[";
  for (const auto& name : names) text += (text.size() == 1 ? "" : ", ") + name;
  return text + "]";
}

Answer<std::map<std::string, std::string>> read_types(const Json& definitions) {
  std::map<std::string, std::string> types;
  for (const auto& definition : definitions) {
    const std::string name = definition.at("AttributeName");
    if (!types.emplace(name, definition.at("AttributeType")).second) {
      return invalid("Cannot have two attributes with the same name");
    }
  }
  return types;
}

Answer<KeySchema> read_keys(const Json& schema, const std::map<std::string, std::string>& types) {
  if (schema[0].at("KeyType") != "HASH") {
    return refused("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  KeySchema keys{.hash = schema[0].at("AttributeName")};
  if (schema.size() > 1) {
    if (schema[1].at("KeyType") != "RANGE") {
      return refused("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    keys.range = schema[1].at("AttributeName");
    if (keys.range == keys.hash) {
      return refused("Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
  }
  std::vector<std::string> names{keys.hash};
  if (!keys.range.empty()) names.push_back(keys.range);
  if (!std::ranges::all_of(names, [&](const auto& name) { return types.contains(name); })) {
    std::vector<std::string> defined;
    for (const auto& [name, type] : types) defined.push_back(name);
    return invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: " +
                   listed(names) + ", AttributeDefinitions: " + listed(defined));
  }
  return keys;
}

Done read_projection(const Json& projection, IndexShape& index) {
  if (!projection.contains("ProjectionType")) return invalid("Unknown ProjectionType: null");
  index.projection = projection.at("ProjectionType");
  const bool named = projection.contains("NonKeyAttributes");
  if (index.projection != "INCLUDE") {
    if (!named) return Ok{};
    return invalid("ProjectionType is " + index.projection + ", but NonKeyAttributes is specified");
  }
  if (!named) return invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  for (const auto& name : projection.at("NonKeyAttributes")) index.included.push_back(name);
  if (index.included.size() > kMaxIncluded) {
    return invalid("The number of NonKeyAttributes exceeds " + std::to_string(kMaxIncluded));
  }
  return Ok{};
}

Done read_indexes(const Json& input, bool global, TableShape& shape) {
  const auto* member = global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
  const auto list = input.find(member);
  if (list == input.end()) return Ok{};
  if (list->empty()) return invalid("List of " + std::string{member} + " is empty");
  if (list->size() > (global ? kMaxGlobal : kMaxLocal)) {
    return invalid(std::string{global ? "GlobalSecondaryIndex" : "Number of LocalSecondaryIndexes"} +
                   " count exceeds the per-table limit of " +
                   std::to_string(global ? kMaxGlobal : kMaxLocal));
  }
  for (const auto& item : *list) {
    IndexShape index{.name = item.at("IndexName"), .global = global};
    if (!is_name(index.name)) {
      return refused(
          "Invalid table/index name. Table/index names must be between 3 and 255 characters long, and may "
          "contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'");
    }
    if (shape.index(index.name) != nullptr) return invalid("Duplicate index name: " + index.name);
    auto keys = read_keys(item.at("KeySchema"), shape.types);
    if (!keys) return keys.fault();
    index.keys = std::move(*keys);
    if (!global && index.keys.hash != shape.keys.hash) {
      return invalid(
          "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
          index.name + ". index hash key: " + index.keys.hash + ", table hash key: " + shape.keys.hash);
    }
    if (!global && index.keys.range.empty()) {
      return invalid("Index KeySchema does not have a range key for index: " + index.name);
    }
    if (auto read = read_projection(item.at("Projection"), index); !read) return read;
    if (global) {
      auto throughput = read_throughput(item, shape.on_demand, "index: " + index.name);
      if (!throughput) return throughput.fault();
      index.throughput = *throughput;
    }
    shape.indexes.push_back(std::move(index));
  }
  return Ok{};
}

/// What is asked for and cannot be had here: said, never ignored.
Done check_unbuilt(const Json& input) {
  const auto asks = [&](const char* member, const char* flag) {
    const auto found = input.find(member);
    return found != input.end() && found->value(flag, false);
  };
  if (asks("StreamSpecification", "StreamEnabled")) {
    return refused("Streams are not emulated; leave out StreamSpecification, or use --upstream dynamodb=URL");
  }
  if (asks("SSESpecification", "Enabled")) {
    return refused("Keys of encryption are not emulated; leave out SSESpecification");
  }
  if (input.value("DeletionProtectionEnabled", false)) {
    return refused("Deletion protection is not emulated; leave out DeletionProtectionEnabled");
  }
  for (const auto* member : {"ResourcePolicy", "WarmThroughput", "OnDemandThroughput"}) {
    if (input.contains(member)) return refused(std::string{member} + " is not emulated; leave it out");
  }
  return Ok{};
}

}  // namespace

const IndexShape* TableShape::index(const std::string& wanted) const {
  const auto found = std::ranges::find(indexes, wanted, &IndexShape::name);
  return found == indexes.end() ? nullptr : &*found;
}

Answer<Throughput> read_throughput(const Json& holder, bool on_demand, const std::string& of) {
  const auto found = holder.find("ProvisionedThroughput");
  if (on_demand) {
    if (found == holder.end() || of.starts_with("index")) return Throughput{};
    return invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (found == holder.end()) {
    if (of.starts_with("index")) return invalid("ProvisionedThroughput must be specified for " + of);
    return invalid(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  }
  return Throughput{.read = found->at("ReadCapacityUnits"), .write = found->at("WriteCapacityUnits")};
}

Answer<TableShape> read_table_shape(const Json& input) {
  TableShape shape{.name = input.at("TableName")};
  if (shape.name.size() < 3 || shape.name.size() > 255) {
    return refused("TableName must be at least 3 characters long and at most 255 characters long");
  }
  if (!is_name(shape.name)) {
    return refused("1 validation error detected: Value '" + shape.name +
                   "' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression "
                   "pattern: [a-zA-Z0-9_.-]+");
  }
  if (auto built = check_unbuilt(input); !built) return built.fault();
  shape.on_demand = input.value("BillingMode", "PROVISIONED") == "PAY_PER_REQUEST";
  auto types = read_types(input.at("AttributeDefinitions"));
  if (!types) return types.fault();
  shape.types = std::move(*types);
  auto keys = read_keys(input.at("KeySchema"), shape.types);
  if (!keys) return keys.fault();
  shape.keys = std::move(*keys);
  auto throughput = read_throughput(input, shape.on_demand, "table");
  if (!throughput) return throughput.fault();
  shape.throughput = *throughput;
  for (const bool global : {false, true}) {
    if (auto read = read_indexes(input, global, shape); !read) return read.fault();
  }
  std::set<std::string> used{shape.keys.hash, shape.keys.range};
  for (const auto& index : shape.indexes) used.insert({index.keys.hash, index.keys.range});
  used.erase("");
  if (used.size() != shape.types.size()) {
    if (shape.indexes.empty()) {
      return invalid(
          "Number of attributes in KeySchema does not exactly match number of attributes defined in "
          "AttributeDefinitions");
    }
    std::vector<std::string> defined;
    for (const auto& [name, type] : shape.types) defined.push_back(name);
    return invalid("Some AttributeDefinitions are not used. AttributeDefinitions: " + listed(defined) +
                   ", keys used: " + listed(used));
  }
  shape.table_class = input.value("TableClass", "");
  shape.tags = read_tags(input.value("Tags", Json::array()));
  if (shape.tags.size() > kMaxTags) {
    return refused("A table has at most " + std::to_string(kMaxTags) + " tags");
  }
  return shape;
}

std::map<std::string, std::string> read_tags(const Json& list) {
  std::map<std::string, std::string> tags;
  for (const auto& tag : list) tags[tag.at("Key")] = tag.at("Value");
  return tags;
}

Json key_schema_json(const KeySchema& keys) {
  Json schema = Json::array({{{"AttributeName", keys.hash}, {"KeyType", "HASH"}}});
  if (!keys.range.empty()) schema.push_back({{"AttributeName", keys.range}, {"KeyType", "RANGE"}});
  return schema;
}

}  // namespace iotemu::neighbours::dynamodb
