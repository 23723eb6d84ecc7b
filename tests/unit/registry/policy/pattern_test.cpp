#include "registry/policy/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace iotemu::registry::policy {
namespace {

/// The obvious exponential reading of `*` and `?`, to check the fast one against. ASCII only.
bool matches_obviously(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return matches_obviously(pattern.substr(1), text) ||
           (!text.empty() && matches_obviously(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_obviously(pattern.substr(1), text.substr(1));
}

/// All texts over `letters` of at most `length`.
std::vector<std::string> all_texts(std::string_view letters, std::size_t length) {
  std::vector<std::string> out{""};
  std::size_t begin = 0;
  for (std::size_t l = 0; l < length; ++l) {
    const std::size_t end = out.size();
    for (std::size_t i = begin; i < end; ++i) {
      for (const char letter : letters) out.push_back(out[i] + letter);
    }
    begin = end;
  }
  return out;
}

TEST(Pattern, AgreesWithTheObviousMatcherOnAllShortTexts) {
  const auto texts = all_texts("ab", 6);
  for (const std::string& source : all_texts("ab*?", 5)) {
    const Pattern pattern = Pattern::from_wildcards(source);
    for (const std::string& text : texts) {
      ASSERT_EQ(pattern.matches(text), matches_obviously(source, text)) << source << " on " << text;
    }
  }
}

TEST(Pattern, WithoutPiecesMatchesOnlyTheEmptyText) {
  EXPECT_TRUE(Pattern{}.matches(""));
  EXPECT_FALSE(Pattern{}.matches("a"));
}

TEST(Pattern, TakesWildcardCharactersOfLiteralsLiterally) {
  Pattern pattern;
  pattern.add_literal("a*?");
  pattern.add_any_run();
  EXPECT_TRUE(pattern.matches("a*?x"));
  EXPECT_FALSE(pattern.matches("abcx"));
}

TEST(Pattern, CountsCharactersNotBytesForAQuestionMark) {
  EXPECT_TRUE(Pattern::from_wildcards("?").matches("\xE2\x82\xAC"));  // one euro sign
  EXPECT_FALSE(Pattern::from_wildcards("??").matches("\xE2\x82\xAC"));
  EXPECT_FALSE(Pattern::from_wildcards("*??").matches("\xE2\x82\xAC"));
  EXPECT_TRUE(Pattern::from_wildcards("*?*").matches("\xE2\x82\xAC"));
  EXPECT_TRUE(Pattern::from_wildcards("*?x?").matches("a\xC3\xA4x\xC3\xB6"));
  EXPECT_FALSE(Pattern::from_wildcards("?*?").matches("\xC3\xA4"));
}

TEST(Pattern, KeepsItsTimeOnHostilePatterns) {
  const std::string text(256, 'a');
  std::string every_other;
  for (int i = 0; i < 500; ++i) every_other += "*a";
  const std::vector<std::string> hostile{
      every_other + "b",                                             // *a*a*a…b
      every_other.substr(0, 400) + "b*",                             //
      "*" + std::string(127, 'a') + "b*",                            // one long segment that never ends
      "*" + std::string(100, '?') + "b*",                            // the same with single characters
      "*a?*a?*a?*a?*a?*a?*a?*a?*b?*",                                //
      "*" + std::string(60, 'a') + "*" + std::string(60, 'a') + "b"  //
  };
  for (const std::string& source : hostile) {
    const Pattern pattern = Pattern::from_wildcards(source);
    constexpr int kRounds = 200;
    const auto start = std::chrono::steady_clock::now();
    int matched = 0;
    for (int i = 0; i < kRounds; ++i) matched += pattern.matches(text) ? 1 : 0;
    const auto spent = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(matched, 0) << source;
    // Backtracking would take years; the bound leaves room for sanitizers and a busy machine.
    EXPECT_LT(spent / kRounds, std::chrono::milliseconds{5}) << source;
  }
}

TEST(Pattern, NamesTheFurthestPlaceWhereATextDiffers) {
  const auto exact = Pattern::from_wildcards("topic/a/x").furthest_difference("topic/b/x");
  EXPECT_EQ(exact.in_pattern, 6U);
  EXPECT_EQ(exact.in_text, 6U);
  const auto behind_star = Pattern::from_wildcards("a/*/c/d").furthest_difference("a/b/c/e");
  EXPECT_EQ(behind_star.in_text, 7U);  // the star swallowed the rest
  EXPECT_EQ(behind_star.in_pattern, 3U);
}

TEST(Pattern, SplitsAtLiteralColons) {
  const auto parts = Pattern::from_wildcards("arn:*:iot:a:b").split_at_colons(2);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[1].text(), "*");
  EXPECT_EQ(parts[2].text(), "iot:a:b");
}

TEST(Pattern, CollapsesNeighbouringStars) {
  EXPECT_EQ(Pattern::from_wildcards("a***b"), Pattern::from_wildcards("a*b"));
}

TEST(Pattern, RefusesOnlyBytesThatUtf8DoesNotHave) {
  EXPECT_TRUE(Pattern::is_literal_safe("h\xC3\xB6 *?$"));
  EXPECT_FALSE(Pattern::is_literal_safe("\xFF"));
  EXPECT_FALSE(Pattern::is_literal_safe("a\xFE"));
}

}  // namespace
}  // namespace iotemu::registry::policy
