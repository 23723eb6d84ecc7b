#include "mqtt/codec/packet_type.h"

#include <array>
#include <cstddef>

namespace iotemu::mqtt {

std::string_view name_of(PacketType type) {
  static constexpr std::array<std::string_view, 16> kNames{
      "RESERVED",  "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
      "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
  return kNames[static_cast<std::size_t>(type) & 0x0FU];
}

}  // namespace iotemu::mqtt
