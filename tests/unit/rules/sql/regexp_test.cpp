#include "rules/sql/regexp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

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

// What a Java 17 answers.
struct Reading {
  const char* pattern;
  std::string_view text;
  /// The first match; nothing: there is none.
  std::optional<std::string_view> found;
};

class ReadAsJava : public ::testing::TestWithParam<Reading> {};

TEST_P(ReadAsJava, FindsTheSame) {
  const auto& [pattern, text, found] = GetParam();
  const auto compiled = Regexp::compile(pattern);
  ASSERT_TRUE(compiled) << pattern << ": " << compiled.error().message;
  EXPECT_EQ(compiled->first(text), found) << pattern << " in " << text;
  EXPECT_EQ(compiled->matches(text), found.has_value()) << pattern << " in " << text;
}

constexpr std::nullopt_t kNone = std::nullopt;

INSTANTIATE_TEST_SUITE_P(
    Regexp, ReadAsJava,
    ::testing::Values(
        // \s has the vertical tab, and only ASCII's spaces.
        Reading{"\\s", "a\vb", "\v"}, Reading{"[\\s]+", "a\v \tb", "\v \t"}, Reading{"\\S+", "\va\v", "a"},
        Reading{"[\\S]+", "\va\v", "a"}, Reading{"[^\\s]+", "\va\v", "a"}, Reading{"\\s", "\u00A0", kNone},
        // \v is every vertical space.
        Reading{"\\v", "a\nb", "\n"}, Reading{"[\\v]+", "a\r\n\u2028b", "\r\n\u2028"},
        Reading{"[^\\v]+", "\nab\r", "ab"}, Reading{"\\v", "\t", kNone}, Reading{"\\v", "\u0085", "\u0085"},
        // A dot ends at every line's end.
        Reading{".*", "ab\rc", "ab"}, Reading{".*", "ab\nc", "ab"}, Reading{".+", "\u2028ab\u0085c", "ab"},
        Reading{"(?s).*", "ab\rc\n", "ab\rc\n"}, Reading{"(?s:a.).", "a\rb", "a\rb"},
        Reading{"(?s:a.).", "a\r\rb", kNone}, Reading{"[.]", "a.b", "."}, Reading{"\\.", "a.b", "."},
        // A dollar stands before the last line's end, too.
        Reading{"a$", "a\n", "a"}, Reading{"a$", "a\r\n", "a"}, Reading{"a$", "a\r", "a"},
        Reading{"a$", "a\u2029", "a"}, Reading{"a$", "a\n\n", kNone}, Reading{"a$", "a\nb", kNone},
        Reading{"^a$", "a", "a"}, Reading{"^$", "\n", ""}, Reading{"^$", "", ""},
        Reading{".*$", "ab\n", "ab"}, Reading{"a\\s*$", "a \n", "a \n"}, Reading{"a\\s*?$", "a\n", "a"},
        Reading{"(^|,)a(,|$)", "b,a\n", ",a"}, Reading{"(a|b$)", "b\n", "b"}, Reading{"(a$|b)", "a\n", "a"},
        Reading{"^(a$|b$)$", "b", "b"}, Reading{"a\\z", "a\n", kNone}, Reading{"[$]", "a$", "$"},
        Reading{"\\$", "a$b", "$"},
        // Letters of ASCII alone have two cases.
        Reading{"(?i)abc", "xABCx", "ABC"}, Reading{"(?i)\u00E4", "\u00C4", kNone},
        Reading{"(?i)\u00E4", "\u00E4", "\u00E4"}, Reading{"(?i)k", "\u212A", kNone},
        Reading{"(?i)[a-c]+", "xABCx", "ABC"}, Reading{"(?i)[^a-c]+", "ABCx", "x"},
        Reading{"(?i)[Z-a]+", "xzAx", "zA"}, Reading{"(?i)[\u00E0-\u00FF]", "\u00C4", kNone},
        Reading{"(?i:a)b", "Ab", "Ab"}, Reading{"(?i:a)b", "AB", kNone},
        Reading{"a(?i)b(?-i)c", "aBc", "aBc"}, Reading{"a(?i)b(?-i)c", "aBC", kNone},
        Reading{"((?i)a)b", "AB", kNone}, Reading{"((?i)a)b", "Ab", "Ab"},
        Reading{"(?i)\\Qa.b\\E", "A.B", "A.B"}, Reading{"(?i)\\x41", "a", "a"},
        Reading{"(?is)a.b", "A\nB", "A\nB"}, Reading{"(?i)a{2}", "xaA", "aA"},
        // Numbers of characters.
        Reading{"\\x41", "A", "A"}, Reading{"\\x{20AC}", "\u20AC", "\u20AC"}, Reading{"\\0101", "A", "A"},
        Reading{"\\012", "\n", "\n"}, Reading{"[\\x41-\\x43]+", "xABCx", "ABC"},
        Reading{"[\\n-\\r]+", "a\v\fb", "\v\f"}, Reading{"\\\u00E4", "\u00E4", "\u00E4"},
        Reading{"\\_", "_", "_"}, Reading{"[a\\-z]+", "x-y", "-"}, Reading{"[-a]+", "x-a", "-a"},
        Reading{"[a-]+", "x-a", "-a"}, Reading{"[\\Q^]\\E]+", "x]^", "]^"}));

TEST(Regexp, CountsGroupsWithoutThoseOfADollar) {
  EXPECT_EQ(replaced("ab\n", "(a$|(b)$)", "[$2]"), "a[b]\n");
  EXPECT_EQ(replaced("a,b\n", "(a|b)(,|$)", "<$1>"), "<a><b>\n");
  EXPECT_EQ(replaced("ab\n", "(?:a$)|(?<n>b)$", "<${n}$1>"), "a<bb>\n");
  EXPECT_EQ(replaced("ab", "b$", "$1"), "(refused)");
  EXPECT_EQ(replaced("x\n", "x*$", "-"), "--\n-");
}

TEST(Regexp, RefusesWhatJavaReadsInAWayThatCannotBeWritten) {
  for (const auto* not_here : {"a$b", "(a$)b", "(a$)+", "a$*", "a$\\n", "(?m)^a$", "(?m:a)", "(?d).", "(?u)a",
                               "(a)\\12", "\\p{Greek}", "\\p{^L}", "(?i)\\p{Lu}"}) {
    const auto compiled = Regexp::compile(not_here);
    ASSERT_FALSE(compiled.ok()) << not_here;
    EXPECT_EQ(compiled.error().code, Errc::not_implemented) << not_here;
  }
  for (const auto* nowhere : {"(?P<n>a)", "a{", "a{,2}", "{a}", "\\C", "\\E", "\\08", "(?k)a"}) {
    const auto compiled = Regexp::compile(nowhere);
    ASSERT_FALSE(compiled.ok()) << nowhere;
    EXPECT_EQ(compiled.error().code, Errc::invalid_request) << nowhere;
  }
}

}  // namespace
}  // namespace iotemu::rules::sql
