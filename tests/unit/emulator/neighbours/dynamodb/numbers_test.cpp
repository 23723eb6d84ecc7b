// Numbers of DynamoDB: what they are written as, how they compare, what they add up to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/neighbours/dynamodb/number.h"

namespace iotemu::neighbours::dynamodb {
namespace {

using testing::HasSubstr;

struct TextCase {
  const char* wire;
  const char* text;
};
class NumberTexts : public testing::TestWithParam<TextCase> {};

TEST_P(NumberTexts, HaveOneForm) {
  const auto number = Number::read(GetParam().wire);
  ASSERT_TRUE(number) << GetParam().wire << ": " << number.fault().message;
  EXPECT_EQ(number->text(), GetParam().text) << GetParam().wire;
}

INSTANTIATE_TEST_SUITE_P(Numbers, NumberTexts,
                         testing::Values(TextCase{"1", "1"}, TextCase{"1.0", "1"}, TextCase{"+1", "1"},
                                         TextCase{"007", "7"}, TextCase{"0", "0"}, TextCase{"-0", "0"},
                                         TextCase{"0.000", "0"}, TextCase{".5", "0.5"}, TextCase{"5.", "5"},
                                         TextCase{"-1.50", "-1.5"}, TextCase{"1e2", "100"},
                                         TextCase{"1E+2", "100"}, TextCase{"12e-1", "1.2"},
                                         TextCase{"1e-3", "0.001"}, TextCase{"100", "100"},
                                         TextCase{"123456789012345678901234567890.12345678",
                                                  "123456789012345678901234567890.12345678"},
                                         TextCase{"0e999999999999", "0"}));

struct WrongCase {
  const char* wire;
  const char* why;
};
class WrongNumbers : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongNumbers, AreRefusedWithTheReason) {
  const auto number = Number::read(GetParam().wire);
  ASSERT_FALSE(number) << GetParam().wire;
  EXPECT_EQ(number.fault().name, "ValidationException");
  EXPECT_THAT(number.fault().message, HasSubstr(GetParam().why));
}

constexpr const char* kNoNumber = "The parameter cannot be converted to a numeric value: ";
INSTANTIATE_TEST_SUITE_P(
    Numbers, WrongNumbers,
    testing::Values(WrongCase{"", kNoNumber}, WrongCase{"abc", kNoNumber}, WrongCase{"1 ", kNoNumber},
                    WrongCase{" 1", kNoNumber}, WrongCase{"--1", kNoNumber}, WrongCase{"1.2.3", kNoNumber},
                    WrongCase{"1e", kNoNumber}, WrongCase{"e5", kNoNumber}, WrongCase{"0x10", kNoNumber},
                    WrongCase{"NaN", kNoNumber}, WrongCase{"1e+-2", kNoNumber}, WrongCase{".", kNoNumber},
                    WrongCase{"123456789012345678901234567890123456789", "more than 38 significant digits"},
                    WrongCase{"1e126", "Number overflow"}, WrongCase{"-1e126", "Number overflow"},
                    WrongCase{"1e99999999999", "Number overflow"}, WrongCase{"1e-131", "Number underflow"},
                    WrongCase{"1e-99999999999", "Number underflow"}));

TEST(Number, ComparesAsItsValueDoes) {
  const std::vector<const char*> ascending{"-9e125",  "-1000", "-12",    "-2",   "-1.5", "-1",   "-0.5",
                                           "-1e-130", "0",     "1e-130", "0.01", "0.5",  "1",    "1.5",
                                           "2",       "12",    "12.1",   "100",  "1e38", "9e125"};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    EXPECT_LT(Number::read(ascending[i])->order(), Number::read(ascending[i + 1])->order())
        << ascending[i] << " < " << ascending[i + 1];
  }
  EXPECT_EQ(Number::read("1.0")->order(), Number::read("1")->order());
  EXPECT_EQ(Number::read("-0")->order(), Number::read("0")->order());
}

struct SumCase {
  const char* left;
  const char* right;
  const char* sum;
};
class Sums : public testing::TestWithParam<SumCase> {};

TEST_P(Sums, AreExact) {
  const auto sum = Number::read(GetParam().left)->plus(*Number::read(GetParam().right));
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->text(), GetParam().sum) << GetParam().left << " + " << GetParam().right;
}

INSTANTIATE_TEST_SUITE_P(Numbers, Sums,
                         testing::Values(SumCase{"1", "2", "3"}, SumCase{"0.1", "0.2", "0.3"},
                                         SumCase{"99", "1", "100"}, SumCase{"5", "-5", "0"},
                                         SumCase{"-5", "3", "-2"}, SumCase{"3", "-5", "-2"},
                                         SumCase{"0", "-7", "-7"},
                                         SumCase{"1e20", "1", "100000000000000000001"},
                                         SumCase{"100", "-0.01", "99.99"}, SumCase{"-99", "-1", "-100"},
                                         SumCase{"12345678901234567890123456789012345678", "1",
                                                 "12345678901234567890123456789012345679"}));

TEST(Number, IsRefusedWhenASumHasTooManyDigits) {
  const auto sum = Number::read("1e38")->plus(*Number::read("0.1"));
  ASSERT_FALSE(sum);
  EXPECT_THAT(sum.fault().message, HasSubstr("38 significant digits"));
  EXPECT_FALSE(Number::read("9.9e125")->plus(*Number::read("9.9e125")));
}

}  // namespace
}  // namespace iotemu::neighbours::dynamodb
