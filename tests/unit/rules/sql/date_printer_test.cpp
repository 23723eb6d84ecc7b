// Dates as texts, by the patterns of Joda-Time (M 7.6, parse_time).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/sql/date_pattern.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr std::int64_t kMoment = 1'617'445'218'045;  // 2021-04-03T10:20:18.045Z, a Saturday

std::optional<std::string> printed(std::string_view pattern, std::int64_t ms = kMoment,
                                   std::string_view zone_id = "UTC") {
  const auto printer = TimePrinter::compile(pattern);
  const auto zone = Zone::joda(zone_id);
  return printer && zone ? printer->print(ms, *zone) : std::nullopt;
}

struct Case {
  std::string pattern;
  std::string expected;
};
class DatePrinterLetters : public ::testing::TestWithParam<Case> {};

TEST_P(DatePrinterLetters, PrintAsJodaTimeDoes) {
  EXPECT_THAT(printed(GetParam().pattern), Optional(GetParam().expected)) << GetParam().pattern;
}

INSTANTIATE_TEST_SUITE_P(
    Table, DatePrinterLetters,
    ::testing::Values(Case{"G", "AD"}, Case{"C", "20"}, Case{"Y", "2021"}, Case{"yy", "21"},
                      Case{"y", "2021"}, Case{"yyyyyy", "002021"}, Case{"x", "2021"}, Case{"w", "13"},
                      Case{"ww", "13"}, Case{"e", "6"}, Case{"E", "Sat"}, Case{"EEEE", "Saturday"},
                      Case{"M", "4"}, Case{"MM", "04"}, Case{"MMM", "Apr"}, Case{"MMMM", "April"},
                      Case{"D", "93"}, Case{"DDD", "093"}, Case{"d", "3"}, Case{"dd", "03"}, Case{"a", "AM"},
                      Case{"K", "10"}, Case{"h", "10"}, Case{"H", "10"}, Case{"k", "10"}, Case{"m", "20"},
                      Case{"s", "18"}, Case{"S", "0"}, Case{"SS", "04"}, Case{"SSS", "045"},
                      Case{"SSSS", "0450"}, Case{"z", "UTC"}, Case{"zzzz", "Coordinated Universal Time"},
                      Case{"Z", "+0000"}, Case{"ZZ", "+00:00"}, Case{"ZZZ", "UTC"},
                      Case{"'at' HH''mm", "at 10'20"},
                      Case{"yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2021-04-03T10:20:18.045+00:00"},
                      Case{"'open to the end MM", "open to the end MM"}));

TEST(DatePrinter, CountsHoursOfTheHalfDayFromNoughtOrFromOne) {
  constexpr std::int64_t kMidnight = 1'617'408'000'000;
  EXPECT_THAT(printed("H k K h a", kMidnight), Optional(std::string{"0 24 0 12 AM"}));
  EXPECT_THAT(printed("H k K h a", kMidnight + 12 * 3'600'000), Optional(std::string{"12 12 0 12 PM"}));
  EXPECT_THAT(printed("H k K h a", kMidnight + 13 * 3'600'000), Optional(std::string{"13 13 1 1 PM"}));
}

TEST(DatePrinter, KnowsZonesByRegionAndByOffset) {
  EXPECT_THAT(printed("HH:mm z zzzz Z ZZ ZZZ", kMoment, "America/New_York"),
              Optional(std::string{"06:20 EDT Eastern Daylight Time -0400 -04:00 America/New_York"}));
  EXPECT_THAT(printed("HH:mm z Z", kMoment, "+05:30"), Optional(std::string{"15:50 +05:30 +0530"}));
  EXPECT_THAT(printed("HH:mm z", kMoment, "-3"), Optional(std::string{"07:20 -03:00"}));
  EXPECT_THAT(printed("HH:mm z", kMoment, "+00:00"), Optional(std::string{"10:20 UTC"}));
  EXPECT_THAT(printed("zzzz", kMoment, "Asia/Kolkata"), Optional(std::string{"India Standard Time"}));
  EXPECT_THAT(printed("zzzz", kMoment, "Asia/Shanghai"), Optional(std::string{"China Standard Time"}));
  EXPECT_THAT(printed("z", kMoment, "Asia/Dubai"), Optional(std::string{"+04:00"}));
}

TEST(DatePrinter, RefusesZonesThatNobodyKnows) {
  for (const auto* zone :
       {"", "Mars/Olympus", "america/new_york", "../../etc/passwd", "+24:00", "+1:60", "+01:"}) {
    EXPECT_THAT(printed("HH", kMoment, zone), Eq(std::nullopt)) << zone;
  }
}

TEST(DatePrinter, RefusesLettersThatJodaTimeDoesNotKnow) {
  for (const auto* pattern : {"", "b", "yyyy-MM-ddTHH", "u", "L", "X", "V", "Q", "n", "A"}) {
    EXPECT_THAT(printed(pattern), Eq(std::nullopt)) << pattern;
  }
  EXPECT_FALSE(TimePrinter::compile(std::string(kMostPatternBytes + 1, 'y')));
}

TEST(DatePrinter, PrintsYearsBeforeChrist) {
  constexpr std::int64_t kYearZero = -62'167'219'200'000;
  EXPECT_THAT(printed("yyyy Y G", kYearZero), Optional(std::string{"0000 1 BC"}));
  EXPECT_THAT(printed("yyyy Y G C", kYearZero - 1), Optional(std::string{"-0001 2 BC 0"}));
}

TEST(DatePrinter, PutsTheFirstDaysOfJanuaryIntoTheWeekYearBefore) {
  EXPECT_THAT(printed("xxxx-'W'ww-e", 1'609'459'200'000), Optional(std::string{"2020-W53-5"}));  // 2021-01-01
  EXPECT_THAT(printed("xxxx-'W'ww-e", 1'577'664'000'000), Optional(std::string{"2020-W01-1"}));  // 2019-12-30
}

TEST(DatePrinter, RefusesInstantsThatJodaTimeDoesNotHold) {
  EXPECT_THAT(printed("yyyy", 9'223'372'036'854'775'807), Eq(std::nullopt));
  EXPECT_THAT(printed("yyyy", -9'223'372'036'854'775'807), Eq(std::nullopt));
  EXPECT_THAT(printed("yyyy", 9'223'372'036'000'000), Optional(std::string{"294247"}));
}

}  // namespace
}  // namespace iotemu::rules::sql
