#include "emulator/daemon/parse_value.h"

#include <gtest/gtest.h>

namespace iotemu::daemon {
namespace {

using namespace std::chrono_literals;

TEST(ParseValue, NumberIsReadWholeAndWithinItsBound) {
  EXPECT_EQ(parse_count("0", 10), 0U);
  EXPECT_EQ(parse_count("10", 10), 10U);
  for (const auto* wrong : {"", "11", "-1", "+1", "1x", " 1", "1 ", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(parse_count(wrong, 10), std::nullopt) << wrong;
  }
}

TEST(ParseValue, DurationIsInSecondsUnlessItSaysOtherwise) {
  EXPECT_EQ(parse_duration("30"), 30s);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1440m"), 24h);
  for (const auto* wrong : {"", "0", "0ms", "s", "1h", "-1s", "1.5s", "1441m", "18446744073709551615m"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(ParseValue, TruthHasItsUsualWords) {
  for (const auto* yes : {"true", "on", "yes", "1"}) EXPECT_EQ(parse_bool(yes), true) << yes;
  for (const auto* no : {"false", "off", "no", "0"}) EXPECT_EQ(parse_bool(no), false) << no;
  for (const auto* wrong : {"", "TRUE", "maybe", "2"}) EXPECT_EQ(parse_bool(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace iotemu::daemon
