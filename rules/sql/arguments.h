#pragma once

// How the functions of SQL take their arguments, as the tables of M 7.6 have it: numbers "rounded down",
// indices that are clamped, texts by the standard conversion.

#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/sql/functions.h"

namespace iotemu::rules::sql {

/// The Int below it; Strings are Decimals first. Nothing for what is no number, or needs more than 34 digits.
[[nodiscard]] std::optional<Number> floored(const Value& value);
/// The same, moved into least … most however large it is.
[[nodiscard]] std::optional<std::int64_t> floored(const Value& value, std::int64_t least, std::int64_t most);

/// Argument `index` by the standard conversion to String.
[[nodiscard]] std::optional<std::string_view> text_argument(FunctionCall& call, std::size_t index);
/// Argument `index` if it is a String: names of things, tables, roles and modes.
[[nodiscard]] std::optional<std::string_view> string_argument(FunctionCall& call, std::size_t index);

// The tables, a file each.
[[nodiscard]] std::span<const Function> encoding_functions();
[[nodiscard]] std::span<const Function> hash_functions();
[[nodiscard]] std::span<const Function> host_functions();
[[nodiscard]] std::span<const Function> json_functions();
[[nodiscard]] std::span<const Function> math_functions();
[[nodiscard]] std::span<const Function> message_functions();
[[nodiscard]] std::span<const Function> regexp_functions();
[[nodiscard]] std::span<const Function> text_functions();
[[nodiscard]] std::span<const Function> time_functions();

}  // namespace iotemu::rules::sql
