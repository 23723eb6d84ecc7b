#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/results.h"
#include "tests/unit/load/some_results.h"

namespace iotemu::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(LoadMerge, ThreePartsAreWhatOneProcessWouldHaveYielded) {
  const auto whole = some_results(3'000);
  auto merged = some_results(3'000, 2, 3);
  ASSERT_TRUE(merge(merged, some_results(3'000, 0, 3)).ok());
  ASSERT_TRUE(merge(merged, some_results(3'000, 1, 3)).ok());

  // Percentiles are promised within 2 %; of the same samples they are the same.
  EXPECT_EQ(merged.histograms, whole.histograms);
  EXPECT_EQ(merged.counts, whole.counts);
  EXPECT_EQ(merged.refusals, whole.refusals);
  EXPECT_EQ(merged.errors, whole.errors);
  EXPECT_THAT(merged.shards, ElementsAre(Shard{1, 3}, Shard{2, 3}, Shard{3, 3}));
  EXPECT_EQ(merged.machines, whole.machines) << "one machine made all three";
  ASSERT_EQ(merged.series.size(), whole.series.size());
  for (std::size_t i = 0; i < whole.series.size(); ++i) {
    EXPECT_EQ(merged.series[i].at, whole.series[i].at);
    EXPECT_EQ(merged.series[i].arrivals, whole.series[i].arrivals);
    EXPECT_EQ(merged.series[i].refused, whole.series[i].refused);
    EXPECT_EQ(merged.series[i].connections, whole.series[i].connections);
    EXPECT_EQ(merged.series[i].slowest, whole.series[i].slowest);
    EXPECT_EQ(merged.series[i].cpu, whole.series[i].cpu) << "one emulator, seen three times";
  }
}

TEST(LoadMerge, SecondsAreAlignedByTheirAbsoluteTimeAndWhatWasNotSeenStaysAbsent) {
  Results a;
  a.second(100) = {.at = 100, .arrivals = 1, .connections = 5};
  a.second(102) = {.at = 102, .arrivals = 2, .load_cpu = 0.5, .rss = 7};
  Results b;
  b.second(101) = {.at = 101, .arrivals = 4};
  b.second(102) = {.at = 102, .arrivals = 8, .connections = 9, .load_cpu = 0.25, .cpu = 1.0, .rss = 9};
  ASSERT_TRUE(merge(a, b).ok());
  EXPECT_THAT(
      a.series,
      ElementsAre(
          Second{.at = 100, .arrivals = 1, .connections = 5}, Second{.at = 101, .arrivals = 4},
          Second{.at = 102, .arrivals = 10, .connections = 9, .load_cpu = 0.75, .cpu = 1.0, .rss = 9}));
}

TEST(LoadMerge, TheTimeIsFromTheFirstStartToTheLastEnd) {
  Results a;
  a.started = Time{Duration{5'000}};
  a.finished = Time{Duration{9'000}};
  Results b;
  b.started = Time{Duration{4'000}};
  b.finished = Time{Duration{7'000}};
  b.interrupted = true;
  ASSERT_TRUE(merge(a, b).ok());
  EXPECT_EQ(a.duration(), Duration{5'000});
  EXPECT_TRUE(a.interrupted);
}

TEST(LoadMerge, SettingsAndCommandLinesShowWhereThePartsDiffer) {
  auto a = some_results(6, 0, 2);
  auto b = some_results(6, 1, 2);
  b.command_line += " --shard 2/2";
  b.configuration = {{"devices", "600"}, {"rate", "40/s"}, {"tls", "1.2"}};
  b.machines = {"Another one"};
  ASSERT_TRUE(merge(a, b).ok());
  EXPECT_EQ(
      a.command_line,
      "iot-emulator load --devices 600 --rate 30\niot-emulator load --devices 600 --rate 30 --shard 2/2");
  EXPECT_THAT(a.configuration,
              ElementsAre(Pair("devices", "600"), Pair("rate", "30/s, 40/s"), Pair("tls", "1.2")));
  EXPECT_EQ(a.machines.size(), 2U);
}

TEST(LoadMerge, WholeRunsAddUp) {
  auto a = some_results(100);
  ASSERT_TRUE(merge(a, some_results(200)).ok());
  EXPECT_EQ(a.counts.accepted, 300U);
  EXPECT_EQ(a[Phase::provision].count(), 300U);
  EXPECT_EQ(a[Phase::handler].count(), 200U) << "seen of the emulator: the fuller of the two";
}

TEST(LoadMerge, RefusesWhatDoesNotBelongTogetherAndLeavesTheFirstAsItWas) {
  auto a = some_results(10, 0, 3);
  const auto before = a;
  const auto twice = merge(a, some_results(10, 0, 3));
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().message, "shard 1/3 is there twice");
  const auto other = merge(a, some_results(10, 1, 2));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().message, "shard 1/3 and shard 2/2 are parts of different loads");
  auto steady = some_results(10, 1, 3);
  steady.profile = "steady";
  const auto profile = merge(a, steady);
  ASSERT_FALSE(profile.ok());
  EXPECT_THAT(profile.error().message, HasSubstr("one is 'onboard', the other 'steady'"));
  EXPECT_EQ(a, before);
}

}  // namespace
}  // namespace iotemu::load
