#include "load/thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/load/some_results.h"

namespace iotemu::load {
namespace {

using ::testing::HasSubstr;

Verdict judged(std::string_view text, const Results& results) {
  const auto threshold = parse_threshold(text);
  EXPECT_TRUE(threshold.ok()) << text << ": " << threshold.error().message;
  return judge(*threshold, results);
}

/// One of everything, with round numbers.
Results round_results() {
  Results results;
  results.started = Time{Duration{1'000}};
  results.finished = Time{Duration{11'000}};
  for (std::uint64_t i = 1; i <= 100; ++i) results[Phase::provision].record(i * 10'000);  // 10 ms to 1 s
  results[Phase::attempts].record(2, 99);
  results[Phase::attempts].record(6);
  results.counts = {.arrivals = 200, .connects = 500, .accepted = 100, .given_up = 4};
  results.refusals = {{"throttled", 10}, {"certificate_pending", 90}};
  results.errors = {{"timed_out", 2}};
  results.second(1).cpu = 0.5;
  results.second(2).cpu = 1.5;
  results.second(2).rss = 400'000'000;
  return results;
}

struct Good {
  const char* text;
  bool passed;
  const char* actual;
};
class LoadThreshold : public testing::TestWithParam<Good> {};

TEST_P(LoadThreshold, IsJudged) {
  const auto verdict = judged(GetParam().text, round_results());
  EXPECT_EQ(verdict.passed, GetParam().passed);
  EXPECT_TRUE(verdict.seen);
  EXPECT_EQ(verdict.actual, GetParam().actual);
}

INSTANTIATE_TEST_SUITE_P(
    All, LoadThreshold,
    testing::Values(Good{"p99>2s", true, "990 ms"}, Good{"p99>0.9s", false, "990 ms"},
                    Good{"p99 > 989 ms", false, "990 ms"}, Good{" p99.9>1s ", true, "1.00 s"},
                    Good{"p100>=1s", false, "1.00 s"}, Good{"p50>501ms", true, "500 ms"},
                    Good{"max>1m", true, "1.00 s"}, Good{"provision.max<1s", true, "1.00 s"},
                    Good{"provision.min<20000us", false, "10.0 ms"}, Good{"mean>505.1ms", true, "505 ms"},
                    Good{"count<100", true, "100"}, Good{"provision.count!=100", true, "100"},
                    Good{"publish.count>0", true, "0"}, Good{"attempts.max>5", false, "6"},
                    Good{"attempts.p90>2", true, "2"}, Good{"attempts.mean>2.04", true, "2.04"},
                    Good{"errors>0", false, "2"}, Good{"errors>1%", true, "1 %"},
                    Good{"errors>=1%", false, "1 %"}, Good{"errors.timed_out>1", false, "2"},
                    Good{"errors.tls_handshake>0", true, "0"}, Good{"errors.rate>0.1/s", false, "0.2/s"},
                    Good{"refusals.throttled>10", true, "10"}, Good{"refusals==100", false, "100"},
                    Good{"accepted<1000", false, "100"}, Good{"accepted<50%", true, "50 %"},
                    Good{"accepted.rate<10/s", true, "10/s"}, Good{"accepted.rate<=10", false, "10/s"},
                    Good{"given_up>2%", true, "2 %"}, Good{"connects>499", false, "500"},
                    Good{"cpu.max>150%", true, "1.5"}, Good{"cpu.max>1.4", false, "1.5"},
                    Good{"cpu.mean>1", true, "1"}, Good{"cpu.min<0.5", true, "0.5"},
                    Good{"rss.max>500MB", true, "400 MB"}, Good{"rss.max>100MiB", false, "400 MB"}));

TEST(LoadThresholds, WhatWasNotSeenIsNotPassed) {
  for (const char* text : {"publish.p99>2s", "publish.max<1us", "load_cpu.max>1", "connections.min<1"}) {
    const auto verdict = judged(text, round_results());
    EXPECT_FALSE(verdict.passed) << text;
    EXPECT_FALSE(verdict.seen) << text;
    EXPECT_EQ(verdict.actual, "nothing was seen") << text;
  }
  EXPECT_FALSE(judged("errors>1%", Results{}).passed) << "percent of no arrivals";
}

TEST(LoadThresholds, PassTogetherOnlyIfEachPasses) {
  const std::vector thresholds{*parse_threshold("p99>2s"), *parse_threshold("errors>0")};
  const auto verdicts = judge_all(thresholds, round_results());
  EXPECT_FALSE(all_passed(verdicts));
  EXPECT_TRUE(all_passed({verdicts.front()}));
  EXPECT_TRUE(all_passed({})) << "no bar, no failure";
  EXPECT_EQ(to_json(verdicts)[1],
            Json::parse(R"({"text": "errors>0", "passed": false, "seen": true, "actual": "2"})"));
}

TEST(LoadThresholds, AreJudgedOnTheSumOfMergedRuns) {
  auto sum = some_results(600, 0, 2);
  const auto accepted = judged("accepted<600", sum);
  EXPECT_FALSE(accepted.passed);
  ASSERT_TRUE(merge(sum, some_results(600, 1, 2)).ok());
  EXPECT_TRUE(judged("accepted<600", sum).passed);
}

struct Bad {
  const char* text;
  const char* sentence;
};
class LoadThresholdGrammar : public testing::TestWithParam<Bad> {};

TEST_P(LoadThresholdGrammar, RefusesWithASentence) {
  const auto read = parse_threshold(GetParam().text);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::invalid_request);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    All, LoadThresholdGrammar,
    testing::Values(
        Bad{"", "'': there is no comparison; expected something like p99>2s"},
        Bad{"p99", "there is no comparison"}, Bad{"p99 over 2s", "there is no comparison"},
        Bad{">2s", "there is nothing to compare"}, Bad{"p99=2s", "the comparison '=' is not known"},
        Bad{"p99!2s", "the comparison '!' is not known"}, Bad{"p99>", "'' is not a number with a unit"},
        Bad{"p99>fast", "'fast' is not a number"}, Bad{"p99>>2s", "'>2s' is not a number"},
        Bad{"p99>-2s", "'-2s' is not a number"}, Bad{"p99>infs", "'infs' is not a number"},
        Bad{"p99>nan", "'nan' is not a number"}, Bad{"p99>1e999s", "is not a number"},
        Bad{"p99>2.3.4s", "'2.3.4s' is not a number"},
        Bad{"p99>2", "'2' has no unit; 'p99' is compared with a time in us, ms, s or m"},
        Bad{"p99>2h", "the unit 'h' is not known; expected a time in us, ms, s or m"},
        Bad{"p99>2MB", "'2MB' is in 'MB'; 'p99' is compared with a time"}, Bad{"p99>2%", "is in '%'"},
        Bad{"p101>2s", "there is no metric 'p101'"}, Bad{"p>2s", "there is no metric 'p'"},
        Bad{"provision>2s", "'provision' has no figure; expected provision.p50, p99"},
        Bad{"provision.p101>2s", "'provision' has no figure 'p101'"},
        Bad{"provision.p>2s", "'provision' has no figure 'p'"}, Bad{"provision.rate>2", "no figure 'rate'"},
        Bad{"provision.>2s", "there is nothing behind the point of 'provision.'"},
        Bad{"provisions.p99>2s", "there is no metric 'provisions'; the metrics are provision, connect"},
        Bad{"Errors>0", "there is no metric 'Errors'"}, Bad{"errors>0s", "is in 's'; 'errors' is compared"},
        Bad{"errors.timed out>0",
            "'errors' has no figure 'timed out'; expected errors, errors.rate or errors.CAUSE"},
        Bad{"errors.rate>1%", "'errors.rate' is compared with a rate in /s"},
        Bad{"accepted.max<7", "'accepted' has no figure 'max'; expected accepted or accepted.rate"},
        Bad{"accepted<1k", "the unit 'k' is not known"}, Bad{"attempts>5", "'attempts' has no figure"},
        Bad{"attempts.max>5s", "compared with a number"},
        Bad{"count<1s", "'count' is compared with a number"},
        Bad{"cpu>1", "'cpu' has no figure; expected cpu.min"}, Bad{"cpu.p99>1", "'cpu' has no figure 'p99'"},
        Bad{"cpu.max>1s", "compared with cores, or %"},
        Bad{"rss.max>500", "'500' has no unit; 'rss.max' is compared with memory"},
        Bad{"rss.max>500mb", "the unit 'mb' is not known"}, Bad{"connections.max>5%", "with a number"}));

}  // namespace
}  // namespace iotemu::load
