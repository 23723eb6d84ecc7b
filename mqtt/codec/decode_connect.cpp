#include "mqtt/codec/decode.h"
#include "mqtt/codec/property_reader.h"
#include "mqtt/codec/reader.h"

namespace iotemu::mqtt {

namespace {

constexpr std::uint8_t kMqtt31Level = 3;

struct ConnectFlags {
  bool reserved{};
  bool clean_start{};
  bool will{};
  std::uint8_t will_qos{};
  bool will_retain{};
  bool password{};
  bool username{};
};

ConnectFlags unpack_flags(std::uint8_t byte) {
  return {.reserved = (byte & 0x01U) != 0,
          .clean_start = (byte & 0x02U) != 0,
          .will = (byte & 0x04U) != 0,
          .will_qos = static_cast<std::uint8_t>((byte >> 3) & 0x03U),
          .will_retain = (byte & 0x20U) != 0,
          .password = (byte & 0x40U) != 0,
          .username = (byte & 0x80U) != 0};
}

void check_flags(Reader& in, const ConnectFlags& flags) {
  in.check(!flags.reserved, rules::kConnectReservedFlag);
  in.check(flags.will || flags.will_qos == 0, rules::kWillQosWithoutWill);
  in.check(flags.will_qos != 3, rules::kWillQos3);
  in.check(flags.will || !flags.will_retain, rules::kWillRetainWithoutWill);
  in.check(in.is_v5() || flags.username || !flags.password, rules::kPasswordWithoutUser);
}

Will read_will(Reader& in, const ConnectFlags& flags) {
  Will will{.qos = static_cast<QoS>(flags.will_qos), .retain = flags.will_retain};
  will.properties = read_properties(in, PropertyPlace::will);
  will.topic = in.utf8();
  will.payload = in.binary();
  return will;
}

}  // namespace

Result<Connect> decode_connect(const Frame& frame) {
  Reader in{Version::v3_1_1, frame.body};
  in.check(packet_type(frame.first_byte) == PacketType::connect, rules::kConnectFirst);
  in.check((frame.first_byte & 0x0FU) == 0, rules::kHeaderFlags);
  Connect packet{.protocol_name = in.utf8(), .level = in.u8()};
  const bool is_mqtt_3_1 = packet.protocol_name == "MQIsdp" && packet.level == kMqtt31Level;
  in.check(packet.protocol_name == "MQTT" || is_mqtt_3_1, rules::kProtocolName);
  if (in.failed()) return in.error("CONNECT");
  // Whatever follows has the shape of a version that we do not know (M3-1).
  if (!packet.version()) return packet;

  in.set_version(*packet.version());
  const ConnectFlags flags = unpack_flags(in.u8());
  check_flags(in, flags);
  packet.clean_start = flags.clean_start;
  packet.keep_alive = in.u16();
  packet.properties = read_properties(in, PropertyPlace::connect);
  packet.client_id = in.utf8();
  if (flags.will) packet.will = read_will(in, flags);
  if (flags.username) packet.username = in.utf8();
  if (flags.password) packet.password = in.binary();
  return in.done(packet, "CONNECT");
}

}  // namespace iotemu::mqtt
