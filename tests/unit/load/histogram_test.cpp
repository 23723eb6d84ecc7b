#include "load/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace iotemu::load {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST(LoadHistogram, IsEmptyUntilSomethingIsRecorded) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.min(), std::nullopt);
  EXPECT_EQ(histogram.max(), std::nullopt);
  EXPECT_EQ(histogram.mean(), std::nullopt);
  EXPECT_EQ(histogram.percentile(50), std::nullopt);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(LoadHistogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 2048; ++value) histogram.record(value);
  const auto buckets = histogram.buckets();
  ASSERT_EQ(buckets.size(), 2048U);
  EXPECT_EQ(buckets[1234].lowest, 1234U);
  EXPECT_EQ(buckets[1234].highest, 1234U);
  EXPECT_THAT(histogram.percentile(0), Optional(0U));
  EXPECT_THAT(histogram.percentile(50), Optional(1023U));
  EXPECT_THAT(histogram.percentile(100), Optional(2047U));
}

TEST(LoadHistogram, EveryValueUpToAnHourLiesInABucketAtMostAThousandthWide) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 5'000; ++i) {
    const auto value =
        static_cast<std::uint64_t>(std::exp2(std::uniform_real_distribution<>{0, 31.7}(random)));
    Histogram histogram;
    histogram.record(value);
    const auto bucket = histogram.buckets().at(0);
    ASSERT_LE(bucket.lowest, value);
    ASSERT_GE(bucket.highest, value);
    ASSERT_LE(static_cast<double>(bucket.highest - bucket.lowest), static_cast<double>(value) / 1000)
        << value;
    ASSERT_THAT(histogram.percentile(50), Optional(value)) << "one value is known exactly";
  }
}

TEST(LoadHistogram, BucketsFollowOneAnotherWithoutAGap) {
  Histogram histogram;
  for (std::uint64_t value = 0; value <= Histogram::kLargest; value += 1 + value / 3000)
    histogram.record(value);
  const auto buckets = histogram.buckets();
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    ASSERT_EQ(buckets[i].lowest, buckets[i - 1].highest + 1) << i;
  }
}

TEST(LoadHistogram, PercentilesAreWithinAThousandthOfTheSortedValues) {
  std::mt19937_64 random{11};
  std::lognormal_distribution<> latencies{10, 2};
  Histogram histogram;
  std::vector<std::uint64_t> values(20'001);
  for (auto& value : values) {
    value = static_cast<std::uint64_t>(latencies(random));
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = std::max(1.0, std::ceil(percent / 100 * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(rank) - 1]);
    EXPECT_NEAR(static_cast<double>(*histogram.percentile(percent)), exact, exact / 1000 + 1) << percent;
  }
}

TEST(LoadHistogram, TellsMinimumMaximumAndMeanExactly) {
  Histogram histogram;
  histogram.record(3ms);
  histogram.record(1'234'567us);
  histogram.record(2s, 2);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_THAT(histogram.min(), Optional(3'000U));
  EXPECT_THAT(histogram.max(), Optional(2'000'000U));
  EXPECT_THAT(histogram.mean(), Optional((3'000 + 1'234'567 + 4'000'000) / 4.0));
}

TEST(LoadHistogram, ValuesAboveAnHourCountAsOneHourButTheMaximumIsKept) {
  Histogram histogram;
  histogram.record(std::chrono::hours{5});
  histogram.record(std::chrono::hours{2});
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_THAT(histogram.max(), Optional(5 * Histogram::kLargest));
  EXPECT_EQ(histogram.buckets().size(), 1U);
}

TEST(LoadHistogram, NegativeDurationsCountAsNothingPassed) {
  Histogram histogram;
  histogram.record(-5ms);
  EXPECT_THAT(histogram.max(), Optional(0U));
}

TEST(LoadHistogram, MergedIsWhatOneHistogramWouldHold) {
  std::mt19937_64 random{13};
  std::lognormal_distribution<> latencies{12, 1};
  Histogram one;
  std::array<Histogram, 3> parts;
  for (std::size_t i = 0; i < 3'000; ++i) {
    const auto value = static_cast<std::uint64_t>(latencies(random));
    one.record(value);
    parts.at(i % 3).record(value);
  }
  Histogram merged;
  for (const auto& part : parts) merged.merge(part);
  merged.merge(Histogram{});
  EXPECT_EQ(merged, one);
}

TEST(LoadHistogram, SurvivesJson) {
  Histogram histogram;
  for (std::uint64_t value = 1; value < 3'000'000'000; value *= 3) histogram.record(value, value % 5 + 1);
  const auto text = to_text(histogram.to_json());
  const auto read = Histogram::from_json(*parse_json(text));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, histogram);
  EXPECT_EQ(*Histogram::from_json(Histogram{}.to_json()), Histogram{});
}

TEST(LoadHistogram, JsonShowsThePercentilesToScripts) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 1'000; ++value) histogram.record(value);
  EXPECT_EQ(histogram.to_json()["percentiles"],
            Json::parse(R"({"p50":500,"p90":900,"p99":990,"p99.9":999})"));
}

struct BadHistogram {
  const char* json;
  const char* sentence;
};
class LoadHistogramReading : public testing::TestWithParam<BadHistogram> {};

TEST_P(LoadHistogramReading, RefusesWithASentence) {
  const auto read = Histogram::from_json(Json::parse(GetParam().json));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::serialization);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().sentence));
}

#define REST R"("sum":5,"min":5,"max":5,"percentiles":{})"
INSTANTIATE_TEST_SUITE_P(
    All, LoadHistogramReading,
    testing::Values(
        BadHistogram{"[]", "is not a JSON object"}, BadHistogram{"{}", "'count' is missing"},
        BadHistogram{R"({"count":"1"})", "'count' is not a whole number"},
        BadHistogram{R"({"count":-1})", "'count' is not a whole number"},
        BadHistogram{R"({"count":0,"buckets":[]})", "'buckets' is not known here"},
        BadHistogram{R"({"count":1})", "'sum' is missing"},
        BadHistogram{R"({"count":1,"buckets":5,)" REST "}", "'buckets' is not an array"},
        BadHistogram{R"({"count":1,"buckets":[5],)" REST "}", "not [value, count]"},
        BadHistogram{R"({"count":1,"buckets":[[5,1,1]],)" REST "}", "not [value, count]"},
        BadHistogram{R"({"count":1,"buckets":[[-5,1]],)" REST "}", "not [value, count]"},
        BadHistogram{R"({"count":1,"buckets":[[4097,1]],)" REST "}", "4097, with which no bucket begins"},
        BadHistogram{R"({"count":1,"buckets":[[3600000001,1]],)" REST "}", "no bucket begins"},
        BadHistogram{R"({"count":2,"buckets":[[5,1],[5,1]],)" REST "}", "5 twice"},
        BadHistogram{R"({"count":2,"buckets":[[5,0]],)" REST "}", "without a count"},
        BadHistogram{R"({"count":2,"buckets":[[5,1]],)" REST "}", "'count' is 2, the buckets hold 1"},
        BadHistogram{R"({"count":1,"buckets":[[5,1]],"more":1,)" REST "}", "'more' is not known here"}));

}  // namespace
}  // namespace iotemu::load
