#include "mqtt/codec/encode.h"

#include <cassert>
#include <type_traits>

#include "mqtt/codec/frame.h"
#include "mqtt/codec/wire.h"

namespace iotemu::mqtt {

namespace {

using wire::put_bytes;
using wire::put_text;
using wire::put_u16;
using wire::put_u8;
using wire::put_varint;
using wire::varint_size;

constexpr std::size_t kPacketIdSize = 2;

void put_header(std::string& out, PacketType type, std::uint8_t flags, std::size_t remaining) {
  assert(remaining <= kMaxRemainingLength);
  out.reserve(out.size() + 1 + varint_size(remaining) + remaining);
  put_u8(out, static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags));
  put_varint(out, remaining);
}

std::size_t text_size(std::string_view text) {
  return 2 + text.size();
}

std::size_t properties_size(Version version, const Properties& properties) {
  if (version != Version::v5) return 0;
  const std::size_t size = properties.encoded().size();
  return varint_size(size) + size;
}

void put_properties(std::string& out, Version version, const Properties& properties) {
  if (version != Version::v5) return;
  put_varint(out, properties.encoded().size());
  put_bytes(out, properties.encoded());
}

/// The shape of PUBACK and DISCONNECT: nothing that says only "success" is sent.
std::size_t result_size(Version version, Reason reason, const Properties& properties) {
  if (version != Version::v5 || (reason == Reason::success && properties.empty())) return 0;
  return properties.empty() ? 1 : 1 + properties_size(version, properties);
}

void put_result(std::string& out, Version version, Reason reason, const Properties& properties) {
  if (result_size(version, reason, properties) == 0) return;
  put_u8(out, static_cast<std::uint8_t>(reason));
  if (!properties.empty()) put_properties(out, version, properties);
}

std::uint8_t options_byte(Version version, const FilterRequest& request) {
  const auto qos = static_cast<unsigned>(request.qos);
  if (version != Version::v5) return static_cast<std::uint8_t>(qos);
  return static_cast<std::uint8_t>(qos | (request.no_local ? 0x04U : 0U) |
                                   (request.retain_as_published ? 0x08U : 0U) |
                                   static_cast<unsigned>(request.retain_handling) << 4);
}

std::uint8_t connect_flags(const Connect& packet) {
  unsigned flags = packet.clean_start ? 0x02U : 0U;
  if (packet.will) {
    flags |= 0x04U | static_cast<unsigned>(packet.will->qos) << 3 | (packet.will->retain ? 0x20U : 0U);
  }
  if (packet.password) flags |= 0x40U;
  if (packet.username) flags |= 0x80U;
  return static_cast<std::uint8_t>(flags);
}

/// Everything of a PUBLISH in front of the packet id.
void put_publish_head(std::string& out, Version version, const Publish& packet) {
  const bool has_id = packet.qos != QoS::at_most_once;
  const unsigned flags =
      (packet.dup ? 0x08U : 0U) | static_cast<unsigned>(packet.qos) << 1 | (packet.retain ? 0x01U : 0U);
  const std::size_t remaining = text_size(packet.topic) + (has_id ? kPacketIdSize : 0) +
                                properties_size(version, packet.properties) + packet.payload.size();
  put_header(out, PacketType::publish, static_cast<std::uint8_t>(flags), remaining);
  put_text(out, packet.topic);
}

void put_publish_tail(std::string& out, Version version, const Publish& packet) {
  put_properties(out, version, packet.properties);
  put_bytes(out, packet.payload);
}

}  // namespace

void encode(const Connect& packet, std::string& out) {
  assert(packet.version().has_value());
  const Version version = *packet.version();
  std::size_t remaining = text_size(packet.protocol_name) + 4 + properties_size(version, packet.properties) +
                          text_size(packet.client_id);
  if (packet.will) {
    remaining += properties_size(version, packet.will->properties) + text_size(packet.will->topic) +
                 text_size(as_text(packet.will->payload));
  }
  if (packet.username) remaining += text_size(*packet.username);
  if (packet.password) remaining += text_size(as_text(*packet.password));

  put_header(out, PacketType::connect, 0, remaining);
  put_text(out, packet.protocol_name);
  put_u8(out, packet.level);
  put_u8(out, connect_flags(packet));
  put_u16(out, packet.keep_alive);
  put_properties(out, version, packet.properties);
  put_text(out, packet.client_id);
  if (packet.will) {
    put_properties(out, version, packet.will->properties);
    put_text(out, packet.will->topic);
    put_text(out, as_text(packet.will->payload));
  }
  if (packet.username) put_text(out, *packet.username);
  if (packet.password) put_text(out, as_text(*packet.password));
}

void encode(Version version, const Connack& packet, std::string& out) {
  put_header(out, PacketType::connack, 0, 2 + properties_size(version, packet.properties));
  put_u8(out, packet.session_present ? 1 : 0);
  put_u8(out, packet.code);
  put_properties(out, version, packet.properties);
}

void encode(Version version, const Publish& packet, std::string& out) {
  put_publish_head(out, version, packet);
  if (packet.qos != QoS::at_most_once) put_u16(out, packet.packet_id);
  put_publish_tail(out, version, packet);
}

void encode(Version version, const Puback& packet, std::string& out) {
  put_header(out, PacketType::puback, 0,
             kPacketIdSize + result_size(version, packet.reason, packet.properties));
  put_u16(out, packet.packet_id);
  put_result(out, version, packet.reason, packet.properties);
}

void encode(Version version, const Subscribe& packet, std::string& out) {
  put_header(out, PacketType::subscribe, 0x02,
             kPacketIdSize + properties_size(version, packet.properties) + packet.filters.encoded().size());
  put_u16(out, packet.packet_id);
  put_properties(out, version, packet.properties);
  put_bytes(out, packet.filters.encoded());
}

void encode_subscribe(Version version, std::uint16_t packet_id, std::span<const FilterRequest> filters,
                      const Properties& properties, std::string& out) {
  std::size_t remaining = kPacketIdSize + properties_size(version, properties);
  for (const FilterRequest& request : filters) remaining += text_size(request.filter) + 1;
  put_header(out, PacketType::subscribe, 0x02, remaining);
  put_u16(out, packet_id);
  put_properties(out, version, properties);
  for (const FilterRequest& request : filters) {
    put_text(out, request.filter);
    put_u8(out, options_byte(version, request));
  }
}

void encode(Version version, const Suback& packet, std::string& out) {
  put_header(out, PacketType::suback, 0,
             kPacketIdSize + properties_size(version, packet.properties) + packet.codes.size());
  put_u16(out, packet.packet_id);
  put_properties(out, version, packet.properties);
  put_bytes(out, packet.codes);
}

void encode(Version version, const Unsubscribe& packet, std::string& out) {
  put_header(out, PacketType::unsubscribe, 0x02,
             kPacketIdSize + properties_size(version, packet.properties) + packet.filters.encoded().size());
  put_u16(out, packet.packet_id);
  put_properties(out, version, packet.properties);
  put_bytes(out, packet.filters.encoded());
}

void encode_unsubscribe(Version version, std::uint16_t packet_id, std::span<const std::string_view> filters,
                        const Properties& properties, std::string& out) {
  std::size_t remaining = kPacketIdSize + properties_size(version, properties);
  for (const std::string_view filter : filters) remaining += text_size(filter);
  put_header(out, PacketType::unsubscribe, 0x02, remaining);
  put_u16(out, packet_id);
  put_properties(out, version, properties);
  for (const std::string_view filter : filters) put_text(out, filter);
}

void encode(Version version, const Unsuback& packet, std::string& out) {
  const bool is_v5 = version == Version::v5;
  put_header(out, PacketType::unsuback, 0,
             kPacketIdSize + properties_size(version, packet.properties) + (is_v5 ? packet.codes.size() : 0));
  put_u16(out, packet.packet_id);
  put_properties(out, version, packet.properties);
  if (is_v5) put_bytes(out, packet.codes);
}

void encode(const Pingreq&, std::string& out) {
  put_header(out, PacketType::pingreq, 0, 0);
}

void encode(const Pingresp&, std::string& out) {
  put_header(out, PacketType::pingresp, 0, 0);
}

void encode(Version version, const Disconnect& packet, std::string& out) {
  put_header(out, PacketType::disconnect, 0, result_size(version, packet.reason, packet.properties));
  put_result(out, version, packet.reason, packet.properties);
}

void encode(Version version, const Packet& packet, std::string& out) {
  std::visit(
      [&](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (std::is_same_v<P, Unsupported>) {
          assert(!"Unsupported has no encoding");
        } else if constexpr (std::is_same_v<P, Connect> || std::is_same_v<P, Pingreq> ||
                             std::is_same_v<P, Pingresp>) {
          encode(p, out);
        } else {
          encode(version, p, out);
        }
      },
      packet);
}

std::string_view SharedPublish::head() const {
  return has_packet_id() ? std::string_view{bytes}.substr(0, packet_id_offset) : std::string_view{bytes};
}

std::string_view SharedPublish::tail() const {
  return has_packet_id() ? std::string_view{bytes}.substr(packet_id_offset + kPacketIdSize)
                         : std::string_view{};
}

void SharedPublish::append_to(std::string& out, std::uint16_t packet_id) const {
  const std::size_t at = out.size();
  out.append(bytes);
  if (!has_packet_id()) return;
  out[at + packet_id_offset] = static_cast<char>(packet_id >> 8);
  out[at + packet_id_offset + 1] = static_cast<char>(packet_id & 0xFFU);
}

SharedPublish encode_publish(Version version, QoS qos, bool retain, std::string_view topic, Bytes payload,
                             const Properties& properties) {
  const Publish packet{
      .qos = qos, .retain = retain, .topic = topic, .payload = payload, .properties = properties};
  SharedPublish shared;
  put_publish_head(shared.bytes, version, packet);
  if (qos != QoS::at_most_once) {
    shared.packet_id_offset = shared.bytes.size();
    put_u16(shared.bytes, 0);
  }
  put_publish_tail(shared.bytes, version, packet);
  return shared;
}

}  // namespace iotemu::mqtt
