#pragma once

#include <cstdint>
#include <string_view>

namespace iotemu::mqtt {

/// The upper four bits of a packet's first byte. 0 is reserved in both versions, 15 in 3.1.1.
enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

[[nodiscard]] constexpr PacketType packet_type(std::uint8_t first_byte) {
  return static_cast<PacketType>(first_byte >> 4);
}

/// As the standard writes it: "PUBLISH". The reserved 0 is "RESERVED".
[[nodiscard]] std::string_view name_of(PacketType type);

}  // namespace iotemu::mqtt
