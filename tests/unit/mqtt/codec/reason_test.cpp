#include "mqtt/codec/reason.h"

#include <gtest/gtest.h>

namespace iotemu::mqtt {
namespace {

TEST(Reason, IsLegalWhereTheStandardListsIt) {
  EXPECT_TRUE(is_legal(Reason::not_authorized, PacketType::connack));
  EXPECT_TRUE(is_legal(Reason::not_authorized, PacketType::puback));
  EXPECT_TRUE(is_legal(Reason::granted_qos_1, PacketType::suback));
  EXPECT_TRUE(is_legal(Reason::session_taken_over, PacketType::disconnect));
  EXPECT_TRUE(is_legal(Reason::no_subscription_existed, PacketType::unsuback));
}

TEST(Reason, IsNotLegalElsewhere) {
  EXPECT_FALSE(is_legal(Reason::granted_qos_1, PacketType::unsuback));
  EXPECT_FALSE(is_legal(Reason::session_taken_over, PacketType::connack));
  EXPECT_FALSE(is_legal(Reason::success, PacketType::publish));
  EXPECT_FALSE(is_legal(Reason{0x05}, PacketType::connack));
}

TEST(Reason, HasANameForEveryCodeThatIsLegalSomewhere) {
  int named = 0;
  for (int code = 0; code < 256; ++code) {
    const auto reason = static_cast<Reason>(code);
    bool legal = false;
    for (int type = 1; type < 16; ++type) legal = legal || is_legal(reason, static_cast<PacketType>(type));
    EXPECT_EQ(name_of(reason) != "unknown reason code", legal) << code;
    named += legal ? 1 : 0;
  }
  EXPECT_EQ(named, 43);
}

TEST(ReasonFor, TellsTheErrorsOfTheCodecApart) {
  EXPECT_EQ(reason_for(Error{.code = Errc::malformed_packet}), Reason::malformed_packet);
  EXPECT_EQ(reason_for(Error{.code = Errc::invalid_request}), Reason::protocol_error);
  EXPECT_EQ(reason_for(Error{.code = Errc::too_large}), Reason::packet_too_large);
  EXPECT_EQ(reason_for(Error{.code = Errc::internal}), Reason::unspecified_error);
}

TEST(PacketTypeName, IsTheStandards) {
  EXPECT_EQ(name_of(PacketType::connect), "CONNECT");
  EXPECT_EQ(name_of(PacketType::auth), "AUTH");
  EXPECT_EQ(name_of(PacketType{0}), "RESERVED");
}

}  // namespace
}  // namespace iotemu::mqtt
