#include "base/hex.h"

#include <gtest/gtest.h>

#include <array>

namespace iotemu {
namespace {

TEST(Hex, WritesLowercaseAndKeepsLeadingZeroes) {
  const std::array<std::uint8_t, 4> bytes{0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa5ff");
}

TEST(Hex, ReadsEitherCase) {
  EXPECT_EQ(from_hex("00Ff4a"), std::string("\x00\xff\x4a", 3));
}

TEST(Hex, ReadsNothingFromAnOddLengthOrAnotherCharacter) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("0x12"));
  EXPECT_FALSE(from_hex(" 12 "));
}

TEST(Hex, TellsHexFromOtherText) {
  EXPECT_TRUE(is_hex("0123456789abcdefABCDEF"));
  EXPECT_FALSE(is_hex("xyz"));
  EXPECT_FALSE(is_hex("\xc3\xa9"));
}

TEST(Hex, LowercasesAsciiOnly) {
  EXPECT_EQ(lowercase("ABC-Z9\xc3\x89"), "abc-z9\xc3\x89");
}

}  // namespace
}  // namespace iotemu
