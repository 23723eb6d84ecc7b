#include "rules/sql/conversions.h"

#include <algorithm>

namespace iotemu::rules::sql {
namespace {

using Kind = Value::Kind;
using Rounding = Number::Rounding;

bool equals_word(std::string_view text, std::string_view lowercase) {
  return std::ranges::equal(text, lowercase, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// More than the longest number has digits. Looking through longer texts would be work that nobody counts.
constexpr std::size_t kMostNumberBytes = 1100;

/// The form of RU-22, which knows no plus sign.
std::optional<Number> parsed(std::string_view text) {
  if (text.size() > kMostNumberBytes || text.find('+') != text.npos) return std::nullopt;
  const auto number = Number::parse(text);
  return number ? std::optional{number->to_decimal()} : std::nullopt;
}

}  // namespace

std::optional<Number> number_of(const Value& value) {
  if (value.is_number()) return value.number();
  if (value.is_string()) return parsed(value.string());
  return std::nullopt;
}

std::optional<Number> integer_of(const Value& value) {
  const auto number = number_of(value);
  if (!number) return number;
  const Number whole = number->to_int(value.is_string() ? Rounding::down : Rounding::half_away);
  return whole.is_int ? std::optional{whole} : std::nullopt;
}

std::optional<bool> boolean_of(const Value& value) {
  if (value.is_boolean()) return value.boolean();
  if (!value.is_string()) return std::nullopt;
  if (equals_word(value.string(), "true")) return true;
  if (equals_word(value.string(), "false")) return false;
  return std::nullopt;
}

std::optional<std::string_view> string_of(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::null:
      return std::nullopt;
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::string:
      return value.string();
    default:
      break;
  }
  std::string out;
  if (!write_json(value, out, Arena::kMostBytes)) throw std::bad_alloc{};
  return arena.copy(out);
}

Value convert(const Value& value, Value::Kind to, Arena& arena) {
  switch (to) {
    case Kind::decimal: {
      if (value.is_null()) return value;
      const auto number = number_of(value);
      return number ? Value::number(number->to_decimal(), arena) : Value{};
    }
    case Kind::integer:
      return value.is_null() ? value : Value::number(integer_of(value), arena);
    case Kind::boolean: {
      const auto truth = boolean_of(value);
      return truth ? Value::boolean(*truth) : Value{};
    }
    case Kind::string: {
      const auto text = string_of(value, arena);
      return text ? Value::string(*text) : Value{};
    }
    default:
      return value.kind() == to ? value : Value{};
  }
}

Value cast(const Value& value, CastType to, Version version, Arena& arena) {
  switch (to) {
    case CastType::string:
      return convert(value, Kind::string, arena);
    case CastType::boolean:
      if (value.is_number()) return Value::boolean(!value.number().is_zero());
      return convert(value, Kind::boolean, arena);
    case CastType::integer:
    case CastType::decimal:
      break;
  }
  auto number = number_of(value);
  if (value.is_boolean()) number = Number::of(value.boolean() ? 1 : 0);
  if (!number) return {};
  if (to == CastType::decimal) return settled(number->to_decimal(), version, arena);
  // "Rounds down", and a String is cut off as it is by the implicit conversion.
  const Number whole = number->to_int(value.is_string() ? Rounding::down : Rounding::floor);
  return whole.is_int ? Value::number(whole, arena) : Value{};
}

Value settled(const std::optional<Number>& number, Version version, Arena& arena) {
  if (!number) return {};
  return Value::number(version == Version::v2015_10_08 ? *number : number->simplified(), arena);
}

}  // namespace iotemu::rules::sql
