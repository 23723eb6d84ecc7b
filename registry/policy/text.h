#pragma once

// Letters and characters of policy texts: letter case is ASCII's, characters are those of UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace iotemu::registry::policy {

[[nodiscard]] std::string lower(std::string_view text);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Whether `byte` is the second or a later one of a UTF-8 sequence.
[[nodiscard]] constexpr bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

[[nodiscard]] std::size_t count_characters(std::string_view utf8);

}  // namespace iotemu::registry::policy
