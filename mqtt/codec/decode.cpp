#include "mqtt/codec/decode.h"

#include <cassert>
#include <utility>

#include "mqtt/codec/property_reader.h"
#include "mqtt/codec/reader.h"
#include "mqtt/codec/wildcard.h"

namespace iotemu::mqtt {

namespace {

constexpr std::uint8_t kMaxConnectReturn = 5;

/// What the low four bits of the first byte must be; PUBLISH uses them.
constexpr std::uint8_t required_flags(PacketType type) {
  switch (type) {
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return 0x02;
    default:
      return 0x00;
  }
}

Result<Connack> decode_connack(Reader in) {
  const std::uint8_t flags = in.u8();
  in.check((flags & 0xFEU) == 0, rules::kConnackFlags);
  Connack packet{.session_present = (flags & 0x01U) != 0, .code = in.u8()};
  const bool code_is_known =
      in.is_v5() ? is_legal(Reason{packet.code}, PacketType::connack) : packet.code <= kMaxConnectReturn;
  in.check(code_is_known, rules::kConnackCode);
  in.check(packet.code == 0 || !packet.session_present, rules::kSessionPresentOnRefusal);
  packet.properties = read_properties(in, PropertyPlace::connack);
  return in.done(packet, "CONNACK");
}

Result<Puback> decode_puback(Reader in) {
  Puback packet{.packet_id = in.packet_id()};
  // The reason of success and an empty property list may be left out.
  if (in.is_v5() && in.remaining() > 0) {
    packet.reason = Reason{in.u8()};
    in.check(is_legal(packet.reason, PacketType::puback), rules::kReasonCode);
    if (in.remaining() > 0) packet.properties = read_properties(in, PropertyPlace::puback);
  }
  return in.done(packet, "PUBACK");
}

void check_filter_options(Reader& in, std::string_view filter, std::uint8_t options) {
  in.check((options & 0x03U) != 0x03U, rules::kSubscribeQos3);
  if (!in.is_v5()) return in.check((options & 0xFCU) == 0, rules::kSubscribeReserved);
  in.check((options & 0xC0U) == 0, rules::kSubscribeReserved);
  in.check((options & 0x30U) != 0x30U, rules::kRetainHandling);
  in.check((options & 0x04U) == 0 || !filter.starts_with("$share/"), rules::kSharedNoLocal);
}

Result<Subscribe> decode_subscribe(Reader in) {
  Subscribe packet{.packet_id = in.packet_id()};
  packet.properties = read_properties(in, PropertyPlace::subscribe);
  in.check(in.remaining() > 0, rules::kNoFilters);
  Reader list = in;
  std::size_t count = 0;
  for (; list.remaining() > 0 && !list.failed(); ++count) {
    const std::string_view filter = list.utf8();
    list.check(!filter.empty(), rules::kEmptyFilter);
    check_filter_options(list, filter, list.u8());
  }
  packet.filters = FilterList{in.rest(), count};
  return list.done(packet, "SUBSCRIBE");
}

Result<Suback> decode_suback(Reader in) {
  Suback packet{.packet_id = in.packet_id()};
  packet.properties = read_properties(in, PropertyPlace::suback);
  packet.codes = in.rest();
  in.check(!packet.codes.empty(), rules::kTruncated);
  for (const std::uint8_t code : packet.codes) {
    const bool is_known =
        in.is_v5() ? is_legal(Reason{code}, PacketType::suback) : code <= 0x02 || code == kSubackFailure;
    in.check(is_known, rules::kSubackCode);
  }
  return in.done(packet, "SUBACK");
}

Result<Unsubscribe> decode_unsubscribe(Reader in) {
  Unsubscribe packet{.packet_id = in.packet_id()};
  packet.properties = read_properties(in, PropertyPlace::unsubscribe);
  in.check(in.remaining() > 0, rules::kNoUnsubscribeFilters);
  Reader list = in;
  std::size_t count = 0;
  for (; list.remaining() > 0 && !list.failed(); ++count) {
    list.check(!list.utf8().empty(), rules::kEmptyFilter);
  }
  packet.filters = FilterNameList{in.rest(), count};
  return list.done(packet, "UNSUBSCRIBE");
}

Result<Unsuback> decode_unsuback(Reader in) {
  Unsuback packet{.packet_id = in.packet_id()};
  if (in.is_v5()) {
    packet.properties = read_properties(in, PropertyPlace::unsuback);
    packet.codes = in.rest();
    in.check(!packet.codes.empty(), rules::kTruncated);
    for (const std::uint8_t code : packet.codes) {
      in.check(is_legal(Reason{code}, PacketType::unsuback), rules::kReasonCode);
    }
  }
  return in.done(packet, "UNSUBACK");
}

Result<Disconnect> decode_disconnect(Reader in) {
  Disconnect packet{};
  if (in.is_v5() && in.remaining() > 0) {
    packet.reason = Reason{in.u8()};
    in.check(is_legal(packet.reason, PacketType::disconnect), rules::kReasonCode);
    if (in.remaining() > 0) packet.properties = read_properties(in, PropertyPlace::disconnect);
  }
  return in.done(packet, "DISCONNECT");
}

template <class P>
Result<Packet> any(Result<P> packet) {
  if (!packet) return packet.error();
  return Packet{*packet};
}

Error header_error(Version version, const Rule& rule, PacketType type) {
  Reader in{version, {}};
  in.fail(rule);
  return in.error(name_of(type));
}

/// The reserved types and flags of the first byte.
const Rule* broken_header_rule(Version version, std::uint8_t first_byte) {
  const PacketType type = packet_type(first_byte);
  const bool is_reserved = type == PacketType{0} || (type == PacketType::auth && version == Version::v3_1_1);
  if (is_reserved) return &rules::kReservedType;
  if (type != PacketType::publish && (first_byte & 0x0FU) != required_flags(type))
    return &rules::kHeaderFlags;
  return nullptr;
}

}  // namespace

Result<Publish> decode_publish(Version version, const Frame& frame) {
  assert(packet_type(frame.first_byte) == PacketType::publish);
  Reader in{version, frame.body};
  const std::uint8_t flags = frame.first_byte;
  Publish packet{.qos = static_cast<QoS>((flags >> 1) & 0x03U),
                 .retain = (flags & 0x01U) != 0,
                 .dup = (flags & 0x08U) != 0};
  in.check(packet.qos <= QoS::exactly_once, rules::kQos3);
  in.check(!packet.dup || packet.qos != QoS::at_most_once, rules::kDupAtQos0);
  packet.topic = in.utf8();
  in.check(!contains_wildcard(packet.topic), rules::kWildcardInTopic);
  if (packet.qos != QoS::at_most_once) packet.packet_id = in.packet_id();
  packet.properties = read_properties(in, PropertyPlace::publish);
  if (packet.topic.empty()) {
    in.check(packet.properties.find(PropertyId::topic_alias).has_value(), rules::kEmptyTopic);
  }
  packet.payload = in.rest();
  return in.done(packet, "PUBLISH");
}

Result<Packet> decode(Version version, const Frame& frame) {
  const PacketType type = packet_type(frame.first_byte);
  if (const Rule* broken = broken_header_rule(version, frame.first_byte)) {
    return header_error(version, *broken, type);
  }
  const Reader in{version, frame.body};
  switch (type) {
    case PacketType::connect:
      return any(decode_connect(frame));
    case PacketType::connack:
      return any(decode_connack(in));
    case PacketType::publish:
      return any(decode_publish(version, frame));
    case PacketType::puback:
      return any(decode_puback(in));
    case PacketType::subscribe:
      return any(decode_subscribe(in));
    case PacketType::suback:
      return any(decode_suback(in));
    case PacketType::unsubscribe:
      return any(decode_unsubscribe(in));
    case PacketType::unsuback:
      return any(decode_unsuback(in));
    case PacketType::pingreq:
      return any(Reader{in}.done(Pingreq{}, "PINGREQ"));
    case PacketType::pingresp:
      return any(Reader{in}.done(Pingresp{}, "PINGRESP"));
    case PacketType::disconnect:
      return any(decode_disconnect(in));
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::auth:
      return Packet{Unsupported{.type = type}};
  }
  return header_error(version, rules::kReservedType, type);
}

}  // namespace iotemu::mqtt
