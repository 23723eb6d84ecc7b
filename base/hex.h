#pragma once

// Lowercase hexadecimal.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace iotemu {

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
/// Accepts either case; nothing on an odd length or another character.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
[[nodiscard]] bool is_hex(std::string_view text);
[[nodiscard]] std::string lowercase(std::string_view text);

}  // namespace iotemu
