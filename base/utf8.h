#pragma once

// Characters of UTF-8 text: well-formed as table 3-7 of the Unicode standard has it, with no overlong form,
// no surrogate and nothing above U+10FFFF.

#include <cstddef>
#include <string_view>

namespace iotemu {

/// Whether `byte` is the second or a later one of a character.
[[nodiscard]] constexpr bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Bytes of the well-formed character at the front; 0 when there is none.
[[nodiscard]] std::size_t character_bytes(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);
/// Of well-formed text.
[[nodiscard]] std::size_t count_characters(std::string_view text);
/// The longest front of at most `most` bytes that cuts no character in two.
[[nodiscard]] std::string_view front_characters(std::string_view text, std::size_t most);

}  // namespace iotemu
