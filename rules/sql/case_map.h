#pragma once

// Upper and lower case of Unicode texts, character by character as Unicode 15 maps them, whatever the
// language; the German sharp s becomes "SS" as it does in Java. Pure.

#include <string>
#include <string_view>

namespace iotemu::rules::sql {

/// Of UTF-8 text.
[[nodiscard]] std::string to_upper(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace iotemu::rules::sql
