#include <array>
#include <set>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/intent.h"
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
/// Every item is read or written twice: to prepare and to commit.
constexpr double kTransactional = 2;

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

Fault too_large() {
  return refused("Transaction request is larger than 4 MB");
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
  std::vector<Intent> intents;
  for (const auto& [name, list] : requests.items()) {
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
      auto intent = put ? read_put(input) : read_delete(input);
      if (!intent) return intent.fault();
      intents.push_back(std::move(*intent));
    }
  }
  std::vector<Write> writes;
  std::set<Same> seen;
  dynamodb::Consumed consumed;
  dynamodb::Collections collections;
  {
    const std::lock_guard lock{mutex_};
    for (auto& intent : intents) {
      auto write = plan(question.realm, std::move(intent));
      if (!write) return write.fault();
      if (!seen.insert({write->table, write->place}).second) {
        return refused("Provided list of item keys contains duplicates");
      }
      consumed.add(write->table->shared_shape(), write->capacity());
      collections.add(write->table->shape(), write->hash);
      writes.push_back(std::move(*write));
    }
    if (auto done = carry_out(writes); !done) return done.fault();
  }
  Json answer{{"UnprocessedItems", Json::object()}};
  consumed.put(question.input, answer);
  collections.put(question.input, answer);
  return answer;
}

/// Keys to read, and what was found.
struct Dynamodb::Reads {
  struct One {
    std::string table{};
    Json key{};
    std::optional<std::vector<dynamodb::DocumentPath>> places{};
    bool consistent{true};
    Item item{};
    bool left{false};  ///< for another request
  };
  std::vector<One> all{};
  std::size_t bytes{0};
};

void Dynamodb::batch_get(const Question& question, Later later) {
  const auto reads = std::make_shared<Reads>();
  dynamodb::Consumed consumed;
  const auto read = [&]() -> Done {
    const auto& requests = question.input.at("RequestItems");
    std::size_t total = 0;
    for (const auto& request : requests) total += request.at("Keys").size();
    if (total > kMaxReads) return refused("Too many items requested for the BatchGetItem call");
    for (const auto& [name, request] : requests.items()) {
      auto bindings = Bindings::read(request);
      if (!bindings) return bindings.fault();
      const auto places = dynamodb::read_places(request, *bindings);
      if (!places) return places.fault();
      if (auto used = bindings->check_all_used(); !used) return used;
      for (const auto& wire : request.at("Keys")) {
        auto key = dynamodb::read_item(wire);
        if (!key) return key.fault();
        reads->all.push_back({.table = name,
                              .key = std::move(*key),
                              .places = *places,
                              .consistent = request.value("ConsistentRead", false)});
      }
    }
    std::set<Same> seen;
    const std::lock_guard lock{mutex_};
    for (auto& one : reads->all) {
      const auto table = find_table(question.realm, one.table);
      if (!table) return table.fault();
      auto place = (*table)->place_of_key(one.key);
      if (!place) return place.fault();
      if (!seen.insert({*table, *place}).second) {
        return refused("Provided list of item keys contains duplicates");
      }
      one.item = (*table)->find(*place);
      const auto size = one.item ? one.item->size : 0;
      one.left = reads->bytes + size > kMaxBatchBytes;
      if (one.left) continue;
      reads->bytes += size;
      consumed.add((*table)->shared_shape(), {.table = dynamodb::read_units(size, one.consistent)});
    }
    return Ok{};
  }();
  if (!read) return later(read.fault());
  auto told = Json{{"Responses", Json::object()}, {"UnprocessedKeys", Json::object()}};
  consumed.put(question.input, told);
  for (const auto& one : reads->all) {
    told["Responses"][one.table] = Json::array();
    if (!one.left) continue;
    auto& left = told["UnprocessedKeys"][one.table];
    if (left.is_null()) {
      left = question.input.at("RequestItems").at(one.table);
      left["Keys"] = Json::array();
    }
    left["Keys"].push_back(one.key);
  }
  answer(
      reads->bytes, reads->all.size(),
      [reads, told = std::move(told)]() -> Answer<Json> {
        auto whole = told;
        for (const auto& [table, key, places, consistent, item, left] : reads->all) {
          if (!item || left) continue;
          whole["Responses"][table].push_back(places ? dynamodb::project(item->attributes, *places)
                                                     : item->attributes);
        }
        return whole;
      },
      later);
}

Answer<Dynamodb::Intent> Dynamodb::read_transaction(const Json& input) {
  const auto kind = only(input, kWrites, "TransactItems");
  if (!kind) return kind.fault();
  const auto& part = input.at(*kind);
  if (*kind == "Put") return read_put(part);
  if (*kind == "Update") return read_update(part);
  if (*kind == "Delete") return read_delete(part);
  if (!part.contains("ConditionExpression")) {
    return refused("The expression can not be empty; a ConditionCheck has a ConditionExpression");
  }
  return read_check(part);
}

/// A token's second request: nothing is written, and what it reads is counted.
Answer<Json> Dynamodb::repeated(const Question& question, const std::vector<Intent>& intents) {
  dynamodb::Consumed consumed{"ReadCapacityUnits"};
  for (const auto& intent : intents) {
    const auto table = find_table(question.realm, intent.table);
    if (!table) return table.fault();
    const auto place =
        intent.item ? (*table)->place_of_item(intent.item->attributes) : (*table)->place_of_key(intent.key);
    if (!place) return place.fault();
    const auto item = (*table)->find(*place);
    consumed.add((*table)->shared_shape(),
                 {.table = kTransactional * dynamodb::read_units(item ? item->size : 0, true)});
  }
  auto answer = Json::object();
  consumed.put(question.input, answer);
  return answer;
}

Answer<Json> Dynamodb::transact_write(const Question& question) {
  const auto token = question.str("ClientRequestToken");
  const auto request = spread(to_text(question.input.at("TransactItems")));
  std::vector<Intent> intents;
  for (const auto& item : question.input.at("TransactItems")) {
    auto intent = read_transaction(item);
    if (!intent) return intent.fault();
    intents.push_back(std::move(*intent));
  }
  const std::lock_guard lock{mutex_};
  while (!tokens_.empty() &&
         (tokens_.size() >= kMaxTokens || tokens_.front().at + kTokenLife < clock_.now())) {
    tokens_.pop_front();
  }
  for (const auto& known : tokens_) {
    if (token.empty() || known.realm != question.realm || known.token != token) continue;
    if (known.request == request) return repeated(question, intents);
    return Fault{"IdempotentParameterMismatchException",
                 "The ClientRequestToken was used with other parameters before"};
  }
  std::vector<Write> writes;
  std::set<Same> seen;
  auto reasons = Json::array();
  std::string codes;
  bool failed = false;
  std::size_t bytes = 0;
  dynamodb::Consumed consumed{"WriteCapacityUnits"};
  dynamodb::Collections collections;
  for (auto& intent : intents) {
    const bool only_checks = intent.kind == Intent::Kind::check;
    auto write = plan(question.realm, std::move(intent));
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
      if (write->after) bytes += write->after->size;
      if (bytes > kMaxTransactionBytes) return too_large();
      auto capacity = write->capacity();
      consumed.add(write->table->shared_shape(), capacity *= kTransactional);
      if (!only_checks) collections.add(write->table->shape(), write->hash);
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
  if (auto done = carry_out(writes); !done) return done.fault();
  if (!token.empty()) tokens_.push_back({question.realm, token, request, clock_.now()});
  auto answer = Json::object();
  consumed.put(question.input, answer);
  collections.put(question.input, answer);
  return answer;
}

void Dynamodb::transact_get(const Question& question, Later later) {
  const auto reads = std::make_shared<Reads>();
  dynamodb::Consumed consumed{"ReadCapacityUnits"};
  const auto read = [&]() -> Done {
    for (const auto& item : question.input.at("TransactItems")) {
      const auto& get = item.at("Get");
      auto bindings = Bindings::read(get);
      if (!bindings) return bindings.fault();
      auto places = dynamodb::read_places(get, *bindings);
      if (!places) return places.fault();
      if (auto used = bindings->check_all_used(); !used) return used;
      auto key = dynamodb::read_item(get.at("Key"));
      if (!key) return key.fault();
      reads->all.push_back(
          {.table = get.at("TableName"), .key = std::move(*key), .places = std::move(*places)});
    }
    const std::lock_guard lock{mutex_};
    for (auto& one : reads->all) {
      const auto table = find_table(question.realm, one.table);
      if (!table) return table.fault();
      const auto place = (*table)->place_of_key(one.key);
      if (!place) return place.fault();
      one.item = (*table)->find(*place);
      const auto size = one.item ? one.item->size : 0;
      reads->bytes += size;
      consumed.add((*table)->shared_shape(), {.table = kTransactional * dynamodb::read_units(size, true)});
    }
    return Ok{};
  }();
  if (!read) return later(read.fault());
  if (reads->bytes > kMaxTransactionBytes) return later(too_large());
  auto told = Json{{"Responses", Json::array()}};
  consumed.put(question.input, told);
  answer(
      reads->bytes, reads->all.size(),
      [reads, told = std::move(told)]() -> Answer<Json> {
        auto whole = told;
        for (const auto& one : reads->all) {
          auto response = Json::object();
          if (one.item) {
            response["Item"] =
                one.places ? dynamodb::project(one.item->attributes, *one.places) : one.item->attributes;
          }
          whole["Responses"].push_back(std::move(response));
        }
        return whole;
      },
      later);
}

}  // namespace iotemu::neighbours
