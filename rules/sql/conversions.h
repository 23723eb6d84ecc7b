#pragma once

// How a value of one type is taken for another: the implicit conversions of RU-22 and the explicit ones of
// RU-23. Pure.

#include <optional>
#include <string_view>

#include "rules/sql/value.h"

namespace iotemu::rules::sql {

/// What functions and operators that want a number take: Int, Decimal and Strings that parse. A String is a
/// Decimal. Nothing for all else, Null included.
[[nodiscard]] std::optional<Number> number_of(const Value& value);
/// As Int: Decimals to the nearest (half away from zero [unc]), Strings cut off. Nothing where number_of says
/// nothing.
[[nodiscard]] std::optional<Number> integer_of(const Value& value);
/// Booleans, and "true" and "false" in any case.
[[nodiscard]] std::optional<bool> boolean_of(const Value& value);
/// Numbers in standard notation, Decimals maybe scientific; arrays and objects as compact JSON. Nothing for
/// Null and Undefined. Throws std::bad_alloc where the arena ends.
[[nodiscard]] std::optional<std::string_view> string_of(const Value& value, Arena& arena);

/// RU-22 whole: to Decimal and Int Null stays Null. To a type that nothing converts to: the value itself if
/// it has the type, else Undefined.
[[nodiscard]] Value convert(const Value& value, Value::Kind to, Arena& arena);

/// The types of `cast(v AS T)`.
enum class CastType { string, integer, decimal, boolean };
/// RU-23.
[[nodiscard]] Value cast(const Value& value, CastType to, Version version, Arena& arena);

/// The Value of a number that was worked out: from 2016-03-23 on a whole Decimal is an Int (RU-21). Undefined
/// for nothing.
[[nodiscard]] Value settled(const std::optional<Number>& number, Version version, Arena& arena);

}  // namespace iotemu::rules::sql
