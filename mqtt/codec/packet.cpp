#include "mqtt/codec/packet.h"

#include <tuple>

namespace iotemu::mqtt {

namespace {

bool same(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return a.has_value() == b.has_value() && (!a || same_bytes(*a, *b));
}

struct TypeOf {
  PacketType operator()(const Connect&) const { return PacketType::connect; }
  PacketType operator()(const Connack&) const { return PacketType::connack; }
  PacketType operator()(const Publish&) const { return PacketType::publish; }
  PacketType operator()(const Puback&) const { return PacketType::puback; }
  PacketType operator()(const Subscribe&) const { return PacketType::subscribe; }
  PacketType operator()(const Suback&) const { return PacketType::suback; }
  PacketType operator()(const Unsubscribe&) const { return PacketType::unsubscribe; }
  PacketType operator()(const Unsuback&) const { return PacketType::unsuback; }
  PacketType operator()(const Pingreq&) const { return PacketType::pingreq; }
  PacketType operator()(const Pingresp&) const { return PacketType::pingresp; }
  PacketType operator()(const Disconnect&) const { return PacketType::disconnect; }
  PacketType operator()(const Unsupported& packet) const { return packet.type; }
};

}  // namespace

bool operator==(const Will& a, const Will& b) {
  return std::tie(a.topic, a.qos, a.retain, a.properties) ==
             std::tie(b.topic, b.qos, b.retain, b.properties) &&
         same_bytes(a.payload, b.payload);
}

bool operator==(const Connect& a, const Connect& b) {
  const auto fields = [](const Connect& c) {
    return std::tie(c.protocol_name, c.level, c.clean_start, c.keep_alive, c.client_id, c.will, c.username,
                    c.properties);
  };
  return fields(a) == fields(b) && same(a.password, b.password);
}

bool operator==(const Publish& a, const Publish& b) {
  const auto fields = [](const Publish& p) {
    return std::tie(p.qos, p.retain, p.dup, p.topic, p.packet_id, p.properties);
  };
  return fields(a) == fields(b) && same_bytes(a.payload, b.payload);
}

bool operator==(const Suback& a, const Suback& b) {
  return a.packet_id == b.packet_id && a.properties == b.properties && same_bytes(a.codes, b.codes);
}

bool operator==(const Unsuback& a, const Unsuback& b) {
  return a.packet_id == b.packet_id && a.properties == b.properties && same_bytes(a.codes, b.codes);
}

PacketType type_of(const Packet& packet) {
  return std::visit(TypeOf{}, packet);
}

}  // namespace iotemu::mqtt
