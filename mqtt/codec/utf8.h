#pragma once

// Well-formed UTF-8 as MQTT asks for it: no surrogates, no overlong forms, nothing above U+10FFFF, and no
// U+0000. A byte order mark is a character like any other and stays [MQTT-1.5.3-3].

#include <cstdint>
#include <string_view>

namespace iotemu::mqtt {

enum class Utf8 : std::uint8_t { well_formed, ill_formed, null_character };

[[nodiscard]] Utf8 check_utf8(std::string_view text);

}  // namespace iotemu::mqtt
