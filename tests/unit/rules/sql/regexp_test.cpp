#include "rules/sql/regexp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace iotemu::rules::sql {
namespace {

using ::testing::Eq;
using ::testing::Optional;
using Replaced = Regexp::Replaced;

constexpr std::size_t kMost = 1000;

std::string replaced(std::string_view text, std::string_view pattern, std::string_view replacement) {
  std::string out;
  std::size_t searched = 0;
  const auto expression = Regexp::compile(pattern);
  if (!expression) return "(not valid)";
  return expression->replace_all(text, replacement, kMost, out, searched) == Replaced::done ? out
                                                                                            : "(refused)";
}

TEST(Regexp, FindsTheFirstMatchAnywhere) {
  const auto expression = Regexp::compile("l+");
  ASSERT_TRUE(expression);
  EXPECT_TRUE(expression->matches("hello"));
  EXPECT_FALSE(expression->matches("HELLO"));
  EXPECT_THAT(expression->first("hello l"), Optional(std::string_view{"ll"}));
  EXPECT_THAT(expression->first("o"), Eq(std::nullopt));
  EXPECT_THAT(Regexp::compile("x*")->first("abc"), Optional(std::string_view{""}));
}

TEST(Regexp, ReplacesAllMatchesAsJavaDoes) {
  EXPECT_EQ(replaced("abcd", "bc", "x"), "axd");
  EXPECT_EQ(replaced("abcd", "b(.*)d", "$1"), "ac");
  EXPECT_EQ(replaced("a1b22", "([a-z])([0-9]+)", "$2$1."), "1a.22b.");
  EXPECT_EQ(replaced("abc", "x*", "-"), "-a-b-c-");
  EXPECT_EQ(replaced("aab", "a*", "-"), "--b-");
  EXPECT_EQ(replaced("", "^", "x"), "x");
  EXPECT_EQ(replaced("€a", "", "-"), "-€-a-");
  EXPECT_EQ(replaced("ab", "(a)|(b)", "[$1$2]"), "[a][b]");
}

TEST(Regexp, ReadsReplacementsAsJavaDoes) {
  EXPECT_EQ(replaced("abc", "b", R"(\$1)"), "a$1c");
  EXPECT_EQ(replaced("abc", "b", R"(\\)"), R"(a\c)");
  EXPECT_EQ(replaced("abc", "(b)", "$12"), "ab2c");  // there is no group 12
  EXPECT_EQ(replaced("abc", "(?<mid>b)", "<${mid}>"), "a<b>c");
  EXPECT_EQ(replaced("abc", "b", "$0$0"), "abbc");
  for (const auto* bad : {"$", "$x", "$1", R"(\)", "${no}", "${"}) {
    EXPECT_EQ(replaced("abc", "b", bad), "(refused)") << bad;
  }
}

TEST(Regexp, RefusesWhatIsNotValidOrTooLarge) {
  for (const auto* bad : {"(", "[a", "a{1001}", "(?=a)", "(a)\\1", "*", "(?<n>a"}) {
    EXPECT_FALSE(Regexp::compile(bad)) << bad;
  }
  EXPECT_FALSE(Regexp::compile("((((a{100}){100}){100}){100})"));
  EXPECT_FALSE(Regexp::compile(std::string(Regexp::kMostPatternBytes + 1, 'a')));
}

TEST(Regexp, TellsWhatIsValidNowhereFromWhatIsNotHere) {
  for (const auto* nowhere : {"(", "a)", "[a", "a\\", "*", "a**", "[z-a]", "a|+"}) {
    const auto compiled = Regexp::compile(nowhere);
    ASSERT_FALSE(compiled.ok()) << nowhere;
    EXPECT_EQ(compiled.error().code, Errc::invalid_request) << nowhere;
    EXPECT_FALSE(compiled.error().message.empty()) << nowhere;
  }
  for (const auto* not_here : {"(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a)", "(a)\\1", "(?<n>a)\\k<n>",
                               "a++", "a*+", "a?+", "a{2}+", "\\h", "\\R", "\\u0041", "\\p{Alpha}",
                               "\\p{javaLowerCase}", "\\P{Alpha}", "a{1001}", "(?x)a",
                               // RE2 takes these and reads them in its own way.
                               "[a-z&&[^b]]", "[a&&b]", "[a[b]]", "[[:alpha:]]", "(?U)a+", "(?iU:a)"}) {
    const auto compiled = Regexp::compile(not_here);
    ASSERT_FALSE(compiled.ok()) << not_here;
    EXPECT_EQ(compiled.error().code, Errc::not_implemented) << not_here;
    EXPECT_FALSE(compiled.error().message.empty()) << not_here;
  }
  for (const auto* good : {"[]a]", "[^]a]", "[a\\[b]", "\\[a[b]", "a&&b", "\\Q[[\\E", "(?i)a", "(?i:U)",
                           "(?<U>a)", "(?:U)", "[a&b]", "\\\\[b]", "\\p{L}+", "a]", "[(?U)]"}) {
    const auto compiled = Regexp::compile(good);
    EXPECT_TRUE(compiled.ok()) << good << ": " << (compiled ? "" : compiled.error().message);
  }
}

TEST(Regexp, StopsWhereTheResultOrTheWorkGrowsTooLarge) {
  std::string out;
  std::size_t searched = 0;
  EXPECT_EQ(
      Regexp::compile("a")->replace_all(std::string(100, 'a'), std::string(100, 'b'), kMost, out, searched),
      Replaced::too_long);
  const std::string text(128 * 1024, 'a');
  EXPECT_EQ(Regexp::compile("a*b|a")->replace_all(text, "a", text.size(), out, searched),
            Replaced::too_much_work);
}

TEST(Regexp, KnowsCharactersNotBytes) {
  EXPECT_THAT(Regexp::compile("^.$")->matches("€"), Eq(true));
  EXPECT_THAT(Regexp::compile("\\p{Lu}")->matches("Ä"), Eq(true));
}

}  // namespace
}  // namespace iotemu::rules::sql
