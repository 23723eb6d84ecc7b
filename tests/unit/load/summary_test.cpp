#include "load/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "load/figures.h"
#include "tests/unit/load/some_results.h"

namespace iotemu::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LoadFigures, AreReadByPeople) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(latency_text(0), "0 µs");
  EXPECT_EQ(latency_text(950), "950 µs");
  EXPECT_EQ(latency_text(999.6), "1.00 ms");
  EXPECT_EQ(latency_text(12'345), "12.3 ms");
  EXPECT_EQ(latency_text(999'499), "999 ms");
  EXPECT_EQ(latency_text(999'501), "1.00 s");
  EXPECT_EQ(latency_text(62'400'000), "62.4 s");
  EXPECT_EQ(latency_text(125'000'000), "2 m 05 s");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(95'400'000), "95.4 MB");
  EXPECT_EQ(bytes_text(1'200'000'000), "1.20 GB");
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.45), "0.45");
  EXPECT_EQ(number_text(16), "16");
  EXPECT_EQ(number_text(2.1), "2.1");
  EXPECT_EQ(number_text(12'345.6), "12,346");
}

TEST(LoadSummary, IsAShortTableOfAtMostEightyColumns) {
  const auto text = summary(some_results(1'000));
  EXPECT_THAT(text, HasSubstr("onboard: 1,000 devices in 20.0 s\n"));
  EXPECT_THAT(text, HasSubstr("  devices     1,000 accepted\n"));
  EXPECT_THAT(text, HasSubstr("  refused     certificate_pending 1,000, certificate_registered "));
  EXPECT_THAT(text, HasSubstr("  errors      timed_out 10\n"));
  EXPECT_THAT(text, HasSubstr("  emulator    CPU "));
  EXPECT_THAT(text, Not(HasSubstr("delivery"))) << "nothing was delivered";
  std::size_t lines = 0;
  for (std::string_view rest{text}; !rest.empty(); ++lines) {
    const auto line = rest.substr(0, rest.find('\n'));
    EXPECT_LE(count_characters(line), 80U) << line;
    rest.remove_prefix(line.size() + 1);
  }
  EXPECT_LT(lines, 24U);
}

TEST(LoadSummary, SaysWhatPassedAndWhatFailed) {
  const auto results = some_results(1'000);
  const auto text =
      summary(results, judge_all({*parse_threshold("errors>0"), *parse_threshold("accepted<1000")}, results));
  EXPECT_THAT(text, HasSubstr("  FAIL  errors>0       10\n"));
  EXPECT_THAT(text, HasSubstr("  pass  accepted<1000  1,000\n"));
}

TEST(LoadSummary, TellsAnInterruptedRunAShardAndASum) {
  auto part = some_results(10, 0, 2);
  part.interrupted = true;
  EXPECT_THAT(summary(part), HasSubstr(", shard 1/2, interrupted\n"));
  ASSERT_TRUE(merge(part, some_results(10, 1, 2)).ok());
  EXPECT_THAT(summary(part), HasSubstr(", 2 runs added up, interrupted\n"));
}

TEST(LoadSummary, OfARunThatDidNothingIsShort) {
  EXPECT_EQ(summary(Results{}),
            "load: 0 devices in 1.00 ms\n"
            "  devices     0 accepted\n"
            "  connects    0 attempts\n");
}

}  // namespace
}  // namespace iotemu::load
