#include "load/plan/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace iotemu::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Arrivals, ComeAtTheRateWhateverHappensMeanwhile) {
  const Arrivals arrivals{1000, 100};
  EXPECT_EQ(arrivals.count(), 1000U);
  EXPECT_EQ(arrivals.due(0), Nanos{0});
  EXPECT_EQ(arrivals.due(1), milliseconds{10});
  EXPECT_EQ(arrivals.due(500), seconds{5});
  EXPECT_EQ(arrivals.span(), milliseconds{9990});
}

TEST(Arrivals, ComeAllAtOnceWithoutARate) {
  const Arrivals arrivals{1000, 0};
  EXPECT_EQ(arrivals.due(999), Nanos{0});
  EXPECT_EQ(arrivals.span(), Nanos{0});
}

TEST(Arrivals, DoNotDriftWhereTheRateDividesBadly) {
  const Arrivals arrivals{1'000'000, 3};
  EXPECT_EQ(arrivals.due(999'999), seconds{333'333});
}

class ArrivalsInShards : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(ArrivalsInShards, AreTogetherTheOnePlan) {
  const Arrivals whole{1001, 7};
  std::map<std::uint64_t, Nanos> played;
  for (std::uint32_t index = 1; index <= GetParam(); ++index) {
    const Arrivals part{1001, 7, {.index = index, .of = GetParam()}};
    EXPECT_EQ(part.span(), whole.span());
    for (std::uint64_t nth = 0; nth < part.count(); ++nth) {
      EXPECT_TRUE(played.emplace(part.device(nth), part.due(nth)).second) << "played twice";
    }
  }
  ASSERT_EQ(played.size(), 1001U);
  for (std::uint64_t nth = 0; nth < whole.count(); ++nth) EXPECT_EQ(played.at(nth), whole.due(nth));
}

INSTANTIATE_TEST_SUITE_P(OfSeveralMachines, ArrivalsInShards, ::testing::Values(1, 2, 3, 7, 1000));

TEST(Arrivals, OfMoreShardsThanDevicesLeaveSomeWithoutAny) {
  EXPECT_EQ((Arrivals{2, 1, {.index = 2, .of = 3}}.count()), 1U);
  EXPECT_EQ((Arrivals{2, 1, {.index = 3, .of = 3}}.count()), 0U);
}

TEST(Shard, IsReadAsIndexOfNumber) {
  const auto shard = parse_shard("2/5");
  ASSERT_TRUE(shard);
  EXPECT_EQ(*shard, (Shard{.index = 2, .of = 5}));
}

TEST(Shard, OtherFormsAreRefusedWithASentence) {
  for (const auto* text : {"", "2", "0/5", "6/5", "1/0", "-1/2", "1/2/3", "a/b", "1/2 ", "1/1001"}) {
    const auto shard = parse_shard(text);
    ASSERT_FALSE(shard) << text;
    EXPECT_THAT(shard.error().message, HasSubstr("a shard is i/n"));
  }
}

TEST(Rate, IsANumberOrAll) {
  EXPECT_EQ(*parse_rate("all"), 0);
  EXPECT_EQ(*parse_rate("12.5"), 12.5);
  for (const auto* text : {"", "0", "-1", "fast", "10/s", "nan", "inf", "1e9"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

}  // namespace
}  // namespace iotemu::load
