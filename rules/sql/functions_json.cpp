// Values of any type: what is in them, and what to do when there is nothing.

#include <array>

#include "base/utf8.h"
#include "rules/sql/arguments.h"

namespace iotemu::rules::sql {
namespace {

/// The index that argument 1 is after conversion to Int; nothing outside 0 … count - 1.
std::optional<std::size_t> index_argument(FunctionCall& call, std::size_t count) {
  const auto number = integer_of(call.argument(1));
  const auto index = number ? number->as_int64() : std::nullopt;
  if (!index || *index < 0 || static_cast<std::uint64_t>(*index) >= count) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

Value character_at(FunctionCall& call, std::string_view text) {
  const auto index = index_argument(call, text.size());  // no fewer than its characters
  constexpr std::size_t kBytesPerStep = 256;
  if (!index || !call.charge(text.size() / kBytesPerStep)) return {};
  for (auto left = *index; left > 0 && !text.empty(); --left) {
    text.remove_prefix(std::max<std::size_t>(character_bytes(text), 1));
  }
  return text.empty() ? Value{} : Value::string(text.substr(0, character_bytes(text)));
}

/// No conversion of the first argument, nor of an Object's key.
Value get(FunctionCall& call) {
  const Value& from = call.argument(0);
  if (from.is_string()) return character_at(call, from.string());
  const Value& key = call.argument(1);
  if (const Value object = call.object(0); object.is_object() && key.is_string()) {
    constexpr std::size_t kMembersPerStep = 16;
    if (!call.charge(object.members().size() / kMembersPerStep)) return {};
    const Value* const member = object.find(key.string());
    if (member != nullptr) return *member;
  }
  if (!from.is_array()) return {};
  const auto index = index_argument(call, from.elements().size());
  return index ? from.elements()[*index] : Value{};
}

Value isnull(FunctionCall& call) {
  return Value::boolean(call.argument(0).is_null());
}

Value isundefined(FunctionCall& call) {
  return Value::boolean(call.argument(0).is_undefined());
}

Value nanvl(FunctionCall& call) {
  // There is no NaN among our Decimals: what would be one is Undefined.
  const Value& first = call.argument(0);
  return first.is_undefined() || first.is_null() ? call.argument(1) : first;
}

Value get_or_default(FunctionCall& call) {
  const auto first = call.attempt(0);
  if (first && !first->is_undefined() && !first->is_null()) return *first;
  return call.count() > 1 ? call.argument(1) : Value{};
}

/// Argument 2 of transform. A nested query with VALUE over one object wraps the array that it found (RU-16).
Value array_argument(FunctionCall& call) {
  const Value& value = call.argument(2);
  if (!value.is_array()) return {};
  const auto elements = value.elements();
  return elements.size() == 1 && elements.front().is_array() ? elements.front() : value;
}

/// Of a name that both have, the Object's value stands [unc].
Value transform(FunctionCall& call) {
  const auto mode = string_argument(call, 0);
  if (!mode || *mode != "enrichArray") return {};
  const Value object = call.object(1);
  const Value array = array_argument(call);
  if (!object.is_object() || !array.is_array()) return {};
  const auto elements = array.elements();
  const auto out = call.arena().make<Value>(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].is_object()) return {};
    if (!call.charge(elements[i].members().size() + object.members().size())) return {};
    ObjectBuilder merged{call.arena()};
    merged.add_all(elements[i]);
    merged.add_all(object);
    out[i] = merged.finish();
  }
  const Value result = Value::array(out);
  std::string text;
  if (!write_json(result, text, kMostTextBytes)) {
    return call.fail("the result has more than " + std::to_string(kMostTextBytes) + " bytes");
  }
  return result;
}

constexpr std::array<Function, 6> kFunctions{{
    {.name = "get", .least = 2, .most = 2, .run = get},
    {.name = "get_or_default",
     .since = 2,
     .least = 1,
     .most = 2,
     .lazy = true,
     .pure = false,
     .run = get_or_default},
    // AWS's page of functions has it in both versions.
    {.name = "isNull", .least = 1, .most = 1, .run = isnull},
    {.name = "isUndefined", .since = 2, .least = 1, .most = 1, .run = isundefined},
    {.name = "nanvl", .least = 2, .most = 2, .run = nanvl},
    {.name = "transform", .since = 2, .least = 3, .most = 3, .run = transform},
}};

}  // namespace

std::span<const Function> json_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
