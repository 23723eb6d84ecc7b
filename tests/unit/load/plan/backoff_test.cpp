#include "load/plan/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace iotemu::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Backoff, DoublesFromOneSecondToThirty) {  // P3.7
  const Backoff curve{.jitter = Backoff::Jitter::none};
  const std::array expected{1, 2, 4, 8, 16, 30, 30};
  for (std::uint32_t attempt = 1; attempt <= expected.size(); ++attempt) {
    EXPECT_EQ(curve.delay(attempt, 0.5), seconds{expected[attempt - 1]}) << attempt;
  }
  EXPECT_EQ(curve.delay(5000, 0), seconds{30});
}

TEST(Backoff, WithFullJitterIsAnythingUpToTheCurve) {
  const Backoff curve;
  EXPECT_EQ(curve.jitter, Backoff::Jitter::full);
  EXPECT_EQ(curve.delay(3, 0), Nanos{0});
  EXPECT_EQ(curve.delay(3, 0.5), seconds{2});
  EXPECT_LT(curve.delay(3, 0.999999), seconds{4});
}

TEST(Backoff, WithEqualJitterIsAtLeastHalfTheCurve) {
  const Backoff curve{.jitter = Backoff::Jitter::equal};
  EXPECT_EQ(curve.delay(3, 0), seconds{2});
  EXPECT_EQ(curve.delay(3, 0.5), seconds{3});
}

TEST(Backoff, IsReadFromItsFourParts) {
  struct Case {
    const char* text;
    Backoff expected;
  };
  const Case cases[] = {
      {"none", {.base = Nanos{0}, .factor = 1, .max = Nanos{0}, .jitter = Backoff::Jitter::none}},
      {"2s", {.base = seconds{2}}},
      {"500ms,1.5", {.base = milliseconds{500}, .factor = 1.5}},
      {"1m", {.base = seconds{60}, .max = seconds{60}}},
      {"1,3,2m,equal",
       {.base = seconds{1}, .factor = 3, .max = seconds{120}, .jitter = Backoff::Jitter::equal}},
  };
  for (const auto& one : cases) {
    const auto read = parse_backoff(one.text);
    ASSERT_TRUE(read) << one.text;
    EXPECT_EQ(*read, one.expected) << one.text;
    const auto again = parse_backoff(describe(*read));
    ASSERT_TRUE(again) << describe(*read);
    EXPECT_EQ(*again, *read);
  }
}

TEST(Backoff, OtherFormsAreRefusedWithTheReason) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const Case cases[] = {{"", "no time"},
                        {"fast", "no time"},
                        {"1s,0.5", "factor"},
                        {"1s,x", "factor"},
                        {"1s,2,500ms", "below the base"},
                        {"1s,2,30s,some", "jitter"},
                        {"1s,2,30s,full,5", "more than four"},
                        {"-1s", "no time"}};
  for (const auto& one : cases) {
    const auto read = parse_backoff(one.text);
    ASSERT_FALSE(read) << one.text;
    EXPECT_THAT(read.error().message, HasSubstr(one.reason)) << one.text;
  }
}

TEST(Span, IsReadWithItsUnitAndWrittenShort) {
  EXPECT_EQ(*parse_span("90"), seconds{90});
  EXPECT_EQ(*parse_span("250ms"), milliseconds{250});
  EXPECT_EQ(*parse_span("1.5s"), milliseconds{1500});
  EXPECT_EQ(describe(Nanos{seconds{90}}), "90s");
  EXPECT_EQ(describe(Nanos{seconds{120}}), "2m");
  EXPECT_EQ(describe(Nanos{milliseconds{1500}}), "1500ms");
  for (const auto* text : {"", "s", "1d", "2 s", "25h", "1ss"}) EXPECT_FALSE(parse_span(text)) << text;
}

TEST(Fraction, IsTheSameForTheSameNumbersAndSpreadOverTheUnit) {
  EXPECT_EQ(fraction(1, 2, 3), fraction(1, 2, 3));
  std::set<double> values;
  double sum = 0;
  for (std::uint64_t device = 0; device < 1000; ++device) {
    const auto value = fraction(7, device, 0);
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 1);
    values.insert(value);
    sum += value;
  }
  EXPECT_EQ(values.size(), 1000U);
  EXPECT_NEAR(sum / 1000, 0.5, 0.05);
  EXPECT_NE(fraction(7, 1, 0), fraction(7, 0, 1));
  EXPECT_NE(fraction(7, 1, 0), fraction(8, 1, 0));
}

}  // namespace
}  // namespace iotemu::load
