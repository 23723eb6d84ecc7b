#pragma once

// Packets to bytes, appended to the caller's buffer. The caller answers for what it sends: strings of at most
// 65535 bytes, packets of at most kMaxRemainingLength, packet ids above 0. MQTT 5 fields are left out
// for 3.1.1.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mqtt/codec/packet.h"

namespace iotemu::mqtt {

void encode(const Connect& packet, std::string& out);  ///< shaped by packet.level
void encode(Version version, const Connack& packet, std::string& out);
void encode(Version version, const Publish& packet, std::string& out);
void encode(Version version, const Puback& packet, std::string& out);
void encode(Version version, const Subscribe& packet, std::string& out);
void encode(Version version, const Suback& packet, std::string& out);
void encode(Version version, const Unsubscribe& packet, std::string& out);
void encode(Version version, const Unsuback& packet, std::string& out);
void encode(const Pingreq& packet, std::string& out);
void encode(const Pingresp& packet, std::string& out);
void encode(Version version, const Disconnect& packet, std::string& out);
/// `packet` holds anything but Unsupported, which has no encoding of ours.
void encode(Version version, const Packet& packet, std::string& out);

/// SUBSCRIBE and UNSUBSCRIBE from a list that is not encoded yet.
void encode_subscribe(Version version, std::uint16_t packet_id, std::span<const FilterRequest> filters,
                      const Properties& properties, std::string& out);
void encode_unsubscribe(Version version, std::uint16_t packet_id, std::span<const std::string_view> filters,
                        const Properties& properties, std::string& out);

/// A PUBLISH for many receivers, encoded once per shape (version, QoS, retain) and immutable from then on:
/// share it by shared_ptr across workers. Only the packet id differs from one receiver to the next.
struct SharedPublish {
  /// At QoS 0 there is no packet id.
  static constexpr std::size_t kNoPacketId = static_cast<std::size_t>(-1);

  std::string bytes{};
  std::size_t packet_id_offset{kNoPacketId};

  [[nodiscard]] bool has_packet_id() const { return packet_id_offset != kNoPacketId; }
  [[nodiscard]] std::size_t size() const { return bytes.size(); }
  /// What stands before the two bytes of the packet id (everything at QoS 0), and what stands after them.
  [[nodiscard]] std::string_view head() const;
  [[nodiscard]] std::string_view tail() const;
  /// Appends the packet with this id (ignored at QoS 0).
  void append_to(std::string& out, std::uint16_t packet_id) const;
};

/// DUP is never set (M3-21).
[[nodiscard]] SharedPublish encode_publish(Version version, QoS qos, bool retain, std::string_view topic,
                                           Bytes payload, const Properties& properties = {});

}  // namespace iotemu::mqtt
