#pragma once

// The representations of MQTT section 1.5, appended to a buffer.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "mqtt/codec/bytes.h"

namespace iotemu::mqtt::wire {

inline void put_u8(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}

inline void put_u16(std::string& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value & 0xFFU));
}

inline void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value & 0xFFFFU));
}

inline void put_varint(std::string& out, std::size_t value) {
  assert(value <= 268'435'455);
  while (value > 0x7F) {
    put_u8(out, static_cast<std::uint8_t>((value & 0x7FU) | 0x80U));
    value >>= 7;
  }
  put_u8(out, static_cast<std::uint8_t>(value));
}

[[nodiscard]] constexpr std::size_t varint_size(std::size_t value) {
  if (value < 128) return 1;
  if (value < 16'384) return 2;
  return value < 2'097'152 ? 3 : 4;
}

/// A string or binary field: two bytes of length in front.
inline void put_text(std::string& out, std::string_view text) {
  assert(text.size() <= std::numeric_limits<std::uint16_t>::max());
  put_u16(out, static_cast<std::uint16_t>(text.size()));
  out.append(text);
}

inline void put_bytes(std::string& out, Bytes bytes) {
  out.append(as_text(bytes));
}

}  // namespace iotemu::mqtt::wire
