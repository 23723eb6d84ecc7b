#include "mqtt/codec/describe.h"

#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "mqtt/codec/bytes.h"

namespace iotemu::mqtt {
namespace {

TEST(Describe, ShowsAPublish) {
  EXPECT_EQ(describe(Publish{.qos = QoS::at_least_once,
                             .retain = true,
                             .topic = "a/b",
                             .packet_id = 7,
                             .payload = as_bytes("on")}),
            "PUBLISH{qos 1, topic \"a/b\", id 7, retain, payload \"on\"}");
}

TEST(Describe, NeverShowsThePassword) {
  const std::string line =
      describe(Connect{.client_id = "c", .username = "u", .password = as_bytes("secret")});
  EXPECT_EQ(line, "CONNECT{level 4, client id \"c\", keep alive 0, user name \"u\", password}");
}

TEST(Describe, EscapesWhatCouldForgeALogLine) {
  EXPECT_EQ(describe(Publish{.topic = "a\n\"b\\\x7f"}),
            R"(PUBLISH{qos 0, topic "a\x0a\"b\\\x7f", payload ""})");
}

TEST(Describe, CutsLongPayloads) {
  const std::string payload(1000, 'x');
  EXPECT_EQ(describe(Publish{.topic = "a", .payload = as_bytes(payload)}),
            "PUBLISH{qos 0, topic \"a\", payload \"" + std::string(64, 'x') + "\" of 1000 bytes}");
}

TEST(Describe, ShowsCodesReasonsAndProperties) {
  const std::array<std::uint8_t, 2> codes{0x01, 0x80};
  EXPECT_EQ(describe(Suback{.packet_id = 3, .codes = codes}), "SUBACK{id 3, code 0x01, code 0x80}");
  EXPECT_EQ(describe(Disconnect{.reason = Reason::session_taken_over}),
            "DISCONNECT{reason session taken over}");
  PropertyWriter properties;
  properties.add(PropertyId::receive_maximum, 100).add_user_property("k", "v");
  EXPECT_EQ(describe(Connack{.properties = properties.list()}),
            "CONNACK{code 0x00, receive maximum 100, user property \"k\"=\"v\"}");
}

TEST(Describe, ShowsPacketsWithoutFields) {
  EXPECT_EQ(describe(Pingreq{}), "PINGREQ{}");
  EXPECT_EQ(describe(Unsupported{.type = PacketType::pubrec}), "PUBREC{}");
}

TEST(Describe, IsHowTestsPrintPackets) {
  std::ostringstream out;
  PrintTo(Puback{.packet_id = 7}, &out);
  EXPECT_EQ(out.str(), "PUBACK{id 7}");
}

}  // namespace
}  // namespace iotemu::mqtt
