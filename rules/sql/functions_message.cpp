// What stands around the payload: the message, its publisher, the rule's account, the instant, and chance.

#include <array>
#include <cstdint>

#include "base/base64.h"
#include "rules/sql/arguments.h"

namespace iotemu::rules::sql {
namespace {

Value accountid(FunctionCall& call) {
  return Value::string(call.surroundings().account);
}

Value clientid(FunctionCall& call) {
  const auto id = call.message().client_id;
  return Value::string(id.empty() ? "n/a" : id);
}

/// Undefined for nothing.
Value known(std::string_view text) {
  return text.empty() ? Value{} : Value::string(text);
}

Value principal(FunctionCall& call) {
  return known(call.message().principal);
}

Value sourceip(FunctionCall& call) {
  return known(call.message().source_ip);
}

Value traceid(FunctionCall& call) {
  return known(call.message().trace_id);
}

Value timestamp(FunctionCall& call) {
  return Value::integer(call.surroundings().now_ms);
}

Value sql_version(FunctionCall& call) {
  return Value::string(text_of(call.version()));
}

Value topic(FunctionCall& call) {
  auto rest = call.message().topic;
  if (call.count() == 0) return Value::string(rest);
  constexpr std::int64_t kMostLevels = 65'536;
  const auto level = floored(call.argument(0), 0, kMostLevels);
  if (!level || *level < 1) return {};
  for (auto left = *level; left > 1; --left) {
    const auto slash = rest.find('/');
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
  return Value::string(rest.substr(0, rest.find('/')));
}

Value newuuid(FunctionCall& call) {
  return call.text(call.random().uuid());
}

Value uniform(FunctionCall& call) {
  std::array<std::uint8_t, 8> bytes{};
  call.random().fill(bytes);
  std::uint64_t bits = 0;
  for (const auto byte : bytes) bits = bits << 8U | byte;
  constexpr double kSteps = 9'007'199'254'740'992.0;  // 2^53: what a double below 1 can tell apart
  return settled(Number::of_double(static_cast<double>(bits >> 11U) / kSteps), call.version(), call.arena());
}

Value get_mqtt_property(FunctionCall& call) {
  const auto name = string_argument(call, 0);
  if (!name) return {};
  const auto& message = call.message();
  const auto text = [](const auto& property) { return property ? Value::string(*property) : Value{}; };
  if (*name == "content_type") return text(message.content_type);
  if (*name == "response_topic") return text(message.response_topic);
  if (*name == "format_indicator") return Value::string(message.is_utf8 ? "UTF8_DATA" : "UNSPECIFIED_BYTES");
  if (*name != "correlation_data" || !message.correlation_data) return {};
  return call.text(to_base64(*message.correlation_data));
}

Value get_user_properties(FunctionCall& call) {
  const auto properties = call.message().user_properties;
  auto& arena = call.arena();
  if (!call.charge(properties.size())) return {};
  if (call.count() == 0) {
    const auto all = arena.make<Value>(properties.size());
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const auto member = arena.make<Member>(1);
      member[0] = {.key = properties[i].first, .value = Value::string(properties[i].second)};
      all[i] = Value::object(member);
    }
    return Value::array(all);
  }
  const auto key = text_argument(call, 0);
  if (!key) return {};
  const auto values = arena.make<Value>(properties.size());
  std::size_t count = 0;
  for (const auto& [name, value] : properties) {
    if (name == *key) values[count++] = Value::string(value);
  }
  return count > 0 ? Value::array(values.first(count)) : Value{};
}

constexpr std::array<Function, 12> kFunctions{{
    {.name = "accountid", .pure = false, .run = accountid},
    {.name = "clientid", .pure = false, .run = clientid},
    {.name = "get_mqtt_property", .since = 2, .least = 1, .most = 1, .pure = false, .run = get_mqtt_property},
    {.name = "get_user_properties", .since = 2, .most = 1, .pure = false, .run = get_user_properties},
    {.name = "newuuid", .pure = false, .run = newuuid},
    {.name = "principal", .pure = false, .run = principal},
    {.name = "rand", .pure = false, .run = uniform},
    {.name = "sourceip", .since = 2, .pure = false, .run = sourceip},
    {.name = "sql_version", .pure = false, .run = sql_version},
    {.name = "timestamp", .pure = false, .run = timestamp},
    {.name = "topic", .most = 1, .pure = false, .run = topic},
    {.name = "traceid", .pure = false, .run = traceid},
}};

}  // namespace

std::span<const Function> message_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
