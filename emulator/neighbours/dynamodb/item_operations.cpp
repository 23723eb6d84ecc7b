#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
#include "emulator/neighbours/dynamodb/intent.h"
#include "emulator/neighbours/dynamodb/legacy.h"
#include "emulator/neighbours/dynamodb/members.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours {

using dynamodb::Bindings;
using dynamodb::refused;

namespace {

using api::body;
using api::Member;

/// A 400 KB binary as Base64, its key and its expressions.
constexpr std::size_t kMaxItemBody = 4UL * 1024 * 1024;

constexpr std::array<std::string_view, 5> kReturnValues{"NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW",
                                                        "UPDATED_NEW"};
constexpr std::array<std::string_view, 2> kOnFailure{"ALL_OLD", "NONE"};
constexpr std::array<std::string_view, 2> kMetrics{"SIZE", "NONE"};
constexpr std::array<std::string_view, 2> kOperators{"AND", "OR"};
constexpr std::array<std::string_view, 3> kActions{"ADD", "PUT", "DELETE"};

/// What all writes of one item have in common.
std::vector<Member> write_members(std::vector<Member> members) {
  members.push_back(dynamodb::table_name());
  members.push_back(body("ConditionExpression"));
  members.push_back(dynamodb::legacy_conditions("Expected"));
  members.push_back(body("ConditionalOperator").one_of(kOperators));
  members.push_back(body("ReturnValues").one_of(kReturnValues));
  members.push_back(body("ReturnValuesOnConditionCheckFailure").one_of(kOnFailure));
  members.push_back(dynamodb::consumed_capacity());
  members.push_back(body("ReturnItemCollectionMetrics").one_of(kMetrics));
  return dynamodb::with_bindings(std::move(members));
}

Done check_returned(const Question& question) {
  const auto returned = question.str("ReturnValues");
  if (returned.empty() || returned == "NONE" || returned == "ALL_OLD") return Ok{};
  return refused("ReturnValues can only be ALL_OLD or NONE");
}

bool tells_old(const Json& input) {
  return input.value("ReturnValuesOnConditionCheckFailure", "NONE") == "ALL_OLD";
}

/// The condition of a write, after which no binding may be left.
Answer<std::optional<dynamodb::Condition>> read_last_condition(const Json& input, Bindings& bindings) {
  auto condition = dynamodb::read_write_condition(input, bindings);
  if (!condition) return condition;
  if (auto used = bindings.check_all_used(); !used) return used.fault();
  return condition;
}

}  // namespace

void Dynamodb::add_item_operations() {
  add("PutItem", write_members({dynamodb::attributes("Item").required()}), &Dynamodb::put_item).max_body =
      kMaxItemBody;
  add("GetItem",
      dynamodb::with_bindings(
          {dynamodb::table_name(), dynamodb::attributes("Key").required(), body("ConsistentRead").boolean(),
           body("ProjectionExpression"), dynamodb::attributes_to_get(), dynamodb::consumed_capacity()},
          false),
      &Dynamodb::get_item);
  add("UpdateItem",
      write_members({dynamodb::attributes("Key").required(), body("UpdateExpression"),
                     body("AttributeUpdates")
                         .map_of(body("key"), body("value").structure({body("Action").one_of(kActions),
                                                                       body("Value").document()}))}),
      &Dynamodb::update_item)
      .max_body = kMaxItemBody;
  add("DeleteItem", write_members({dynamodb::attributes("Key").required()}), &Dynamodb::delete_item);
}

Answer<Dynamodb::Intent> Dynamodb::read_put(const Json& input) {
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  auto attributes = dynamodb::read_item(input.at("Item"));
  if (!attributes) return attributes.fault();
  auto item = dynamodb::keep(std::move(*attributes));
  if (item->size > dynamodb::kMaxItemBytes) {
    return refused("Item size has exceeded the maximum allowed size");
  }
  auto condition = read_last_condition(input, *bindings);
  if (!condition) return condition.fault();
  return Intent{.kind = Intent::Kind::put,
                .table = input.at("TableName"),
                .item = std::move(item),
                .condition = std::move(*condition),
                .tells_old = tells_old(input)};
}

Answer<Dynamodb::Intent> Dynamodb::read_check(const Json& input) {
  auto intent = read_delete(input);
  if (intent) intent->kind = Intent::Kind::check;
  return intent;
}

Answer<Dynamodb::Intent> Dynamodb::read_delete(const Json& input) {
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  auto key = dynamodb::read_item(input.at("Key"));
  if (!key) return key.fault();
  auto condition = read_last_condition(input, *bindings);
  if (!condition) return condition.fault();
  return Intent{.kind = Intent::Kind::remove,
                .table = input.at("TableName"),
                .key = std::move(*key),
                .condition = std::move(*condition),
                .tells_old = tells_old(input)};
}

Answer<Dynamodb::Intent> Dynamodb::read_update(const Json& input) {
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  if (auto good = dynamodb::check_one_kind(input); !good) return good.fault();
  dynamodb::Update update;
  const auto text = input.find("UpdateExpression");
  const auto updates = input.find("AttributeUpdates");
  if (text != input.end() || updates != input.end()) {
    auto read = text != input.end() ? dynamodb::read_update(text->get_ref<const std::string&>(), *bindings)
                                    : dynamodb::legacy_update(*updates);
    if (!read) return read.fault();
    update = std::move(*read);
  }
  auto key = dynamodb::read_item(input.at("Key"));
  if (!key) return key.fault();
  auto condition = read_last_condition(input, *bindings);
  if (!condition) return condition.fault();
  return Intent{.kind = Intent::Kind::update,
                .table = input.at("TableName"),
                .key = std::move(*key),
                .update = std::move(update),
                .condition = std::move(*condition),
                .tells_old = tells_old(input)};
}

Answer<Dynamodb::Write> Dynamodb::plan(const Realm& realm, Intent intent) {
  using Kind = Intent::Kind;
  const auto table = find_table(realm, intent.table);
  if (!table) return table.fault();
  const auto& keys = (*table)->shape().keys;
  for (const auto& path : intent.update.paths()) {
    if (!keys.holds(path[0].name)) continue;
    return refused("One or more parameter values were invalid: Cannot update attribute " + path[0].name +
                   ". This attribute is part of the key");
  }
  auto place = intent.kind == Kind::put ? (*table)->place_of_item(intent.item->attributes)
                                        : (*table)->place_of_key(intent.key);
  if (!place) return place.fault();
  const auto& named = intent.kind == Kind::put ? intent.item->attributes : intent.key;
  Write write{.table = *table, .place = std::move(*place), .hash = named.at(keys.hash)};
  write.before = write.table->find(write.place);
  static const Json none = Json::object();
  const auto& before = write.before ? write.before->attributes : none;
  if (intent.condition && !dynamodb::holds(*intent.condition, before)) {
    Fault fault{"ConditionalCheckFailedException", "The conditional request failed"};
    if (write.before && intent.tells_old) fault.more = Json{{"Item", before}};
    return fault;
  }
  if (intent.kind == Kind::check) write.after = write.before;  // the item stays as it is
  if (intent.kind == Kind::put) write.after = std::move(intent.item);
  if (intent.kind != Kind::update) return write;
  auto after = dynamodb::updated(write.before ? before : intent.key, intent.update);
  if (!after) return after.fault();
  if (auto good = dynamodb::check_depth(*after); !good) return good.fault();
  write.after = dynamodb::keep(std::move(*after));
  if (write.after->size > dynamodb::kMaxItemBytes) {
    return refused("Item size to update has exceeded the maximum allowed size");
  }
  if (auto good = write.table->place_of_item(write.after->attributes); !good) return good.fault();
  return write;
}

Answer<Json> Dynamodb::write(const Question& question, Answer<Intent> intent,
                             const std::function<void(const Write&, Json&)>& show) {
  if (!intent) return intent.fault();
  std::shared_ptr<const dynamodb::TableShape> shape;
  const auto written = [&]() -> Answer<Write> {
    const std::lock_guard lock{mutex_};
    auto planned = plan(question.realm, std::move(*intent));
    if (!planned) return planned;
    if (auto done = carry_out({*planned}); !done) return done.fault();
    shape = planned->table->shared_shape();
    return planned;
  }();
  if (!written) return written.fault();
  auto answer = Json::object();
  show(*written, answer);
  dynamodb::put_consumed(question.input, *shape,
                         dynamodb::write_capacity(*shape, written->before, written->after), answer);
  if (dynamodb::wants_metrics(question.input)) {
    auto metrics = dynamodb::collection_metrics(*shape, written->hash);
    if (!metrics.is_null()) answer["ItemCollectionMetrics"] = std::move(metrics);
  }
  return answer;
}

Answer<Json> Dynamodb::put_item(const Question& question) {
  if (auto good = check_returned(question); !good) return good.fault();
  return write(question, read_put(question.input), [&](const Write& write, Json& answer) {
    if (question.str("ReturnValues") == "ALL_OLD" && write.before)
      answer["Attributes"] = write.before->attributes;
  });
}

Answer<Json> Dynamodb::delete_item(const Question& question) {
  if (auto good = check_returned(question); !good) return good.fault();
  return write(question, read_delete(question.input), [&](const Write& write, Json& answer) {
    if (question.str("ReturnValues") == "ALL_OLD" && write.before)
      answer["Attributes"] = write.before->attributes;
  });
}

Answer<Json> Dynamodb::update_item(const Question& question) {
  auto intent = read_update(question.input);
  const auto updated = intent ? intent->update.paths() : std::vector<dynamodb::DocumentPath>{};
  return write(question, std::move(intent), [&](const Write& write, Json& answer) {
    const auto returned = question.str("ReturnValues");
    const auto& shown = returned.ends_with("_OLD") ? write.before : write.after;
    if (shown && returned.starts_with("ALL_")) answer["Attributes"] = shown->attributes;
    if (shown && returned.starts_with("UPDATED_")) {
      auto part = dynamodb::project(shown->attributes, updated);
      if (!part.empty()) answer["Attributes"] = std::move(part);
    }
  });
}

void Dynamodb::get_item(const Question& question, Later later) {
  auto bindings = Bindings::read(question.input);
  if (!bindings) return later(bindings.fault());
  auto places = dynamodb::read_places(question.input, *bindings);
  if (!places) return later(places.fault());
  if (auto used = bindings->check_all_used(); !used) return later(used.fault());
  const auto key = dynamodb::read_item(question.input.at("Key"));
  if (!key) return later(key.fault());
  std::shared_ptr<const dynamodb::TableShape> shape;
  const auto item = [&]() -> Answer<Item> {
    const std::lock_guard lock{mutex_};
    const auto table = find_table(question.realm, question.str("TableName"));
    if (!table) return table.fault();
    const auto place = (*table)->place_of_key(*key);
    if (!place) return place.fault();
    shape = (*table)->shared_shape();
    return (*table)->find(*place);
  }();
  if (!item) return later(item.fault());
  auto told = Json::object();
  dynamodb::put_consumed(
      question.input, *shape,
      {.table = dynamodb::read_units(*item ? (*item)->size : 0, question.flag("ConsistentRead"))}, told);
  answer(
      *item ? (*item)->footprint : 0, 1,
      [item = *item, places = std::move(*places), told = std::move(told)]() -> Answer<Json> {
        auto whole = told;
        if (item) whole["Item"] = places ? dynamodb::project(item->attributes, *places) : item->attributes;
        return whole;
      },
      later);
}

}  // namespace iotemu::neighbours
