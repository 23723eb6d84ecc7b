#include "registry/policy/operands.h"

#include <gtest/gtest.h>

#include <string>

namespace iotemu::registry::policy {
namespace {

struct DateCase {
  std::string text{};
  std::optional<std::int64_t> expected{};
};

TEST(ParseDate, KnowsTheFormsOfIso8601ThatPoliciesUse) {
  const DateCase cases[]{
      {"1970", 0},
      {"1970-02", 2'678'400'000},
      {"1970-01-02", 86'400'000},
      {"1970-01-01T00:01Z", 60'000},
      {"1970-01-01T00:00:01Z", 1'000},
      {"1970-01-01T00:00:01.5Z", 1'500},
      {"1970-01-01T00:00:01.12345Z", 1'123},
      {"1970-01-01T01:00:00+01:00", 0},
      {"1970-01-01T00:00:00-01:00", 3'600'000},
      {"1970-01-01T01:00+0100", 0},
      {"2024-02-29", 1'709'164'800'000},
      {"0", 0},
      {"1700000000", 1'700'000'000'000},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_date(text), expected) << text;
}

TEST(ParseDate, RefusesEverythingElse) {
  for (const char* text : {"", "today", "2026-13", "2026-02-30", "2026-1-1", "2026-01-01T", "2026-01-01T10",
                           "2026-01-01T25:00Z", "2026-01-01T10:00", "2026-01-01T10:00:00.Z", "2026-01-01Z",
                           "2026-01-01T10:00Z ", "-1", "20 26", "99999999999999999999999"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, TakesDecimalNumbersWhole) {
  EXPECT_EQ(parse_number("12"), 12.0);
  EXPECT_EQ(parse_number("-0.5"), -0.5);
  EXPECT_EQ(parse_number("1e3"), 1000.0);
  for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "inf", "nan", "1e999", "one"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(ParseBool, IgnoresCase) {
  EXPECT_EQ(parse_bool("True"), true);
  EXPECT_EQ(parse_bool("FALSE"), false);
  EXPECT_EQ(parse_bool("yes"), std::nullopt);
  EXPECT_EQ(parse_bool(""), std::nullopt);
}

struct RangeCase {
  const char* range{};
  const char* address{};
  bool contains{};
};

TEST(AddressRange, ContainsByPrefix) {
  const RangeCase cases[]{
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.77/24", "192.0.2.1", true},  // bits behind the prefix do not matter
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.128", true},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.2", false},
      {"0.0.0.0/0", "255.255.255.255", true},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"::1", "0:0:0:0:0:0:0:1", true},
      {"127.0.0.0/8", "::ffff:127.0.0.1", true},
      {"::ffff:192.0.2.0/120", "192.0.2.9", true},
  };
  for (const auto& [range, address, contains] : cases) {
    const auto parsed_range = AddressRange::parse(range);
    const auto parsed_address = AddressRange::parse(address);
    ASSERT_TRUE(parsed_range && parsed_address) << range << " " << address;
    EXPECT_EQ(parsed_range->contains(*parsed_address), contains) << range << " " << address;
  }
}

TEST(AddressRange, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "192.0.2", "192.0.2.256", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/x",
                           "::1/129", "192.0.2.1/-1", "localhost", "192.0.2.1 "}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace iotemu::registry::policy
