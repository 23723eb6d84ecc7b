#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/members.h"

namespace iotemu::neighbours {

using dynamodb::refused;

namespace {

using api::body;
using api::Member;

/// Tables of one account in one region.
constexpr std::size_t kMaxTables = 256;
constexpr std::int64_t kMaxListed = 100;

constexpr std::array<std::string_view, 3> kKeyTypesOfAttributes{"B", "N", "S"};
constexpr std::array<std::string_view, 2> kKeyTypes{"HASH", "RANGE"};
constexpr std::array<std::string_view, 2> kBillingModes{"PROVISIONED", "PAY_PER_REQUEST"};
constexpr std::array<std::string_view, 3> kProjections{"ALL", "INCLUDE", "KEYS_ONLY"};
constexpr std::array<std::string_view, 2> kTableClasses{"STANDARD", "STANDARD_INFREQUENT_ACCESS"};

Member definitions() {
  return body("AttributeDefinitions")
      .list_of(body("member").structure({body("AttributeName").required().length(1, 255),
                                         body("AttributeType").required().one_of(kKeyTypesOfAttributes)}));
}

Member key_schema() {
  return body("KeySchema")
      .required()
      .list_of(body("member").structure(
          {body("AttributeName").required().length(1, 255), body("KeyType").required().one_of(kKeyTypes)}))
      .length(1, 2);
}

Member throughput() {
  return body("ProvisionedThroughput")
      .structure({body("ReadCapacityUnits").required().integer(1),
                  body("WriteCapacityUnits").required().integer(1)});
}

Member indexes(std::string_view name, bool global) {
  std::vector<Member> members{
      body("IndexName").required().length(1, 255), key_schema(),
      body("Projection")
          .required()
          .structure({body("ProjectionType").one_of(kProjections),
                      body("NonKeyAttributes").list_of(body("member").length(1, 255)).length(1, 100)})};
  if (global) members.push_back(throughput());
  return body(name).list_of(body("member").structure(std::move(members)));
}

Member tags() {
  return body("Tags").list_of(body("member").structure(
      {body("Key").required().length(1, 128), body("Value").required().length(0, 256)}));
}

/// A switch in a structure of which nothing else is built.
Member switched(std::string_view name, std::string_view flag) {
  return body(name).structure({body(flag).boolean()});
}

}  // namespace

void Dynamodb::add_table_operations() {
  add("CreateTable",
      {dynamodb::table_name(), definitions().required(), key_schema(),
       indexes("LocalSecondaryIndexes", false), indexes("GlobalSecondaryIndexes", true),
       body("BillingMode").one_of(kBillingModes), throughput(),
       switched("StreamSpecification", "StreamEnabled"), switched("SSESpecification", "Enabled"), tags(),
       body("TableClass").one_of(kTableClasses), body("DeletionProtectionEnabled").boolean(),
       body("ResourcePolicy"), body("WarmThroughput").document(), body("OnDemandThroughput").document()},
      &Dynamodb::create_table);
  add("DescribeTable", {dynamodb::table_name()}, &Dynamodb::describe_table);
  add("ListTables", {body("ExclusiveStartTableName").length(3, 255), body("Limit").integer(1, kMaxListed)},
      &Dynamodb::list_tables);
  add("UpdateTable",
      {dynamodb::table_name(), definitions(), body("BillingMode").one_of(kBillingModes), throughput(),
       body("TableClass").one_of(kTableClasses), body("GlobalSecondaryIndexUpdates").document(),
       switched("StreamSpecification", "StreamEnabled"), switched("SSESpecification", "Enabled"),
       body("ReplicaUpdates").document(), body("DeletionProtectionEnabled").boolean(),
       body("WarmThroughput").document(), body("OnDemandThroughput").document()},
      &Dynamodb::update_table);
  add("DeleteTable", {dynamodb::table_name()}, &Dynamodb::delete_table);
  const auto arn = body("ResourceArn").required().length(1, 1283);
  add("TagResource", {arn, tags().required()}, &Dynamodb::tag);
  add("UntagResource", {arn, body("TagKeys").required().list_of(body("member").length(1, 128))},
      &Dynamodb::untag);
  add("ListTagsOfResource", {arn, body("NextToken")}, &Dynamodb::list_tags);
  add("DescribeTimeToLive", {dynamodb::table_name()}, &Dynamodb::describe_time_to_live);
  add("UpdateTimeToLive",
      {dynamodb::table_name(), body("TimeToLiveSpecification")
                                   .required()
                                   .structure({body("Enabled").required().boolean(),
                                               body("AttributeName").required().length(1, 255)})},
      &Dynamodb::update_time_to_live);
}

Answer<Json> Dynamodb::create_table(const Question& question) {
  auto shape = dynamodb::read_table_shape(question.input);
  if (!shape) return shape.fault();
  const std::lock_guard lock{mutex_};
  if (!homes_.contains(question.realm) && homes_.size() >= kMaxHomes) {
    return too_many_homes("LimitExceededException");
  }
  auto& tables = homes_[question.realm];
  if (tables.contains(shape->name)) {
    return Fault{"ResourceInUseException", "Table already exists: " + shape->name};
  }
  if (tables.size() >= kMaxTables) {
    return Fault{"LimitExceededException",
                 "Subscriber limit exceeded: there are " + std::to_string(kMaxTables) + " tables already"};
  }
  const auto& realm = question.realm;
  const auto name = shape->name;
  auto arn = "arn:" + std::string{partition(realm.region)} + ":dynamodb:" + realm.region + ":" +
             realm.account + ":table/" + name;
  const auto made =
      tables.emplace(std::piecewise_construct, std::forward_as_tuple(name),
                     std::forward_as_tuple(std::move(*shape), clock_.now(), random_.uuid(), std::move(arn)));
  // differs: there is nothing to wait for, so that a table is never CREATING.
  return Json{{"TableDescription", made.first->second.description("ACTIVE")}};
}

Answer<Json> Dynamodb::describe_table(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = find_table(question.realm, question.str("TableName"), true);
  if (!table) return table.fault();
  return Json{{"Table", (*table)->description("ACTIVE")}};
}

Answer<Json> Dynamodb::list_tables(const Question& question) {
  const auto after = question.str("ExclusiveStartTableName");
  const auto limit = static_cast<std::size_t>(question.integer("Limit", kMaxListed));
  Json answer{{"TableNames", Json::array()}};
  const std::lock_guard lock{mutex_};
  const auto home = homes_.find(question.realm);
  if (home == homes_.end()) return answer;
  auto& names = answer["TableNames"];
  for (auto table = home->second.upper_bound(after); table != home->second.end(); ++table) {
    if (names.size() == limit) {
      answer["LastEvaluatedTableName"] = names.back();
      break;
    }
    names.push_back(table->first);
  }
  return answer;
}

Answer<Json> Dynamodb::update_table(const Question& question) {
  for (const auto* member :
       {"GlobalSecondaryIndexUpdates", "StreamSpecification", "SSESpecification", "ReplicaUpdates",
        "DeletionProtectionEnabled", "WarmThroughput", "OnDemandThroughput"}) {
    if (!question.has(member)) continue;
    return refused(std::string{member} +
                   " is not emulated; UpdateTable changes BillingMode, ProvisionedThroughput and TableClass");
  }
  if (!question.has("BillingMode") && !question.has("ProvisionedThroughput") && !question.has("TableClass")) {
    return refused(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates "
        "or SSESpecification or ReplicaUpdates is required");
  }
  const std::lock_guard lock{mutex_};
  const auto table = find_table(question.realm, question.str("TableName"), true);
  if (!table) return table.fault();
  auto shape = (*table)->shape();
  const auto mode = question.str("BillingMode");
  const bool on_demand = mode.empty() ? shape.on_demand : mode == "PAY_PER_REQUEST";
  if (on_demand || question.has("ProvisionedThroughput") || shape.on_demand) {
    const auto throughput = dynamodb::read_throughput(question.input, on_demand, "table");
    if (!throughput) return throughput.fault();
    shape.throughput = *throughput;
  }
  shape.on_demand = on_demand;
  if (question.has("TableClass")) shape.table_class = question.str("TableClass");
  (*table)->set_shape(std::move(shape));
  return Json{{"TableDescription", (*table)->description("ACTIVE")}};
}

void Dynamodb::delete_table(const Question& question, Later later) {
  const auto deleted = [&]() -> Answer<std::pair<Json, Tables::node_type>> {
    const std::lock_guard lock{mutex_};
    const auto table = find_table(question.realm, question.str("TableName"), true);
    if (!table) return table.fault();
    Json answer{{"TableDescription", (*table)->description("DELETING")}};
    held_ -= (*table)->footprint();
    const auto name = (*table)->shape().name;
    return std::pair{std::move(answer), homes_.at(question.realm).extract(name)};
  };
  auto gone = deleted();
  if (!gone) return later(gone.fault());
  discard(std::make_shared<Tables::node_type>(std::move(gone->second)));
  later(std::move(gone->first));
}

Answer<Dynamodb::Table*> Dynamodb::tagged_table(const Question& question) {
  const auto arn = question.str("ResourceArn");
  if (!arn.starts_with("arn:"))
    return refused("Invalid TableArn: Invalid ResourceArn provided as input " + arn);
  auto table = find_table(question.realm, arn);
  if (!table)
    return Fault{"ResourceNotFoundException",
                 "Requested resource not found: ResourcArn: " + arn + " not found"};
  return table;
}

Answer<Json> Dynamodb::tag(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = tagged_table(question);
  if (!table) return table.fault();
  auto shape = (*table)->shape();
  for (const auto& [key, value] : dynamodb::read_tags(question.input.at("Tags"))) shape.tags[key] = value;
  if (shape.tags.size() > dynamodb::kMaxTags) {
    return refused("A table has at most " + std::to_string(dynamodb::kMaxTags) + " tags");
  }
  (*table)->set_shape(std::move(shape));
  return Json::object();
}

Answer<Json> Dynamodb::untag(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = tagged_table(question);
  if (!table) return table.fault();
  auto shape = (*table)->shape();
  for (const auto& key : question.input.at("TagKeys")) shape.tags.erase(key.get<std::string>());
  (*table)->set_shape(std::move(shape));
  return Json::object();
}

Answer<Json> Dynamodb::list_tags(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = tagged_table(question);
  if (!table) return table.fault();
  auto list = Json::array();
  for (const auto& [key, value] : (*table)->shape().tags) list.push_back({{"Key", key}, {"Value", value}});
  return Json{{"Tags", std::move(list)}};
}

Answer<Json> Dynamodb::describe_time_to_live(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = find_table(question.realm, question.str("TableName"), true);
  if (!table) return table.fault();
  return Json{{"TimeToLiveDescription", {{"TimeToLiveStatus", "DISABLED"}}}};
}

Answer<Json> Dynamodb::update_time_to_live(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto table = find_table(question.realm, question.str("TableName"), true);
  if (!table) return table.fault();
  if (question.input.at("TimeToLiveSpecification").value("Enabled", false)) {
    return refused("Time to live is not emulated: items stay until they are deleted");
  }
  return refused("TimeToLive is already disabled");
}

}  // namespace iotemu::neighbours
