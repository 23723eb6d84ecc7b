// What MQTT 5 adds to each packet.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr Version kV5 = Version::v5;

TEST(DecodeConnectV5, TakesItsVersionFromThePacketAndReadsBothPropertyLists) {
  // Flags: will, will QoS 1, clean start. Session expiry 10 s; will delay 5 s.
  const Decoded decoded{
      Version::v3_1_1,
      wire("10 1f 0004 'MQTT' 05 0e 003c 05 11 0000000a 0001 'a' 05 18 00000005 0001 't' 0001 'x'")};
  const auto& connect = decoded.as<Connect>();
  EXPECT_EQ(connect.version(), kV5);
  EXPECT_EQ(connect.properties.number(PropertyId::session_expiry_interval), 10U);
  ASSERT_TRUE(connect.will);
  EXPECT_EQ(connect.will->properties.number(PropertyId::will_delay_interval), 5U);
  EXPECT_EQ(as_text(connect.will->payload), "x");
}

TEST(DecodeConnectV5, TakesAPasswordWithoutAUserName) {
  const Decoded decoded{kV5, wire("10 11 0004 'MQTT' 05 42 003c 00 0001 'a' 0001 'p'")};
  EXPECT_FALSE(decoded.as<Connect>().username);
  EXPECT_EQ(as_text(decoded.as<Connect>().password.value()), "p");
}

TEST(DecodeConnackV5, ReadsReasonAndProperties) {
  const Decoded decoded{kV5, wire("20 0b 00 00 08 21 0064 22 0008 24 01")};
  const auto& connack = decoded.as<Connack>();
  EXPECT_EQ(connack.properties.number(PropertyId::receive_maximum), 100U);
  EXPECT_EQ(connack.properties.number(PropertyId::topic_alias_maximum), 8U);
  EXPECT_EQ(connack.properties.number(PropertyId::maximum_qos), 1U);
}

TEST(DecodePublishV5, ReadsPropertiesBetweenPacketIdAndPayload) {
  const Decoded decoded{kV5, wire("32 12 0001 'a' 0007 0b 02 0000003c 03 0003 'txt' 'x'")};
  const auto& publish = decoded.as<Publish>();
  EXPECT_EQ(publish.properties.number(PropertyId::message_expiry_interval), 60U);
  EXPECT_EQ(publish.properties.text(PropertyId::content_type), "txt");
  EXPECT_EQ(as_text(publish.payload), "x");
}

TEST(DecodePublishV5, TakesAnEmptyTopicWithAnAlias) {
  const Decoded decoded{kV5, wire("30 06 0000 03 23 0008")};
  EXPECT_EQ(decoded.as<Publish>().topic, "");
  EXPECT_EQ(decoded.as<Publish>().properties.number(PropertyId::topic_alias), 8U);
}

TEST(DecodePublishV5, LeavesAnAliasOfZeroToTheConnection) {
  const Decoded decoded{kV5, wire("30 07 0001 'a' 03 23 0000")};
  EXPECT_EQ(decoded.as<Publish>().properties.number(PropertyId::topic_alias), 0U);
}

TEST(DecodePubackV5, TakesTheThreeLengthsOfTheStandard) {
  EXPECT_EQ(Decoded(kV5, wire("40 02 0001")).as<Puback>().reason, Reason::success);
  EXPECT_EQ(Decoded(kV5, wire("40 03 0001 87")).as<Puback>().reason, Reason::not_authorized);
  const Decoded whole{kV5, wire("40 0a 0001 97 06 1f 0003 'why'")};
  EXPECT_EQ(whole.as<Puback>().reason, Reason::quota_exceeded);
  EXPECT_EQ(whole.as<Puback>().properties.text(PropertyId::reason_string), "why");
}

TEST(DecodeSubscribeV5, ReadsTheOptionsOfEachFilter) {
  const Decoded decoded{kV5, wire("82 0b 0001 00 0001 'a' 2d 0001 'b' 10")};
  const auto& filters = decoded.as<Subscribe>().filters;
  const std::vector<FilterRequest> requests(filters.begin(), filters.end());
  EXPECT_EQ(requests, (std::vector<FilterRequest>{{.filter = "a",
                                                   .qos = QoS::at_least_once,
                                                   .no_local = true,
                                                   .retain_as_published = true,
                                                   .retain_handling = 2},
                                                  {.filter = "b", .retain_handling = 1}}));
}

TEST(DecodeSubscribeV5, ReadsASubscriptionIdentifier) {
  const Decoded decoded{kV5, wire("82 0a 0001 03 0b 8001 0001 'a' 00")};
  EXPECT_EQ(decoded.as<Subscribe>().properties.number(PropertyId::subscription_identifier), 128U);
}

TEST(DecodeSubackV5, ReadsReasonCodes) {
  const Decoded decoded{kV5, wire("90 06 0001 00 01 87 a1")};
  EXPECT_TRUE(same_bytes(decoded.as<Suback>().codes, as_bytes(wire("0187a1"))));
}

TEST(DecodeUnsubackV5, ReadsReasonCodes) {
  const Decoded decoded{kV5, wire("b0 05 0001 00 00 11")};
  EXPECT_TRUE(same_bytes(decoded.as<Unsuback>().codes, as_bytes(wire("0011"))));
}

TEST(DecodeUnsubscribeV5, ReadsUserProperties) {
  const Decoded decoded{kV5, wire("a2 0d 0001 07 26 0001 'k' 0001 'v' 0001 'a'")};
  EXPECT_EQ(decoded.as<Unsubscribe>().properties.find(PropertyId::user_property)->name, "k");
}

TEST(DecodeDisconnectV5, TakesTheThreeLengthsOfTheStandard) {
  EXPECT_EQ(Decoded(kV5, wire("e0 00")).as<Disconnect>().reason, Reason::success);
  EXPECT_EQ(Decoded(kV5, wire("e0 01 04")).as<Disconnect>().reason, Reason::disconnect_with_will);
  const Decoded whole{kV5, wire("e0 07 8e 05 11 00000000")};
  EXPECT_EQ(whole.as<Disconnect>().reason, Reason::session_taken_over);
  EXPECT_EQ(whole.as<Disconnect>().properties.number(PropertyId::session_expiry_interval), 0U);
}

TEST(DecodeV5, KnowsAuthAsUnsupported) {  // M5-4
  EXPECT_EQ(Decoded(kV5, wire("f0 00")).as<Unsupported>().type, PacketType::auth);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
