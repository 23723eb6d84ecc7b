#include "rules/sql/functions.h"

#include "rules/sql/arguments.h"

namespace iotemu::rules::sql {

const std::vector<std::span<const Function>>& function_groups() {
  static const std::vector<std::span<const Function>> groups{
      encoding_functions(), hash_functions(),   host_functions(), json_functions(), math_functions(),
      message_functions(),  regexp_functions(), text_functions(), time_functions()};
  return groups;
}

std::optional<Number> floored(const Value& value) {
  const auto number = number_of(value);
  if (!number) return std::nullopt;
  const auto whole = number->to_int(Number::Rounding::floor);
  return whole.is_int ? std::optional{whole} : std::nullopt;
}

std::optional<std::int64_t> floored(const Value& value, std::int64_t least, std::int64_t most) {
  const auto number = number_of(value);
  if (!number) return std::nullopt;
  if (compare(*number, Number::of(least)) <= 0) return least;
  if (compare(*number, Number::of(most)) >= 0) return most;
  return number->to_int(Number::Rounding::floor).as_int64();
}

std::optional<std::string_view> text_argument(FunctionCall& call, std::size_t index) {
  return string_of(call.argument(index), call.arena());
}

std::optional<std::string_view> string_argument(FunctionCall& call, std::size_t index) {
  const Value& value = call.argument(index);
  return value.is_string() ? std::optional{value.string()} : std::nullopt;
}

}  // namespace iotemu::rules::sql
