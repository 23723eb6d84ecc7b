#include "mqtt/codec/encode.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr Version kV3 = Version::v3_1_1;
constexpr Version kV5 = Version::v5;

std::string encoded(Version version, const Packet& packet) {
  std::string out;
  encode(version, packet, out);
  return out;
}

std::string hex_of(std::string_view bytes) {
  return to_hex(as_bytes(bytes));
}

TEST(Encode, WritesThePacketsOf311AsTheStandardDrawsThem) {
  EXPECT_EQ(hex_of(encoded(kV3, Connack{.session_present = true})), "20020100");
  EXPECT_EQ(hex_of(encoded(kV3, Connack{.code = 5})), "20020005");
  EXPECT_EQ(hex_of(encoded(kV3, Puback{.packet_id = 0x1234})), "40021234");
  EXPECT_EQ(hex_of(encoded(kV3, Pingreq{})), "c000");
  EXPECT_EQ(hex_of(encoded(kV3, Pingresp{})), "d000");
  EXPECT_EQ(hex_of(encoded(kV3, Disconnect{})), "e000");
  EXPECT_EQ(hex_of(encoded(kV3, Unsuback{.packet_id = 7})), "b0020007");
}

TEST(Encode, LeavesTheFieldsOfMqtt5Out311) {
  PropertyWriter properties;
  properties.add(PropertyId::reason_string, "why");
  const std::array<std::uint8_t, 1> codes{0x11};
  EXPECT_EQ(hex_of(encoded(kV3, Connack{.properties = properties.list()})), "20020000");
  EXPECT_EQ(hex_of(encoded(kV3, Puback{.packet_id = 1, .reason = Reason::not_authorized})), "40020001");
  EXPECT_EQ(hex_of(encoded(kV3, Unsuback{.packet_id = 7, .codes = codes})), "b0020007");
  EXPECT_EQ(hex_of(encoded(kV3, Disconnect{.reason = Reason::session_taken_over})), "e000");
}

TEST(Encode, LeavesOutWhatMqtt5LetsOut) {
  EXPECT_EQ(hex_of(encoded(kV5, Puback{.packet_id = 1})), "40020001");
  EXPECT_EQ(hex_of(encoded(kV5, Puback{.packet_id = 1, .reason = Reason::not_authorized})), "4003000187");
  EXPECT_EQ(hex_of(encoded(kV5, Disconnect{})), "e000");
  EXPECT_EQ(hex_of(encoded(kV5, Disconnect{.reason = Reason::keep_alive_timeout})), "e0018d");
}

TEST(Encode, AppendsToWhatIsThere) {
  std::string out = "before";
  encode(Pingresp{}, out);
  EXPECT_EQ(out, "before" + wire("d000"));
}

TEST(Encode, WritesLongRemainingLengths) {
  const std::string payload(200'000, 'x');
  const Decoded decoded{kV3, encoded(kV3, Publish{.topic = "a", .payload = as_bytes(payload)})};
  EXPECT_EQ(decoded.as<Publish>().payload.size(), payload.size());
}

/// Every packet with every field that its version has.
std::vector<Packet> rich_packets(const Properties& user_property) {
  static const std::array<std::uint8_t, 2> kCodes{0x00, 0x80};
  static const std::string kFilters = wire("0003 'a/b' 01 0001 '#' 00");
  static const std::string kNames = wire("0003 'a/b' 0001 '#'");
  return {
      Connect{
          .level = 4,
          .clean_start = true,
          .keep_alive = 30,
          .client_id = "device",
          .will = Will{.topic = "t", .payload = as_bytes("gone"), .qos = QoS::at_least_once, .retain = true},
          .username = "user",
          .password = as_bytes("secret")},
      Connect{.level = 5,
              .client_id = "device",
              .will = Will{.topic = "t", .properties = user_property},
              .properties = user_property},
      Connack{.code = 0, .properties = user_property},
      Publish{.qos = QoS::at_least_once,
              .retain = true,
              .dup = true,
              .topic = "a/b",
              .packet_id = 9,
              .payload = as_bytes("on"),
              .properties = user_property},
      Publish{.topic = "a/b", .properties = user_property},
      Puback{.packet_id = 9, .properties = user_property},
      Subscribe{.packet_id = 9, .filters = FilterList{as_bytes(kFilters), 2}, .properties = user_property},
      Suback{.packet_id = 9, .codes = kCodes, .properties = user_property},
      Unsubscribe{
          .packet_id = 9, .filters = FilterNameList{as_bytes(kNames), 2}, .properties = user_property},
      Unsuback{.packet_id = 9, .properties = user_property},
      Pingreq{},
      Pingresp{},
      Disconnect{.properties = user_property},
  };
}

TEST(Encode, IsUndoneByDecodeIn311) {
  for (const Packet& packet : rich_packets({})) {
    const auto* connect = std::get_if<Connect>(&packet);
    if (connect != nullptr && connect->level == 5) continue;
    const Decoded decoded{kV3, encoded(kV3, packet)};
    ASSERT_THAT(decoded.packet, IsOk());
    EXPECT_EQ(*decoded.packet, packet) << describe(packet);
  }
}

TEST(Encode, IsUndoneByDecodeInMqtt5) {
  PropertyWriter properties;
  properties.add_user_property("key", "value");
  for (Packet packet : rich_packets(properties.list())) {
    static const std::array<std::uint8_t, 1> kCodes{0x11};
    if (auto* unsuback = std::get_if<Unsuback>(&packet)) unsuback->codes = kCodes;
    const Decoded decoded{kV5, encoded(kV5, packet)};
    ASSERT_THAT(decoded.packet, IsOk());
    EXPECT_EQ(*decoded.packet, packet) << describe(packet);
  }
}

TEST(EncodeSubscribe, WritesAList) {
  const std::array<FilterRequest, 2> filters{
      FilterRequest{.filter = "a/b", .qos = QoS::at_least_once, .no_local = true, .retain_handling = 2},
      FilterRequest{.filter = "#"}};
  std::string v3;
  encode_subscribe(kV3, 10, filters, {}, v3);
  EXPECT_EQ(hex_of(v3), hex_of(wire("82 0c 000a 0003 'a/b' 01 0001 '#' 00")));
  std::string v5;
  encode_subscribe(kV5, 10, filters, {}, v5);
  EXPECT_EQ(hex_of(v5), hex_of(wire("82 0d 000a 00 0003 'a/b' 25 0001 '#' 00")));
}

TEST(EncodeUnsubscribe, WritesAList) {
  const std::array<std::string_view, 2> filters{"a/b", "#"};
  std::string out;
  encode_unsubscribe(kV3, 10, filters, {}, out);
  EXPECT_EQ(hex_of(out), hex_of(wire("a2 0a 000a 0003 'a/b' 0001 '#'")));
}

struct Shape {
  Version version;
  QoS qos;
  bool retain;
};

TEST(SharedPublish, IsThePublishOfEachReceiverButForThePacketId) {
  PropertyWriter properties;
  properties.add(PropertyId::content_type, "txt");
  for (const Shape shape : {Shape{kV3, QoS::at_most_once, false}, Shape{kV3, QoS::at_least_once, false},
                            Shape{kV3, QoS::at_least_once, true}, Shape{kV5, QoS::at_most_once, true},
                            Shape{kV5, QoS::at_least_once, false}}) {
    const SharedPublish shared =
        encode_publish(shape.version, shape.qos, shape.retain, "a/b", as_bytes("on"), properties.list());
    for (const auto id : std::to_array<std::uint16_t>({1, 0x1234, 0xFFFF})) {
      const bool has_id = shape.qos != QoS::at_most_once;
      std::string expected;
      encode(shape.version,
             Publish{.qos = shape.qos,
                     .retain = shape.retain,
                     .topic = "a/b",
                     .packet_id = has_id ? id : std::uint16_t{0},
                     .payload = as_bytes("on"),
                     .properties = properties.list()},
             expected);
      std::string out = "before";
      shared.append_to(out, id);
      EXPECT_EQ(hex_of(out), hex_of("before" + expected));
      EXPECT_EQ(shared.size(), expected.size());
      EXPECT_EQ(shared.has_packet_id(), has_id);

      std::string pieces{shared.head()};
      if (has_id) pieces += {static_cast<char>(id >> 8), static_cast<char>(id & 0xFF)};
      pieces += shared.tail();
      EXPECT_EQ(hex_of(pieces), hex_of(expected));
    }
  }
}

}  // namespace
}  // namespace iotemu::mqtt::testing
