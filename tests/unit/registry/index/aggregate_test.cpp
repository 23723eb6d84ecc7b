#include "registry/index/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::registry::index {
namespace {

using ::testing::ElementsAre;

TEST(Aggregate, NumbersAreReadAsAWhole) {
  EXPECT_EQ(number_of("4.5"), 4.5);
  EXPECT_EQ(number_of("-1e3"), -1000);
  EXPECT_EQ(number_of("true"), 1);
  EXPECT_EQ(number_of("false"), 0);
  for (const auto* text : {"", "4 ", "4x", "True", "nan", "inf", "1e999"})
    EXPECT_FALSE(number_of(text)) << text;
  EXPECT_THAT(numbers_of({"1", "x", "2"}), ElementsAre(1, 2));
}

TEST(Aggregate, Statistics) {
  const auto figures = statistics({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(figures.count, 8);
  EXPECT_EQ(figures.average, 5);
  EXPECT_EQ(figures.sum, 40);
  EXPECT_EQ(figures.minimum, 2);
  EXPECT_EQ(figures.maximum, 9);
  EXPECT_EQ(figures.sum_of_squares, 232);
  EXPECT_EQ(figures.variance, 4);
  EXPECT_EQ(figures.standard_deviation, 2);
  EXPECT_EQ(statistics({}).count, 0);
}

TEST(Aggregate, Percentiles) {
  EXPECT_EQ(percentile({1, 2, 3}, 50), 2);
  EXPECT_EQ(percentile({1, 2, 3}, 0), 1);
  EXPECT_EQ(percentile({1, 2, 3}, 100), 3);
  EXPECT_EQ(percentile({1, 2}, 75), 1.75);
  EXPECT_EQ(percentile({7}, 99), 7);
  EXPECT_EQ(percentile({-1.5e308, 1.5e308}, 50), 0);
}

TEST(Aggregate, CardinalityAndBuckets) {
  EXPECT_EQ(cardinality({"a", "b", "a"}), 2);
  EXPECT_EQ(cardinality({}), 0);
  const auto all = buckets({"b", "a", "c", "b", "c", "b"}, 2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].value, "b");
  EXPECT_EQ(all[0].count, 3);
  EXPECT_EQ(all[1].value, "c");
}

}  // namespace
}  // namespace iotemu::registry::index
