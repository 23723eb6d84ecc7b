#include <array>
#include <set>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::Bindings;
using dynamodb::refused;
using dynamodb::spread;

namespace {

using api::body;
using api::Member;

constexpr std::size_t kMaxWrites = 25;
constexpr std::size_t kMaxReads = 100;
constexpr std::size_t kMaxTransaction = 100;
constexpr std::size_t kMaxBatchBytes = 16UL * 1024 * 1024;
constexpr std::size_t kMaxTransactionBytes = 4UL * 1024 * 1024;
/// Base64 and JSON around it.
constexpr std::size_t kMaxBatchBody = 24UL * 1024 * 1024;
/// Tokens of transactions that are remembered, and how long.
constexpr std::size_t kMaxTokens = 1000;
constexpr auto kTokenLife = std::chrono::minutes{10};

constexpr std::array<std::string_view, 4> kWrites{"Put", "Delete", "Update", "ConditionCheck"};
constexpr std::array<std::string_view, 2> kOnFailure{"ALL_OLD", "NONE"};
constexpr std::array<std::string_view, 2> kMetrics{"SIZE", "NONE"};

Member by_table(const Member& value) {
  return body("RequestItems").required().map_of(body("key").length(1, 1024), value).length(1, kMaxWrites);
}

/// The part of a transaction that changes or checks one item.
Member part(std::string_view name, std::vector<Member> members) {
  members.push_back(dynamodb::table_name());
  members.push_back(body("ConditionExpression"));
  members.push_back(body("ReturnValuesOnConditionCheckFailure").one_of(kOnFailure));
  return body(name).structure(dynamodb::with_bindings(std::move(members)));
}

/// The one member that is there of those that may be.
template <class Names>
Answer<std::string> only(const Json& holder, const Names& names, const std::string& of) {
  std::string found;
  for (const auto& name : names) {
    if (!holder.contains(name)) continue;
    if (!found.empty()) return refused(of + " can only contain one of Check, Put, Update or Delete");
    found = name;
  }
  if (found.empty()) return refused(of + " must contain one of Check, Put, Update or Delete");
  return found;
}

struct Same {
  const dynamodb::Table* table{nullptr};
  dynamodb::Place place{};
  friend auto operator<=>(const Same&, const Same&) = default;
};

}  // namespace

void Dynamodb::add_several_operations() {
  const auto key = dynamodb::attributes("Key").required();
  add("BatchWriteItem",
      {by_table(body("value")
                    .list_of(body("member").structure(
                        {body("PutRequest").structure({dynamodb::attributes("Item").required()}),
                         body("DeleteRequest").structure({key})}))
                    .length(1, kMaxWrites)),
       dynamodb::consumed_capacity(), body("ReturnItemCollectionMetrics").one_of(kMetrics)},
      &Dynamodb::batch_write)
      .max_body = kMaxBatchBody;
  add("BatchGetItem",
      {by_table(body("value").structure(dynamodb::with_bindings(
           {body("Keys")
                .required()
                .list_of(body("member").map_of(body("key"), body("value").document()))
                .length(1, kMaxReads),
            body("ConsistentRead").boolean(), body("ProjectionExpression"), dynamodb::attributes_to_get()},
           false))),
       dynamodb::consumed_capacity()},
      &Dynamodb::batch_get);
  add("TransactWriteItems",
      {body("TransactItems")
           .required()
           .list_of(body("member").structure(
               {part("Put", {dynamodb::attributes("Item").required()}), part("Delete", {key}),
                part("Update", {key, body("UpdateExpression").required()}), part("ConditionCheck", {key})}))
           .length(1, kMaxTransaction),
       body("ClientRequestToken").length(1, 36), dynamodb::consumed_capacity(),
       body("ReturnItemCollectionMetrics").one_of(kMetrics)},
      &Dynamodb::transact_write)
      .max_body = kMaxBatchBody;
  add("TransactGetItems",
      {body("TransactItems")
           .required()
           .list_of(body("member").structure({body("Get").required().structure(
               dynamodb::with_bindings({dynamodb::table_name(), key, body("ProjectionExpression")}, false))}))
           .length(1, kMaxTransaction),
       dynamodb::consumed_capacity()},
      &Dynamodb::transact_get);
}

Answer<Json> Dynamodb::batch_write(const Question& question) {
  const auto& requests = question.input.at("RequestItems");
  std::size_t total = 0;
  for (const auto& list : requests) total += list.size();
  if (total > kMaxWrites) return refused("Too many items requested for the BatchWriteItem call");
  const std::lock_guard lock{mutex_};
  std::vector<Write> writes;
  std::set<Same> seen;
  auto consumed = Json::array();
  for (const auto& [name, list] : requests.items()) {
    double units = 0;
    for (const auto& request : list) {
      const bool put = request.contains("PutRequest");
      if (put == request.contains("DeleteRequest")) {
        return refused(
            put ? "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                  "supported datatypes"
                : "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
      }
      auto input = request.at(put ? "PutRequest" : "DeleteRequest");
      input["TableName"] = name;
      auto write = put ? plan_put(question.realm, input) : plan_delete(question.realm, input);
      if (!write) return write.fault();
      if (!seen.insert({write->table, write->place}).second) {
        return refused("Provided list of item keys contains duplicates");
      }
      units += dynamodb::write_units(write->before, write->after);
      writes.push_back(std::move(*write));
    }
    if (dynamodb::wants_consumed(question.input)) {
      consumed.push_back(dynamodb::consumed_json(question.input, *writes.back().table, units));
    }
  }
  if (auto done = carry_out(writes); !done) return done.fault();
  Json answer{{"UnprocessedItems", Json::object()}};
  if (!consumed.empty()) answer["ConsumedCapacity"] = std::move(consumed);
  return answer;
}

Answer<Json> Dynamodb::batch_get(const Question& question) {
  const auto& requests = question.input.at("RequestItems");
  std::size_t total = 0;
  for (const auto& request : requests) total += request.at("Keys").size();
  if (total > kMaxReads) return refused("Too many items requested for the BatchGetItem call");
  const std::lock_guard lock{mutex_};
  Json answer{{"Responses", Json::object()}, {"UnprocessedKeys", Json::object()}};
  std::size_t bytes = 0;
  auto consumed = Json::array();
  for (const auto& [name, request] : requests.items()) {
    auto bindings = Bindings::read(request);
    if (!bindings) return bindings.fault();
    const auto places = dynamodb::read_places(request, *bindings);
    if (!places) return places.fault();
    if (auto used = bindings->check_all_used(); !used) return used.fault();
    const auto table = find_table(question.realm, name);
    if (!table) return table.fault();
    auto& items = answer["Responses"][name] = Json::array();
    std::set<dynamodb::Place> seen;
    double units = 0;
    for (const auto& wire : request.at("Keys")) {
      const auto key = dynamodb::read_item(wire);
      if (!key) return key.fault();
      const auto place = (*table)->place_of_key(*key);
      if (!place) return place.fault();
      if (!seen.insert(*place).second) return refused("Provided list of item keys contains duplicates");
      const auto item = (*table)->find(*place);
      const auto size = item ? dynamodb::item_size(*item) : 0;
      if (bytes + size > kMaxBatchBytes) {
        auto& left = answer["UnprocessedKeys"][name];
        if (left.is_null()) {
          left = request;
          left["Keys"] = Json::array();
        }
        left["Keys"].push_back(wire);
        continue;
      }
      bytes += size;
      units += dynamodb::read_units(size, request.value("ConsistentRead", false));
      if (item) items.push_back(*places ? dynamodb::project(*item, **places) : *item);
    }
    if (dynamodb::wants_consumed(question.input)) {
      consumed.push_back(dynamodb::consumed_json(question.input, **table, units));
    }
  }
  if (!consumed.empty()) answer["ConsumedCapacity"] = std::move(consumed);
  return answer;
}

Answer<Dynamodb::Write> Dynamodb::plan_transaction(const Realm& realm, const Json& input) {
  const auto kind = only(input, kWrites, "TransactItems");
  if (!kind) return kind.fault();
  const auto& part = input.at(*kind);
  if (*kind == "Put") return plan_put(realm, part);
  if (*kind == "Update") return plan_update(realm, part);
  if (*kind == "Delete") return plan_delete(realm, part);
  if (!part.contains("ConditionExpression")) {
    return refused("The expression can not be empty; a ConditionCheck has a ConditionExpression");
  }
  return plan_check(realm, part);
}

Answer<Json> Dynamodb::transact_write(const Question& question) {
  const auto token = question.str("ClientRequestToken");
  const auto request = to_text(question.input.at("TransactItems"));
  const std::lock_guard lock{mutex_};
  while (!tokens_.empty() &&
         (tokens_.size() >= kMaxTokens || tokens_.front().at + kTokenLife < clock_.now())) {
    tokens_.pop_front();
  }
  for (const auto& known : tokens_) {
    if (token.empty() || known.realm != question.realm || known.token != token) continue;
    if (known.request == spread(request)) return Json::object();
    return Fault{"IdempotentParameterMismatchException",
                 "The ClientRequestToken was used with other parameters before"};
  }
  std::vector<Write> writes;
  std::set<Same> seen;
  auto reasons = Json::array();
  std::string codes;
  bool failed = false;
  std::size_t bytes = 0;
  for (const auto& item : question.input.at("TransactItems")) {
    auto write = plan_transaction(question.realm, item);
    Json reason{{"Code", "None"}};
    if (!write) {
      const auto& fault = write.fault();
      // What is wrong with the request is no reason to cancel: it is refused.
      if (fault.name != "ConditionalCheckFailedException") return fault;
      failed = true;
      reason = {{"Code", "ConditionalCheckFailed"}, {"Message", fault.message}};
      if (fault.more.is_object()) reason.update(fault.more);
    } else {
      if (!seen.insert({write->table, write->place}).second) {
        return refused("Transaction request cannot include multiple operations on one item");
      }
      if (write->after) bytes += dynamodb::item_size(*write->after);
      writes.push_back(std::move(*write));
    }
    codes += (codes.empty() ? "" : ", ") + reason.at("Code").get<std::string>();
    reasons.push_back(std::move(reason));
  }
  if (failed) {
    Fault fault{
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes + "]"};
    fault.more = Json{{"CancellationReasons", std::move(reasons)}};
    return fault;
  }
  if (bytes > kMaxTransactionBytes) return refused("Transaction request is larger than 4 MB");
  if (auto done = carry_out(writes); !done) return done.fault();
  if (!token.empty()) tokens_.push_back({question.realm, token, spread(request), clock_.now()});
  return Json::object();
}

Answer<Json> Dynamodb::transact_get(const Question& question) {
  const std::lock_guard lock{mutex_};
  Json answer{{"Responses", Json::array()}};
  for (const auto& item : question.input.at("TransactItems")) {
    const auto& get = item.at("Get");
    auto bindings = Bindings::read(get);
    if (!bindings) return bindings.fault();
    const auto places = dynamodb::read_places(get, *bindings);
    if (!places) return places.fault();
    if (auto used = bindings->check_all_used(); !used) return used.fault();
    const auto table = find_table(question.realm, get.at("TableName"));
    if (!table) return table.fault();
    const auto key = dynamodb::read_item(get.at("Key"));
    if (!key) return key.fault();
    const auto place = (*table)->place_of_key(*key);
    if (!place) return place.fault();
    const auto found = (*table)->find(*place);
    auto response = Json::object();
    if (found) response["Item"] = *places ? dynamodb::project(*found, **places) : *found;
    answer["Responses"].push_back(std::move(response));
  }
  return answer;
}

}  // namespace iotemu::neighbours
