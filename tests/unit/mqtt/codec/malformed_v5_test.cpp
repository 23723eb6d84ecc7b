// What MQTT 5 forbids beyond 3.1.1, and whether it calls that malformed or a protocol error.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr Reason kMalformedPacket = Reason::malformed_packet;
constexpr Reason kProtocolError = Reason::protocol_error;

struct Malformed {
  std::string_view name;
  std::string_view hex;
  std::string_view rule;
  Reason reason;
};

constexpr Malformed kCases[] = {
    {"ReservedType0", "00 00", "section 2.1.2", kMalformedPacket},
    {"AuthFlagsOfHeader", "f1 00", "MQTT-2.1.3-1", kMalformedPacket},
    {"PingreqFlagsOfHeader", "c8 00", "MQTT-2.1.3-1", kMalformedPacket},
    {"ConnectWillQosWithoutWill", "10 0e 0004 'MQTT' 05 0a 003c 00 0001 'a'", "MQTT-3.1.2-11",
     kMalformedPacket},
    {"ConnectWillQos3", "10 14 0004 'MQTT' 05 1e 003c 00 0001 'a' 00 0001 't' 0000", "MQTT-3.1.2-12",
     kMalformedPacket},
    {"ConnectWillRetainWithoutWill", "10 0e 0004 'MQTT' 05 22 003c 00 0001 'a'", "MQTT-3.1.2-13",
     kMalformedPacket},
    {"ConnectReservedFlag", "10 0e 0004 'MQTT' 05 03 003c 00 0001 'a'", "MQTT-3.1.2-3", kMalformedPacket},
    {"ConnectClientIdIllFormed", "10 0e 0004 'MQTT' 05 02 003c 00 0001 ff", "MQTT-1.5.4-1", kMalformedPacket},
    {"ConnectClientIdNull", "10 0e 0004 'MQTT' 05 02 003c 00 0001 00", "MQTT-1.5.4-2", kMalformedPacket},
    {"ConnectWithoutProperties", "10 0a 0004 'MQTT' 05 02 003c", "section 2.1.4", kMalformedPacket},
    {"ConnectPropertiesCut", "10 0c 0004 'MQTT' 05 02 003c 05 11", "section 2.1.4", kMalformedPacket},
    {"ConnectAuthDataWithoutMethod", "10 12 0004 'MQTT' 05 02 003c 04 16 0001 'd' 0001 'a'",
     "section 3.1.2.11.10", kProtocolError},
    {"ConnectReceiveMaximumZero", "10 11 0004 'MQTT' 05 02 003c 03 21 0000 0001 'a'", "section 2.2.2.2",
     kProtocolError},
    {"ConnectPropertyTwice", "10 14 0004 'MQTT' 05 02 003c 06 21 0001 21 0001 0001 'a'", "section 2.2.2.2",
     kProtocolError},
    {"ConnectPropertyOfPublish", "10 11 0004 'MQTT' 05 02 003c 03 23 0001 0001 'a'", "section 2.2.2.2",
     kMalformedPacket},
    {"ConnectWillDelayOutsideTheWill", "10 13 0004 'MQTT' 05 02 003c 05 18 00000001 0001 'a'",
     "section 2.2.2.2", kMalformedPacket},
    {"ConnackUnknownReason", "20 03 00 04 00", "MQTT-3.2.2-8", kMalformedPacket},
    {"ConnackSessionPresentInARefusal", "20 03 01 87 00", "MQTT-3.2.2-6", kProtocolError},
    {"PublishEmptyTopicWithoutAlias", "30 03 0000 00", "section 3.3.2.1", kProtocolError},
    {"PublishDupAtQos0", "38 04 0001 'a' 00", "MQTT-3.3.1-2", kProtocolError},
    {"PublishPacketIdZero", "32 06 0001 'a' 0000 00", "MQTT-2.2.1-3", kMalformedPacket},
    {"PublishUnknownProperty", "30 06 0001 'a' 02 7e 00", "section 2.2.2.2", kMalformedPacket},
    {"PublishPropertyIdAboveOneByte", "30 07 0001 'a' 03 ff01 00", "section 2.2.2.2", kMalformedPacket},
    {"PublishPropertyIdNotMinimal", "30 07 0001 'a' 03 8100 00", "MQTT-1.5.5-1", kMalformedPacket},
    {"PublishPropertyLengthNotMinimal", "30 05 0001 'a' 8000", "MQTT-1.5.5-1", kMalformedPacket},
    {"PublishPropertyLengthPastFourBytes", "30 08 0001 'a' ffffffff01", "MQTT-1.5.5-1", kMalformedPacket},
    {"PublishPropertyRunsPastTheList", "30 09 0001 'a' 02 02 00000001", "section 2.1.4", kMalformedPacket},
    {"PublishFormatIndicator2", "30 06 0001 'a' 02 01 02", "section 2.2.2.2", kProtocolError},
    {"PublishResponseTopicWildcard", "30 08 0001 'a' 04 08 0001 '#'", "MQTT-3.3.2-14", kProtocolError},
    {"PublishContentTypeIllFormed", "30 08 0001 'a' 04 03 0001 ff", "MQTT-1.5.4-1", kMalformedPacket},
    {"PublishUserPropertyCut", "30 08 0001 'a' 04 26 0001 'k'", "section 2.1.4", kMalformedPacket},
    {"PublishSubscriptionIdentifierZero", "30 06 0001 'a' 02 0b 00", "section 2.2.2.2", kProtocolError},
    {"PubackReasonOfDisconnect", "40 03 0001 8d", "section 2.4", kMalformedPacket},
    {"SubscribeWithoutFilter", "82 03 0001 00", "MQTT-3.8.3-2", kProtocolError},
    {"SubscribeReservedBits", "82 07 0001 00 0001 'a' 40", "MQTT-3.8.3-5", kMalformedPacket},
    {"SubscribeQos3", "82 07 0001 00 0001 'a' 03", "section 3.8.3.1", kProtocolError},
    {"SubscribeRetainHandling3", "82 07 0001 00 0001 'a' 30", "section 3.8.3.1", kProtocolError},
    {"SubscribeSharedNoLocal", "82 10 0001 00 000a '$share/g/a' 04", "MQTT-3.8.3-4", kProtocolError},
    {"SubscribeTwoIdentifiers", "82 0b 0001 04 0b01 0b02 0001 'a' 00", "section 2.2.2.2", kProtocolError},
    {"SubackUnknownCode", "90 04 0001 00 04", "MQTT-3.9.3-2", kMalformedPacket},
    {"UnsubscribeWithoutFilter", "a2 03 0001 00", "MQTT-3.10.3-2", kProtocolError},
    {"UnsubackWithoutCodes", "b0 03 0001 00", "section 2.1.4", kMalformedPacket},
    {"UnsubackUnknownCode", "b0 04 0001 00 01", "section 2.4", kMalformedPacket},
    {"DisconnectReasonOfConnack", "e0 01 85", "section 2.4", kMalformedPacket},
    {"DisconnectTrailingByte", "e0 03 00 00 00", "section 2.1.4", kMalformedPacket},
};

class MalformedV5 : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedV5, IsRefusedWithItsRuleAndReason) {
  const Decoded decoded{Version::v5, wire(GetParam().hex)};
  ASSERT_THAT(decoded.packet, BreaksRule(GetParam().rule));
  EXPECT_EQ(reason_for(decoded.packet.error()), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(Packets, MalformedV5, ::testing::ValuesIn(kCases),
                         [](const auto& named) { return std::string{named.param.name}; });

TEST(DecodeErrorV5, NamesThePropertyAndTheByte) {
  const Decoded decoded{Version::v5, wire("30 06 0001 'a' 02 01 02")};
  EXPECT_EQ(
      decoded.packet.error().message,
      "PUBLISH: payload format indicator value is out of range [section 2.2.2.2] at byte 6 of the body");
}

}  // namespace
}  // namespace iotemu::mqtt::testing
