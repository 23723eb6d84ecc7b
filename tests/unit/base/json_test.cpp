#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace iotemu {
namespace {

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

struct BadText {
  std::string name{};
  std::string text{};
};
void PrintTo(const BadText& bad, std::ostream* out) {
  *out << bad.name;
}

class BadJson : public ::testing::TestWithParam<BadText> {};

TEST_P(BadJson, IsRefusedAsSerializationErrorWithAReason) {
  const auto parsed = parse_json(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::serialization);
  EXPECT_FALSE(parsed.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadJson,
    ::testing::Values(BadText{"Empty", ""}, BadText{"Truncated", R"({"a": )"}, BadText{"TwoValues", "1 2"},
                      BadText{"Comment", "/* no */ 1"}, BadText{"TrailingComma", "[1,]"},
                      BadText{"SingleQuotes", "{'a': 1}"}, BadText{"NotANumber", "NaN"},
                      BadText{"NumberOutOfRange", "1e400"}, BadText{"NegativeNumberOutOfRange", "[-1e400]"},
                      BadText{"LoneHighSurrogate", R"("\ud800")"}, BadText{"LoneLowSurrogate", R"("\udc00")"},
                      BadText{"SurrogatesSwapped", R"("\udc00\ud800")"},
                      BadText{"InvalidUtf8", "\"\xc3\x28\""}, BadText{"OverlongUtf8", "\"\xc0\xaf\""},
                      BadText{"RawControlCharacter", "\"\x01\""}, BadText{"BadEscape", R"("\x41")"},
                      BadText{"ClosersFirst", "]]]]" + nested(70)},
                      BadText{"UnbalancedQuote", "\"" + nested(70)},
                      BadText{"AMegabyteOfBrackets", std::string(1'000'000, '[')},
                      BadText{"AMegabyteOfObjects",
                              [] {
                                std::string text;
                                while (text.size() < 1'000'000) text += R"({"a":)";
                                return text;
                              }()}),
    [](const auto& test) { return test.param.name; });

TEST(Json, AcceptsTheGreatestDepthAndRefusesOneMore) {
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
  const auto deeper = parse_json(nested(kMaxJsonDepth + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().message, "JSON is nested deeper than 64 levels at byte 64");
}

TEST(Json, CountsNestingPerBranchNotInTotal) {
  std::string siblings = "[";
  for (int i = 0; i < 1000; ++i) siblings += "[],";
  EXPECT_TRUE(parse_json(siblings + "[]]"));
}

TEST(Json, DoesNotTakeBracketsInsideStringsForNesting) {
  const auto parsed = parse_json("[\"" + std::string(100, '[') + R"(\"[[{{")" + "]");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at(0).get<std::string>().size(), 105U);
}

TEST(Json, TakesTheLastOfDuplicateKeys) {
  const auto parsed = parse_json(R"({"a": 1, "a": 2})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at("a"), 2);
}

TEST(Json, NamesTheByteWhereTheSyntaxBreaks) {
  const auto parsed = parse_json(R"({"a": x})");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "JSON is not valid at byte 7");
}

TEST(Json, DoesNotRepeatANumberThatIsTooLarge) {
  const auto parsed = parse_json(std::string(100'000, '9'));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "JSON holds a number that is too large");
}

TEST(Json, DecodesSurrogatePairs) {
  const auto parsed = parse_json(R"("\ud83d\ude00")");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get<std::string>(), "\xf0\x9f\x98\x80");
}

TEST(Json, WritesInvalidUtf8AsReplacementCharacters) {
  EXPECT_EQ(to_text(Json{"a\xff"}), "[\"a\xef\xbf\xbd\"]");
}

TEST(Json, WritesCompactText) {
  EXPECT_EQ(to_text(Json{{"b", 1}, {"a", Json::array({true, nullptr})}}), R"({"a":[true,null],"b":1})");
}

}  // namespace
}  // namespace iotemu
