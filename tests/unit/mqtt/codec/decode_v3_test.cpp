// Every packet of MQTT 3.1.1 as it should be.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr Version kV3 = Version::v3_1_1;

TEST(DecodeConnect, ReadsTheSmallestConnect) {
  const Decoded decoded{kV3, wire("10 0d 0004 'MQTT' 04 02 003c 0001 'a'")};
  const auto& connect = decoded.as<Connect>();
  EXPECT_EQ(connect, (Connect{.level = 4, .clean_start = true, .keep_alive = 60, .client_id = "a"}));
  EXPECT_EQ(connect.version(), Version::v3_1_1);
}

TEST(DecodeConnect, ReadsWillUserNameAndPasswordInTheOrderOfTheStandard) {
  const Decoded decoded{kV3,
                        wire("10 1b 0004 'MQTT' 04 ec 0000 0002 'id' 0001 't' 0002 ff00 0001 'u' 0001 'p'")};
  const auto& connect = decoded.as<Connect>();
  ASSERT_TRUE(connect.will);
  EXPECT_EQ(connect.will->topic, "t");
  EXPECT_TRUE(same_bytes(connect.will->payload, as_bytes(wire("ff00"))));
  EXPECT_EQ(connect.will->qos, QoS::at_least_once);
  EXPECT_TRUE(connect.will->retain);
  EXPECT_FALSE(connect.clean_start);
  EXPECT_EQ(connect.username, "u");
  EXPECT_EQ(as_text(connect.password.value()), "p");
}

TEST(DecodeConnect, LeavesAWillOfQos2ToTheBroker) {  // M3-11
  const Decoded decoded{kV3, wire("10 12 0004 'MQTT' 04 16 0000 0001 'a' 0001 't' 0000")};
  EXPECT_EQ(decoded.as<Connect>().will->qos, QoS::exactly_once);
}

TEST(DecodeConnect, LeavesAnEmptyClientIdToTheBroker) {  // M3-6
  const Decoded decoded{kV3, wire("10 0c 0004 'MQTT' 04 00 003c 0000")};
  EXPECT_EQ(decoded.as<Connect>().client_id, "");
}

TEST(DecodeConnect, StopsBehindALevelThatItDoesNotKnow) {  // M3-1
  for (const std::string_view level : {"00", "03", "06", "84", "ff"}) {
    const Decoded decoded{kV3, wire("10 09 0004 'MQTT' " + std::string{level} + " ffff")};
    const auto& connect = decoded.as<Connect>();
    EXPECT_EQ(connect.protocol_name, "MQTT");
    EXPECT_EQ(connect.version(), std::nullopt);
  }
}

TEST(DecodeConnect, ReportsMqtt31AsALevelThatItDoesNotKnow) {  // M3-1
  const Decoded decoded{kV3, wire("10 0f 0006 'MQIsdp' 03 02 003c 0001 'a'")};
  EXPECT_EQ(decoded.as<Connect>().protocol_name, "MQIsdp");
  EXPECT_EQ(decoded.as<Connect>().level, 3);
  EXPECT_EQ(decoded.as<Connect>().version(), std::nullopt);
}

TEST(DecodeConnect, KeepsAByteOrderMark) {  // [MQTT-1.5.3-3]
  const Decoded decoded{kV3, wire("10 10 0004 'MQTT' 04 02 003c 0004 efbbbf 'a'")};
  EXPECT_EQ(decoded.as<Connect>().client_id,
            "\xef\xbb\xbf"
            "a");
}

TEST(DecodeConnect, RefusesAnyOtherFirstPacket) {  // M3-2
  const std::string bytes = wire("c0 00");
  EXPECT_THAT(decode_connect(whole_frame(bytes)), BreaksRule("MQTT-3.1.0-1"));
}

TEST(DecodeConnack, ReadsSessionPresentAndCode) {
  EXPECT_EQ(Decoded(kV3, wire("20 02 0100")).as<Connack>(), (Connack{.session_present = true, .code = 0}));
  EXPECT_EQ(Decoded(kV3, wire("20 02 0005")).as<Connack>(), (Connack{.session_present = false, .code = 5}));
}

TEST(DecodePublish, HasNoPacketIdAtQos0) {
  const Decoded decoded{kV3, wire("30 07 0003 'a/b' 'on'")};
  EXPECT_EQ(decoded.as<Publish>(), (Publish{.topic = "a/b", .payload = as_bytes("on")}));
}

TEST(DecodePublish, ReadsFlagsAndPacketIdAtQos1) {
  const Decoded decoded{kV3, wire("3b 09 0003 'a/b' 1234 'on'")};
  EXPECT_EQ(decoded.as<Publish>(), (Publish{.qos = QoS::at_least_once,
                                            .retain = true,
                                            .dup = true,
                                            .topic = "a/b",
                                            .packet_id = 0x1234,
                                            .payload = as_bytes("on")}));
}

TEST(DecodePublish, LeavesQos2ToTheBroker) {  // M3-20
  EXPECT_EQ(Decoded(kV3, wire("34 05 0001 'a' 0001")).as<Publish>().qos, QoS::exactly_once);
}

TEST(DecodePublish, TakesAnEmptyPayloadAndAnyBytes) {
  EXPECT_TRUE(Decoded(kV3, wire("30 03 0001 'a'")).as<Publish>().payload.empty());
  EXPECT_EQ(Decoded(kV3, wire("30 06 0001 'a' 00fffe")).as<Publish>().payload.size(), 3U);
}

TEST(DecodePublish, TakesLevelsThatAreEmpty) {  // M3-33
  EXPECT_EQ(Decoded(kV3, wire("30 05 0003 '//a'")).as<Publish>().topic, "//a");
}

TEST(DecodePuback, ReadsThePacketId) {
  EXPECT_EQ(Decoded(kV3, wire("40 02 ffff")).as<Puback>(), (Puback{.packet_id = 0xFFFF}));
}

TEST(DecodeSubscribe, ListsTheFiltersInOrder) {
  const Decoded decoded{kV3, wire("82 0e 000a 0003 'a/b' 01 0003 '#/c' 00")};
  const auto& subscribe = decoded.as<Subscribe>();
  EXPECT_EQ(subscribe.packet_id, 10);
  EXPECT_EQ(subscribe.filters.size(), 2U);
  const std::vector<FilterRequest> filters(subscribe.filters.begin(), subscribe.filters.end());
  // The wildcard rules of filters are the broker's (M3-29).
  EXPECT_EQ(filters,
            (std::vector<FilterRequest>{{.filter = "a/b", .qos = QoS::at_least_once}, {.filter = "#/c"}}));
}

TEST(DecodeSubscribe, LeavesQos2ToTheBroker) {  // M3-20
  const Decoded decoded{kV3, wire("82 06 0001 0001 'a' 02")};
  EXPECT_EQ((*decoded.as<Subscribe>().filters.begin()).qos, QoS::exactly_once);
}

TEST(DecodeSuback, ListsTheCodes) {
  const Decoded decoded{kV3, wire("90 06 000a 00 01 02 80")};
  EXPECT_EQ(decoded.as<Suback>().packet_id, 10);
  EXPECT_TRUE(same_bytes(decoded.as<Suback>().codes, as_bytes(wire("00010280"))));
}

TEST(DecodeUnsubscribe, ListsTheFiltersInOrder) {
  const Decoded decoded{kV3, wire("a2 0a 000b 0003 'a/b' 0001 '+'")};
  const auto& unsubscribe = decoded.as<Unsubscribe>();
  const std::vector<std::string_view> filters(unsubscribe.filters.begin(), unsubscribe.filters.end());
  EXPECT_EQ(unsubscribe.packet_id, 11);
  EXPECT_EQ(filters, (std::vector<std::string_view>{"a/b", "+"}));
}

TEST(DecodeUnsuback, ReadsThePacketId) {
  EXPECT_EQ(Decoded(kV3, wire("b0 02 000b")).as<Unsuback>(), (Unsuback{.packet_id = 11}));
}

TEST(Decode, ReadsThePacketsWithoutABody) {
  EXPECT_TRUE(std::holds_alternative<Pingreq>(*Decoded(kV3, wire("c0 00")).packet));
  EXPECT_TRUE(std::holds_alternative<Pingresp>(*Decoded(kV3, wire("d0 00")).packet));
  EXPECT_EQ(Decoded(kV3, wire("e0 00")).as<Disconnect>(), Disconnect{});
}

TEST(Decode, NamesThePacketsThatThisBrokerDoesNotSupport) {  // M3-19
  EXPECT_EQ(Decoded(kV3, wire("50 02 0001")).as<Unsupported>().type, PacketType::pubrec);
  EXPECT_EQ(Decoded(kV3, wire("62 02 0001")).as<Unsupported>().type, PacketType::pubrel);
  EXPECT_EQ(Decoded(kV3, wire("70 02 0001")).as<Unsupported>().type, PacketType::pubcomp);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
