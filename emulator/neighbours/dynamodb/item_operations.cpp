#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/dynamodb.h"
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

Done check_unbuilt(const Json& input) {
  if (input.value("ReturnItemCollectionMetrics", "NONE") == "NONE") return Ok{};
  return refused("ReturnItemCollectionMetrics is not emulated; leave it out or say NONE");
}

/// The request's condition and bindings against the item as it is.
Done check_condition(const Json& input, Bindings& bindings, const dynamodb::Item& before) {
  auto condition = dynamodb::read_write_condition(input, bindings);
  if (!condition) return condition.fault();
  if (auto used = bindings.check_all_used(); !used) return used;
  static const Json none = Json::object();
  if (!*condition || dynamodb::holds(**condition, before ? *before : none)) return Ok{};
  Fault fault{"ConditionalCheckFailedException", "The conditional request failed"};
  if (before && input.value("ReturnValuesOnConditionCheckFailure", "NONE") == "ALL_OLD") {
    fault.more = Json{{"Item", *before}};
  }
  return fault;
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

Answer<Dynamodb::Write> Dynamodb::plan_put(const Realm& realm, const Json& input) {
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  auto item = dynamodb::read_item(input.at("Item"));
  if (!item) return item.fault();
  if (dynamodb::item_size(*item) > dynamodb::kMaxItemBytes) {
    return refused("Item size has exceeded the maximum allowed size");
  }
  const auto table = find_table(realm, input.at("TableName"));
  if (!table) return table.fault();
  auto place = (*table)->place_of_item(*item);
  if (!place) return place.fault();
  Write write{.table = *table, .place = std::move(*place)};
  write.before = write.table->find(write.place);
  if (auto good = check_condition(input, *bindings, write.before); !good) return good.fault();
  write.after = std::make_shared<const Json>(std::move(*item));
  return write;
}

Answer<Dynamodb::Write> Dynamodb::plan_check(const Realm& realm, const Json& input) {
  auto write = plan_delete(realm, input);
  if (write) write->after = write->before;  // the item stays as it is
  return write;
}

Answer<Dynamodb::Write> Dynamodb::plan_delete(const Realm& realm, const Json& input) {
  auto bindings = Bindings::read(input);
  if (!bindings) return bindings.fault();
  const auto key = dynamodb::read_item(input.at("Key"));
  if (!key) return key.fault();
  const auto table = find_table(realm, input.at("TableName"));
  if (!table) return table.fault();
  auto place = (*table)->place_of_key(*key);
  if (!place) return place.fault();
  Write write{.table = *table, .place = std::move(*place)};
  write.before = write.table->find(write.place);
  if (auto good = check_condition(input, *bindings, write.before); !good) return good.fault();
  return write;
}

Answer<Dynamodb::Write> Dynamodb::plan_update(const Realm& realm, const Json& input) {
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
  const auto key = dynamodb::read_item(input.at("Key"));
  if (!key) return key.fault();
  const auto table = find_table(realm, input.at("TableName"));
  if (!table) return table.fault();
  for (const auto& path : update.paths()) {
    if (!(*table)->shape().keys.holds(path[0].name)) continue;
    return refused("One or more parameter values were invalid: Cannot update attribute " + path[0].name +
                   ". This attribute is part of the key");
  }
  auto place = (*table)->place_of_key(*key);
  if (!place) return place.fault();
  Write write{.table = *table, .place = std::move(*place), .updated = update.paths()};
  write.before = write.table->find(write.place);
  if (auto good = check_condition(input, *bindings, write.before); !good) return good.fault();
  auto after = dynamodb::updated(write.before ? *write.before : *key, update);
  if (!after) return after.fault();
  if (dynamodb::item_size(*after) > dynamodb::kMaxItemBytes) {
    return refused("Item size to update has exceeded the maximum allowed size");
  }
  if (auto good = dynamodb::check_depth(*after); !good) return good.fault();
  if (auto good = write.table->place_of_item(*after); !good) return good.fault();
  write.after = std::make_shared<const Json>(std::move(*after));
  return write;
}

Answer<Json> Dynamodb::put_item(const Question& question) {
  const auto returned = question.str("ReturnValues");
  if (!returned.empty() && returned != "NONE" && returned != "ALL_OLD") {
    return refused("ReturnValues can only be ALL_OLD or NONE");
  }
  if (auto built = check_unbuilt(question.input); !built) return built.fault();
  const std::lock_guard lock{mutex_};
  auto write = plan_put(question.realm, question.input);
  if (!write) return write.fault();
  if (auto done = carry_out({*write}); !done) return done.fault();
  auto answer = Json::object();
  if (returned == "ALL_OLD" && write->before) answer["Attributes"] = *write->before;
  dynamodb::put_consumed(question.input, *write->table, dynamodb::write_units(write->before, write->after),
                         answer);
  return answer;
}

Answer<Json> Dynamodb::delete_item(const Question& question) {
  const auto returned = question.str("ReturnValues");
  if (!returned.empty() && returned != "NONE" && returned != "ALL_OLD") {
    return refused("ReturnValues can only be ALL_OLD or NONE");
  }
  if (auto built = check_unbuilt(question.input); !built) return built.fault();
  const std::lock_guard lock{mutex_};
  auto write = plan_delete(question.realm, question.input);
  if (!write) return write.fault();
  if (auto done = carry_out({*write}); !done) return done.fault();
  auto answer = Json::object();
  if (returned == "ALL_OLD" && write->before) answer["Attributes"] = *write->before;
  dynamodb::put_consumed(question.input, *write->table, dynamodb::write_units(write->before, nullptr),
                         answer);
  return answer;
}

Answer<Json> Dynamodb::update_item(const Question& question) {
  if (auto built = check_unbuilt(question.input); !built) return built.fault();
  const std::lock_guard lock{mutex_};
  auto write = plan_update(question.realm, question.input);
  if (!write) return write.fault();
  if (auto done = carry_out({*write}); !done) return done.fault();
  auto answer = Json::object();
  const auto returned = question.str("ReturnValues");
  const auto& shown = returned.ends_with("_OLD") ? write->before : write->after;
  if (shown && returned.starts_with("ALL_")) answer["Attributes"] = *shown;
  if (shown && returned.starts_with("UPDATED_")) {
    auto part = dynamodb::project(*shown, write->updated);
    if (!part.empty()) answer["Attributes"] = std::move(part);
  }
  dynamodb::put_consumed(question.input, *write->table, dynamodb::write_units(write->before, write->after),
                         answer);
  return answer;
}

Answer<Json> Dynamodb::get_item(const Question& question) {
  auto bindings = Bindings::read(question.input);
  if (!bindings) return bindings.fault();
  const auto places = dynamodb::read_places(question.input, *bindings);
  if (!places) return places.fault();
  if (auto used = bindings->check_all_used(); !used) return used.fault();
  const auto key = dynamodb::read_item(question.input.at("Key"));
  if (!key) return key.fault();
  const std::lock_guard lock{mutex_};
  const auto table = find_table(question.realm, question.str("TableName"));
  if (!table) return table.fault();
  const auto place = (*table)->place_of_key(*key);
  if (!place) return place.fault();
  const auto item = (*table)->find(*place);
  auto answer = Json::object();
  if (item) answer["Item"] = *places ? dynamodb::project(*item, **places) : *item;
  dynamodb::put_consumed(
      question.input, **table,
      dynamodb::read_units(item ? dynamodb::item_size(*item) : 0, question.flag("ConsistentRead")), answer);
  return answer;
}

}  // namespace iotemu::neighbours
