// What functions may cost a message and how large their results may be (M 7.6): results end at 128 KiB, work
// is counted in steps, so that no statement keeps a thread however it multiplies a long text.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"
#include "base/seeded_random.h"
#include "rules/sql/statement.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kKiB = 1024;

/// The result, or "fails: " and why.
std::string out(const std::string& sql, const std::string& payload) {
  const auto statement = Statement::compile(sql, Version::v2016_03_23);
  if (!statement) return "refused: " + statement.error().message;
  Message message;
  message.topic = "a/b";
  message.payload = payload;
  const Surroundings surroundings{.account = "123456789012", .region = "us-east-1", .now_ms = 0};
  SeededRandom random{1};
  Evaluation evaluation{*statement, message, surroundings, random, nullptr};
  const auto result = evaluation.run();
  if (!result) return "fails: " + result.error().message;
  return *result ? (*result)->payload : "dropped";
}

std::string text_payload(std::size_t size, char c = 'a') {
  return R"({"s":")" + std::string(size, c) + "\"}";
}

/// A long text, and an array to go through once for each of its elements.
std::string repeated_payload(std::size_t size, char c, int times) {
  std::string elements{"1"};
  for (int i = 1; i < times; ++i) elements += ",1";
  return R"({"s":")" + std::string(size, c) + R"(","a":[)" + elements + "]}";
}

std::string for_each(const std::string& call) {
  return "SET @s = s SELECT (SELECT VALUE " + call + " FROM a AS e) AS r FROM 'a/b'";
}

struct Growing {
  std::string name;
  std::string call;
};
class FunctionResults : public ::testing::TestWithParam<Growing> {};

TEST_P(FunctionResults, EndAt128KiB) {
  EXPECT_THAT(out("SELECT " + GetParam().call + " AS r FROM 'a/b'", text_payload(100 * kKiB)),
              AnyOf(HasSubstr("more than 131072"), HasSubstr("128 KiB")));
}

INSTANTIATE_TEST_SUITE_P(
    Each, FunctionResults,
    ::testing::Values(Growing{"concat", "concat(s, s)"}, Growing{"encode", "encode(s, 'base64')"},
                      Growing{"encode_payload", "encode(*, 'base64')"},
                      Growing{"replace", "replace(s, 'a', 'bb')"},
                      Growing{"replace_nothing", "replace(s, '', 'b')"},
                      Growing{"upper", "upper(concat(s, s))"},
                      Growing{"regexp_replace", "regexp_replace(s, '^a{900}', concat(s, s))"},
                      Growing{"array", "concat([s], [s])"},
                      Growing{"transform", "transform('enrichArray', {'s': s}, [{}, {}])"}),
    [](const auto& instance) { return instance.param.name; });

TEST(FunctionResults, HoldUpTo128KiB) {
  EXPECT_EQ(out("SELECT length(concat(s, s)) AS r FROM 'a/b'", text_payload(64 * kKiB)), R"({"r":131072})");
  EXPECT_EQ(out("SELECT length(lpad(s, 1E9)) AS r FROM 'a/b'", text_payload(100 * kKiB)), R"({"r":103400})");
}

class FunctionWork : public ::testing::TestWithParam<Growing> {};

TEST_P(FunctionWork, IsCountedInSteps) {
  EXPECT_THAT(out(for_each(GetParam().call), repeated_payload(50 * kKiB, ' ', 5000)),
              AnyOf(HasSubstr("more than 100000 steps"), HasSubstr("16 MiB in all")));
}

INSTANTIATE_TEST_SUITE_P(
    Each, FunctionWork,
    ::testing::Values(Growing{"trim", "trim(@s)"}, Growing{"ltrim", "ltrim(@s)"},
                      Growing{"rtrim", "rtrim(@s)"}, Growing{"startswith", "startswith(@s, @s)"},
                      Growing{"endswith", "endswith(@s, @s)"}, Growing{"indexof", "indexof(@s, 'x')"},
                      Growing{"length", "length(@s)"}, Growing{"substring", "substring(@s, 9999)"},
                      Growing{"get", "get(@s, 9999)"}, Growing{"md2", "md2(@s)"},
                      Growing{"sha512", "sha512(@s)"}, Growing{"regexp_matches", "regexp_matches(@s, 'x')"},
                      Growing{"regexp_substr", "regexp_substr(@s, '(.*)x')"}, Growing{"lower", "lower(@s)"},
                      Growing{"encode", "encode(@s, 'base64')"}, Growing{"decode", "decode(@s, 'base64')"},
                      Growing{"compiling", "regexp_matches('x', concat('(a{20}){20}', e))"}),
    [](const auto& instance) { return instance.param.name; });

TEST(FunctionWork, OfNumbersInLongTextsIsNone) {
  EXPECT_EQ(out(for_each("abs(@s)"), repeated_payload(50 * kKiB, '1', 5000)), R"({"r":[]})");
}

// A regular expression may have to look at all that is left for each match.
TEST(FunctionWork, OfManyMatchesIsRefused) {
  EXPECT_THAT(out("SELECT regexp_replace(s, 'a*b|a', '') AS r FROM 'a/b'", text_payload(80 * kKiB)),
              StartsWith("fails: regexp_replace(): too many matches"));
  EXPECT_THAT(out(for_each("length(regexp_replace(@s, 'a*b|a', ''))"), repeated_payload(5000, 'a', 1000)),
              HasSubstr("more than 100000 steps"));
}

TEST(FunctionWork, OfANeedleThatAlmostMatchesEverywhereIsLinear) {
  const std::string payload =
      R"({"s":")" + std::string(80 * kKiB, 'a') + R"(","t":")" + std::string(40 * kKiB, 'a') + "b\"}";
  EXPECT_EQ(out("SELECT indexof(s, t) AS r FROM 'a/b'", payload), R"({"r":-1})");
  EXPECT_EQ(out("SELECT length(replace(s, t, '')) AS r FROM 'a/b'", payload), R"({"r":81920})");
}

TEST(FunctionWork, OfDecodingStopsAtDeepJson) {
  const auto deep = to_base64(std::string(40 * kKiB, '['));
  EXPECT_EQ(out("SELECT length(decode(s, 'base64')) AS r FROM 'a/b'", R"({"s":")" + deep + "\"}"),
            R"({"r":40960})");  // no JSON, and so a String
}

}  // namespace
}  // namespace iotemu::rules::sql
