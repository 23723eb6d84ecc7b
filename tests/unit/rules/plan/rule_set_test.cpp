// Which rules a message runs (RU-5, M3-32).

#include "rules/plan/rule_set.h"

#include <random>
#include <set>

#include "rules/topic_filter.h"
#include "tests/unit/rules/plan/plan_support.h"

namespace iotemu::rules::plan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names(const std::vector<RulePtr>& rules) {
  std::vector<std::string> result;
  for (const auto& rule : rules) result.push_back(rule->name());
  return result;
}

TEST(RuleSet, MatchesAsTheBrokerDoes) {
  const RuleSet set{{rule_from("exact", "a/b"), rule_from("plus", "a/+"), rule_from("hash", "a/#"),
                     rule_from("all", "#"), rule_from("any", "+"), rule_from("events", "$aws/events/#"),
                     rule_from("empty", "a//c")}};
  EXPECT_THAT(names(set.match("a/b")), ElementsAre("exact", "plus", "hash", "all"));
  EXPECT_THAT(names(set.match("a")), ElementsAre("all", "any")) << "a/# does not match a";
  EXPECT_THAT(names(set.match("a/")), ElementsAre("plus", "hash", "all"));
  EXPECT_THAT(names(set.match("a//c")), ElementsAre("hash", "all", "empty"));
  EXPECT_THAT(names(set.match("$aws/events/x")), ElementsAre("events")) << "# does not match $…";
  EXPECT_THAT(names(set.match("$aws/events")), IsEmpty());
  EXPECT_THAT(names(set.match("A/b")), ElementsAre("all"));
}

TEST(RuleSet, FindsARuleByItsNameWhateverItsFilter) {
  const RuleSet set{{rule_from("one", "a"), *Rule::compile({.name = "two", .sql = "SELECT *"})}};
  EXPECT_EQ(set.find("two")->name(), "two");
  EXPECT_EQ(set.find("One"), nullptr);
  EXPECT_EQ(set.find(""), nullptr);
  EXPECT_FALSE(set.matches(""));
  EXPECT_EQ(set.size(), 2U);
}

TEST(RuleSet, OfNothingMatchesNothing) {
  const RuleSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.matches("a"));
  EXPECT_EQ(set.find("a"), nullptr);
}

/// Few letters and few levels, so that much matches.
class Generator {
 public:
  explicit Generator(unsigned seed) : chance_{seed} {}

  std::string topic() {
    std::string text = one_of(8) == 0 ? "$aws" : level();
    for (int more = one_of(4); more > 0; --more) text += "/" + level();
    return text;
  }
  std::string filter() {
    std::string text = one_of(8) == 0 ? "$aws" : wild_level();
    for (int more = one_of(4); more > 0; --more) text += "/" + wild_level();
    if (one_of(4) == 0) text = one_of(8) == 0 ? "#" : text + "/#";
    return text;
  }
  int one_of(int count) { return std::uniform_int_distribution<int>{0, count - 1}(chance_); }

 private:
  std::string level() {
    const int letter = one_of(4);
    return letter == 3 ? "" : std::string(1, static_cast<char>('a' + letter));
  }
  std::string wild_level() { return one_of(4) == 0 ? "+" : level(); }

  std::mt19937 chance_;
};

TEST(RuleSet, MatchesWhatEachFilterMatchesByItself) {
  Generator make{20'260'401};
  for (int round = 0; round < 40; ++round) {
    std::vector<RulePtr> rules;
    for (int i = make.one_of(60); i >= 0; --i) {
      auto filter = make.filter();
      if (filter.empty()) filter = "+";
      rules.push_back(rule_from("r" + std::to_string(i), filter));
    }
    const RuleSet set{rules};
    for (int i = 0; i < 100; ++i) {
      const auto topic = make.topic();
      std::vector<std::string> expected;
      for (const auto& rule : rules) {
        if (matches(rule->filter(), topic)) expected.push_back(rule->name());
      }
      EXPECT_EQ(names(set.match(topic)), expected) << topic;
      EXPECT_EQ(set.matches(topic), !expected.empty()) << topic;
    }
  }
}

TEST(TopicFilter, MatchesLevelByLevel) {
  struct Case {
    std::string_view filter;
    std::string_view topic;
    bool matches;
  };
  for (const auto& [filter, topic, expected] : std::initializer_list<Case>{{"a", "a", true},
                                                                           {"a", "a/", false},
                                                                           {"a/", "a/", true},
                                                                           {"+", "", true},
                                                                           {"+/+", "/", true},
                                                                           {"#", "a/b/c", true},
                                                                           {"a/#", "a", false},
                                                                           {"a/#", "a/", true},
                                                                           {"+/a", "$aws/a", false},
                                                                           {"#", "$aws", false},
                                                                           {"$aws/+", "$aws/a", true},
                                                                           {"a/+/c", "a/b/c/d", false},
                                                                           {"a/b", "a", false}}) {
    EXPECT_EQ(matches(filter, topic), expected) << filter << " and " << topic;
  }
}

}  // namespace
}  // namespace iotemu::rules::plan::testing
