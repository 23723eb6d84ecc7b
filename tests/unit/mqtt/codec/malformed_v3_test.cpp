// Every way in which a packet of MQTT 3.1.1 can be wrong, and the statement that the error cites.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

struct Malformed {
  std::string_view name;
  std::string_view hex;
  std::string_view rule;
};

constexpr Malformed kMalformed[] = {
    {"ReservedType0", "00 00", "section 2.2.1"},
    {"ReservedType15", "f0 00", "section 2.2.1"},
    {"ConnectFlagsOfHeader", "11 0d 0004 'MQTT' 04 02 003c 0001 'a'", "MQTT-2.2.2-2"},
    {"ConnackFlagsOfHeader", "21 02 0000", "MQTT-2.2.2-2"},
    {"PubackFlagsOfHeader", "42 02 0001", "MQTT-2.2.2-2"},
    {"PubrecFlagsOfHeader", "51 02 0001", "MQTT-2.2.2-2"},
    {"PubrelFlagsOfHeader", "60 02 0001", "MQTT-2.2.2-2"},
    {"PubcompFlagsOfHeader", "71 02 0001", "MQTT-2.2.2-2"},
    {"SubscribeFlagsOfHeader", "80 06 0001 0001 'a' 00", "MQTT-2.2.2-2"},
    {"SubackFlagsOfHeader", "92 03 0001 00", "MQTT-2.2.2-2"},
    {"UnsubscribeFlagsOfHeader", "a0 05 0001 0001 'a'", "MQTT-2.2.2-2"},
    {"UnsubackFlagsOfHeader", "b2 02 0001", "MQTT-2.2.2-2"},
    {"PingreqFlagsOfHeader", "c1 00", "MQTT-2.2.2-2"},
    {"PingrespFlagsOfHeader", "d1 00", "MQTT-2.2.2-2"},
    {"DisconnectFlagsOfHeader", "e1 00", "MQTT-2.2.2-2"},

    {"ConnectEmpty", "10 00", "section 2.2.3"},
    {"ConnectWrongName", "10 0d 0004 'MqTT' 04 02 003c 0001 'a'", "MQTT-3.1.2-1"},
    {"ConnectMqtt31NameAtLevel4", "10 0f 0006 'MQIsdp' 04 02 003c 0001 'a'", "MQTT-3.1.2-1"},
    {"ConnectNameIllFormed", "10 0d 0004 'MQT' ff 04 02 003c 0001 'a'", "MQTT-1.5.3-1"},
    {"ConnectReservedFlag", "10 0d 0004 'MQTT' 04 03 003c 0001 'a'", "MQTT-3.1.2-3"},
    {"ConnectWillQosWithoutWill", "10 0d 0004 'MQTT' 04 0a 003c 0001 'a'", "MQTT-3.1.2-13"},
    {"ConnectWillQos3", "10 12 0004 'MQTT' 04 1e 003c 0001 'a' 0001 't' 0000", "MQTT-3.1.2-14"},
    {"ConnectWillRetainWithoutWill", "10 0d 0004 'MQTT' 04 22 003c 0001 'a'", "MQTT-3.1.2-15"},
    {"ConnectPasswordWithoutUserName", "10 10 0004 'MQTT' 04 42 003c 0001 'a' 0001 'p'", "MQTT-3.1.2-22"},
    {"ConnectWithoutClientId", "10 0a 0004 'MQTT' 04 02 003c", "section 2.2.3"},
    {"ConnectClientIdCut", "10 0d 0004 'MQTT' 04 02 003c 0002 'a'", "section 2.2.3"},
    {"ConnectClientIdIllFormed", "10 0d 0004 'MQTT' 04 02 003c 0001 ff", "MQTT-1.5.3-1"},
    {"ConnectClientIdSurrogate", "10 0f 0004 'MQTT' 04 02 003c 0003 eda080", "MQTT-1.5.3-1"},
    {"ConnectClientIdNull", "10 0d 0004 'MQTT' 04 02 003c 0001 00", "MQTT-1.5.3-2"},
    {"ConnectWillMissing", "10 0d 0004 'MQTT' 04 06 003c 0001 'a'", "section 2.2.3"},
    {"ConnectWillTopicIllFormed", "10 12 0004 'MQTT' 04 06 003c 0001 'a' 0001 c0 0000", "MQTT-1.5.3-1"},
    {"ConnectWillPayloadCut", "10 12 0004 'MQTT' 04 06 003c 0001 'a' 0001 't' 0001", "section 2.2.3"},
    {"ConnectUserNameMissing", "10 0d 0004 'MQTT' 04 82 003c 0001 'a'", "section 2.2.3"},
    {"ConnectUserNameIllFormed", "10 10 0004 'MQTT' 04 82 003c 0001 'a' 0001 80", "MQTT-1.5.3-1"},
    {"ConnectPasswordMissing", "10 10 0004 'MQTT' 04 c2 003c 0001 'a' 0001 'u'", "section 2.2.3"},
    {"ConnectTrailingBytes", "10 0e 0004 'MQTT' 04 02 003c 0001 'a' 00", "section 2.2.3"},
    {"ConnectUserNameWithoutItsFlag", "10 10 0004 'MQTT' 04 02 003c 0001 'a' 0001 'u'", "section 2.2.3"},

    {"ConnackReservedFlags", "20 02 0200", "section 3.2.2.1"},
    {"ConnackUnknownCode", "20 02 0006", "section 3.2.2.3"},
    {"ConnackSessionPresentInARefusal", "20 02 0105", "MQTT-3.2.2-4"},
    {"ConnackCut", "20 01 00", "section 2.2.3"},
    {"ConnackTrailingByte", "20 03 000000", "section 2.2.3"},

    {"PublishEmpty", "30 00", "section 2.2.3"},
    {"PublishQos3", "36 05 0001 'a' 0001", "MQTT-3.3.1-4"},
    {"PublishDupAtQos0", "38 03 0001 'a'", "MQTT-3.3.1-2"},
    {"PublishTopicCut", "30 03 0002 'a'", "section 2.2.3"},
    {"PublishTopicEmpty", "30 02 0000", "MQTT-4.7.3-1"},
    {"PublishTopicPlus", "30 05 0003 'a/+'", "MQTT-3.3.2-2"},
    {"PublishTopicHash", "30 03 0001 '#'", "MQTT-3.3.2-2"},
    {"PublishTopicNull", "30 04 0002 'a' 00", "MQTT-1.5.3-2"},
    {"PublishTopicIllFormed", "30 04 0002 'a' fe", "MQTT-1.5.3-1"},
    {"PublishWithoutPacketId", "32 03 0001 'a'", "section 2.2.3"},
    {"PublishPacketIdCut", "32 04 0001 'a' 01", "section 2.2.3"},
    {"PublishPacketIdZero", "32 05 0001 'a' 0000", "MQTT-2.3.1-1"},

    {"PubackPacketIdZero", "40 02 0000", "MQTT-2.3.1-1"},
    {"PubackCut", "40 01 00", "section 2.2.3"},
    {"PubackWithAReason", "40 03 0001 00", "section 2.2.3"},

    {"SubscribeWithoutFilter", "82 02 0001", "MQTT-3.8.3-3"},
    {"SubscribeEmpty", "82 00", "section 2.2.3"},
    {"SubscribePacketIdZero", "82 06 0000 0001 'a' 00", "MQTT-2.3.1-1"},
    {"SubscribeWithoutQos", "82 05 0001 0001 'a'", "section 2.2.3"},
    {"SubscribeQos3", "82 06 0001 0001 'a' 03", "MQTT-3-8.3-4"},
    {"SubscribeReservedBits", "82 06 0001 0001 'a' 05", "MQTT-3-8.3-4"},
    {"SubscribeReservedBitsOfTheSecond", "82 0a 0001 0001 'a' 01 0001 'b' 80", "MQTT-3-8.3-4"},
    {"SubscribeFilterEmpty", "82 05 0001 0000 00", "MQTT-4.7.3-1"},
    {"SubscribeFilterNull", "82 06 0001 0001 00 00", "MQTT-1.5.3-2"},
    {"SubscribeFilterIllFormed", "82 06 0001 0001 ff 00", "MQTT-1.5.3-1"},
    {"SubscribeFilterCut", "82 05 0001 0002 'a'", "section 2.2.3"},

    {"SubackUnknownCode", "90 03 0001 03", "MQTT-3.9.3-2"},
    {"SubackWithoutCodes", "90 02 0001", "section 2.2.3"},

    {"UnsubscribeWithoutFilter", "a2 02 0001", "MQTT-3.10.3-2"},
    {"UnsubscribePacketIdZero", "a2 05 0000 0001 'a'", "MQTT-2.3.1-1"},
    {"UnsubscribeFilterEmpty", "a2 04 0001 0000", "MQTT-4.7.3-1"},
    {"UnsubscribeFilterIllFormed", "a2 05 0001 0001 ff", "MQTT-1.5.3-1"},
    {"UnsubscribeFilterCut", "a2 05 0001 0005 'a'", "section 2.2.3"},
    {"UnsubackTrailingByte", "b0 03 0001 00", "section 2.2.3"},

    {"PingreqWithABody", "c0 01 00", "section 2.2.3"},
    {"PingrespWithABody", "d0 01 00", "section 2.2.3"},
    {"DisconnectWithAReason", "e0 01 00", "section 2.2.3"},
};

class MalformedV3 : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedV3, IsRefusedWithItsRule) {
  const Decoded decoded{Version::v3_1_1, wire(GetParam().hex)};
  ASSERT_THAT(decoded.packet, BreaksRule(GetParam().rule));
  EXPECT_EQ(decoded.packet.error().code, Errc::malformed_packet);
  EXPECT_EQ(reason_for(decoded.packet.error()), Reason::malformed_packet);
}

INSTANTIATE_TEST_SUITE_P(Packets, MalformedV3, ::testing::ValuesIn(kMalformed),
                         [](const auto& named) { return std::string{named.param.name}; });

TEST(DecodeError, NamesThePacketTheRuleAndTheByte) {
  const Decoded decoded{Version::v3_1_1, wire("82 0a 0001 0001 'a' 01 0001 'b' 80")};
  EXPECT_EQ(
      decoded.packet.error().message,
      "SUBSCRIBE: reserved bits beside the requested QoS are set [MQTT-3-8.3-4] at byte 10 of the body");
}

// A packet that is cut anywhere is an error, never a read past its end (the sanitizers watch).
TEST(Decode, RefusesEveryProperPrefixOfABody) {
  const std::string packets[] = {
      wire("10 1b 0004 'MQTT' 04 ec 0000 0002 'id' 0001 't' 0002 ff00 0001 'u' 0001 'p'"),
      wire("20 02 0000"),
      wire("32 05 0001 'a' 0001"),
      wire("40 02 0001"),
      wire("82 06 0001 0001 'a' 00"),
      wire("90 03 0001 00"),
      wire("a2 05 0001 0001 'a'"),
      wire("b0 02 0001"),
  };
  for (const std::string& packet : packets) {
    for (std::size_t size = 0; size + 2 < packet.size(); ++size) {
      std::string prefix = packet.substr(0, 2 + size);
      prefix[1] = static_cast<char>(size);
      const Decoded decoded{Version::v3_1_1, prefix};
      EXPECT_FALSE(decoded.packet.ok()) << to_hex(as_bytes(prefix));
    }
  }
}

}  // namespace
}  // namespace iotemu::mqtt::testing
