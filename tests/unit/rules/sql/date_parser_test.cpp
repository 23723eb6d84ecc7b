// Dates in texts, by the patterns of JDK's DateTimeFormatter: a table recorded from a JDK, and what it cannot
// hold (M 7.6, time_to_epoch).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "rules/sql/date_pattern.h"
#include "tests/support/source_dir.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::optional<std::int64_t> parsed(std::string_view text, std::string_view pattern) {
  const auto parser = TimeParser::compile(pattern);
  return parser ? parser->parse(text) : std::nullopt;
}

TEST(DateParser, ReadsWhatAJdkReadsAndRefusesWhatItRefuses) {
  std::ifstream file{tests::source_dir() + "/tests/golden/dates/time_to_epoch.txt"};
  std::string line;
  int rows = 0;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    const auto first = line.find('|');
    const auto last = line.rfind('|');
    const auto text = line.substr(0, first);
    const auto pattern = line.substr(first + 1, last - first - 1);
    const auto expected = line.substr(last + 1);
    SCOPED_TRACE(line);
    const auto ms = parsed(text, pattern);
    EXPECT_EQ(ms ? std::to_string(*ms) : "x", expected);
    ++rows;
  }
  EXPECT_GT(rows, 150);
}

TEST(DateParser, TakesTheStartOfTheDayInTheZoneThatADateComesWith) {
  EXPECT_THAT(parsed("2021-04-03 -05:00", "yyyy-MM-dd VV"), Optional(1617426000000));
}

// What JDKs take for Bougainville and for Abidjan.
TEST(DateParser, TakesAmbiguousZoneNamesForThoseThatPeopleMean) {
  EXPECT_THAT(parsed("2021-07-03 10:20 BST", "yyyy-MM-dd HH:mm z"), Optional(1625304000000));
  EXPECT_THAT(parsed("2021-07-03 10:20 IST", "yyyy-MM-dd HH:mm z"), Optional(1625287800000));
}

TEST(DateParser, ReadsNoMonthByItsFirstLetter) {
  EXPECT_THAT(parsed("S 2021 3", "MMMMM yyyy d"), Eq(std::nullopt));
}

TEST(DateParser, RefusesPatternsBeyondItsBounds) {
  EXPECT_FALSE(TimeParser::compile(std::string(kMostPatternBytes + 1, '-')));
  EXPECT_TRUE(TimeParser::compile(std::string(kMostPatternBytes, '-')));
  EXPECT_FALSE(TimeParser::compile(std::string(17, '[')));
  EXPECT_TRUE(TimeParser::compile(std::string(16, '[')));
}

TEST(DateParser, RefusesInstantsBeyondItsMilliseconds) {
  EXPECT_THAT(parsed("+999999999-12-31", "yyyy-MM-dd"), Eq(std::nullopt));
  EXPECT_THAT(parsed("99999999999999999999", "u"), Eq(std::nullopt));
}

}  // namespace
}  // namespace iotemu::rules::sql
