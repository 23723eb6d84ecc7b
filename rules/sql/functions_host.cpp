// The functions that ask somebody else, through the FunctionHost. What it refuses ends the rule (RU-28). It
// also keeps secrets for up to 15 minutes, as AWS does: nothing is kept here. Messages of failures never hold
// what was answered.

#include <array>

#include "rules/sql/arguments.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::size_t kMostItemBytes = 8 * std::size_t{1024};

/// Once a statement, and once a template; the second call ends the rule.
bool is_second(FunctionCall& call) {
  return call.earlier_calls() > 0;
}
Value second(FunctionCall& call) {
  return call.fail("it may be called once in one statement");
}
Value without_host(FunctionCall& call) {
  return call.fail("nobody answers it where the rule runs");
}

/// JSON that somebody answered.
Value answered(FunctionCall& call, const Result<std::string>& json) {
  if (!json) return call.fail(json.error().message);
  if (json->size() > kMostTextBytes) {
    return call.fail("the answer has " + std::to_string(json->size()) + " bytes, more than " +
                     std::to_string(kMostTextBytes));
  }
  const auto value = read_json(call.arena().copy(*json), call.version(), call.arena());
  return value ? *value : call.fail("the answer is not JSON");
}

/// The argument as JSON text, or the payload for `*`.
std::optional<std::string> json_argument(FunctionCall& call, std::size_t index) {
  if (call.is_star(index)) return std::string{call.message().payload};
  const Value& value = call.argument(index);
  if (value.is_undefined()) return std::nullopt;
  const Value object = call.object(index);
  std::string text;
  if (!write_json(object.is_object() ? object : value, text, kMostTextBytes)) return std::nullopt;
  return text;
}

Value aws_lambda(FunctionCall& call) {
  const auto arn = string_argument(call, 0);
  auto event = json_argument(call, 1);
  if (!arn || !event) return {};
  if (call.host() == nullptr) return without_host(call);
  return answered(call, call.host()->invoke_lambda(*arn, std::move(*event), call.surroundings().rule));
}

/// Strings and numbers: what a key of DynamoDB may be in SQL.
std::optional<FunctionHost::DynamoKey> key_argument(FunctionCall& call, std::size_t index) {
  const auto name = string_argument(call, index);
  const Value& value = call.argument(index + 1);
  if (!name || (!value.is_string() && !value.is_number())) return std::nullopt;
  return FunctionHost::DynamoKey{
      .name = std::string{*name},
      .value = std::string{value.is_string() ? value.string() : value.number().text()},
      .is_number = value.is_number()};
}

Value get_dynamodb(FunctionCall& call) {
  constexpr std::size_t kWithSortKey = 6;
  if (call.count() == kWithSortKey - 1) return {};
  const auto table = string_argument(call, 0);
  const auto partition = key_argument(call, 1);
  const bool has_sort = call.count() == kWithSortKey;
  const auto sort = has_sort ? key_argument(call, 3) : std::nullopt;
  const auto role = string_argument(call, call.count() - 1);
  if (is_second(call)) return second(call);
  if (!table || !partition || (has_sort && !sort) || !role) return {};
  if (call.host() == nullptr) return without_host(call);
  const auto item = call.host()->dynamodb_item(*table, *partition, sort, *role);
  if (item && item->empty()) return {};
  if (item && item->size() > kMostItemBytes) {
    return call.fail("the item has " + std::to_string(item->size()) + " bytes, more than " +
                     std::to_string(kMostItemBytes));
  }
  return answered(call, item);
}

Value get_thing_shadow(FunctionCall& call) {
  const bool is_named = call.count() == 3;
  const auto thing = string_argument(call, 0);
  const auto shadow = is_named ? string_argument(call, 1) : std::string_view{};
  const auto role = string_argument(call, call.count() - 1);
  if (!thing || !shadow || !role) return {};
  if (call.host() == nullptr) return without_host(call);
  return answered(call, call.host()->thing_shadow(*thing, *shadow, *role));
}

Value get_registry_data(FunctionCall& call) {
  const auto api = string_argument(call, 0);
  const auto thing = string_argument(call, 1);
  const auto role = string_argument(call, 2);
  if (is_second(call)) return second(call);
  if (!api || !thing || !role) return {};
  if (*api != "DescribeThing" && *api != "ListThingGroupsForThing") {
    return call.fail("the first argument is DescribeThing or ListThingGroupsForThing");
  }
  if (call.host() == nullptr) return without_host(call);
  return answered(call, call.host()->registry_data(*api, *thing, *role));
}

Value get_secret(FunctionCall& call) {
  const bool has_key = call.count() == 4;
  const auto id = string_argument(call, 0);
  const auto type = string_argument(call, 1);
  const auto key = has_key ? string_argument(call, 2) : std::nullopt;
  const auto role = string_argument(call, call.count() - 1);
  if (!id || !type || (has_key && !key) || !role) return {};
  const bool is_binary = *type == "SecretBinary";
  if (!is_binary && *type != "SecretString") {
    return call.fail("the second argument is SecretString or SecretBinary");
  }
  if (is_binary && key) return call.fail("a SecretBinary has no keys");
  if (call.host() == nullptr) return without_host(call);
  const auto secret = call.host()->secret(*id, is_binary, *role);
  if (!secret) return call.fail(secret.error().message);
  const auto whole = call.text(*secret);
  if (is_binary || !whole.is_string()) return whole;
  const auto json = read_json(whole.string(), call.version(), call.arena());
  const bool is_object = json && json->is_object();
  if (!key) return is_object ? *json : whole;
  if (!is_object) return call.fail("the secret is no JSON object, so it has no keys");
  const Value* const member = json->find(*key);
  return member != nullptr ? *member : call.fail("the secret has no key '" + std::string{*key} + "'");
}

/// One layer: what lies deeper goes as JSON text.
Value flattened(FunctionCall& call, const Value& record) {
  ObjectBuilder flat{call.arena()};
  for (const auto& [name, value] : record.members()) {
    const bool is_deep = value.is_object() || value.is_array();
    const auto text = is_deep ? string_of(value, call.arena()) : std::nullopt;
    flat.set(name, text ? Value::string(*text) : value);
  }
  return flat.finish();
}

Value machinelearning_predict(FunctionCall& call) {
  const auto model = string_argument(call, 0);
  const auto role = string_argument(call, 1);
  Value record;
  if (call.is_star(2)) {
    record = read_json(call.message().payload, call.version(), call.arena()).value_or(Value{});
  } else {
    record = call.object(2);
  }
  if (!model || !role || !record.is_object()) return {};
  std::string text;
  if (!write_json(flattened(call, record), text, kMostTextBytes)) {
    return call.fail("the record has more than " + std::to_string(kMostTextBytes) + " bytes");
  }
  if (call.host() == nullptr) return without_host(call);
  return answered(call, call.host()->predict(*model, *role, std::move(text)));
}

constexpr std::array<Function, 6> kFunctions{{
    {.name = "aws_lambda",
     .least = 2,
     .most = 2,
     .waits = true,
     .takes_star = true,
     .pure = false,
     .run = aws_lambda},
    {.name = "get_dynamodb",
     .since = 2,
     .least = 4,
     .most = 6,
     .waits = true,
     .pure = false,
     .run = get_dynamodb},
    {.name = "get_registry_data",
     .since = 2,
     .least = 3,
     .most = 3,
     .waits = true,
     .pure = false,
     .run = get_registry_data},
    {.name = "get_secret", .least = 3, .most = 4, .waits = true, .pure = false, .run = get_secret},
    {.name = "get_thing_shadow",
     .since = 2,
     .least = 2,
     .most = 3,
     .waits = true,
     .pure = false,
     .run = get_thing_shadow},
    {.name = "machinelearning_predict",
     .least = 3,
     .most = 3,
     .waits = true,
     .takes_star = true,
     .pure = false,
     .run = machinelearning_predict},
}};

}  // namespace

std::span<const Function> host_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
