// Which rules a message runs (RU-5, M3-32).

#include "rules/plan/rule_set.h"

#include <map>
#include <random>

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
  EXPECT_THAT(names(set.match("a/b")), ElementsAre("all", "exact", "hash", "plus"));
  EXPECT_THAT(names(set.match("a")), ElementsAre("all", "any")) << "a/# does not match a";
  EXPECT_THAT(names(set.match("a/")), ElementsAre("all", "hash", "plus"));
  EXPECT_THAT(names(set.match("a//c")), ElementsAre("all", "empty", "hash"));
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

/// A set, the rules that should be in it, and what they should match.
struct Model {
  void expect_the_same(Generator& make) const {
    EXPECT_EQ(set.size(), rules.size());
    for (int i = 0; i < 30; ++i) {
      const auto topic = make.topic();
      std::vector<std::string> expected;
      for (const auto& [name, rule] : rules) {
        if (matches(rule->filter(), topic)) expected.push_back(name);
      }
      EXPECT_EQ(names(set.match(topic)), expected) << topic;
      EXPECT_EQ(set.matches(topic), !expected.empty()) << topic;
    }
    for (const auto& [name, rule] : rules) EXPECT_EQ(set.find(name), rule);
  }

  RuleSet set{};
  std::map<std::string, RulePtr> rules{};
};

TEST(RuleSet, MatchesWhatEachFilterMatchesByItselfWhateverHasChanged) {
  Generator make{20'260'401};
  for (int round = 0; round < 40; ++round) {
    Model now;
    std::vector<Model> before;
    for (int change = make.one_of(100); change >= 0; --change) {
      const auto name = "r" + std::to_string(make.one_of(40));
      if (make.one_of(4) == 0) {
        now.set = now.set.without(name);
        now.rules.erase(name);
      } else {
        auto filter = make.filter();
        const auto rule = rule_from(name, filter.empty() ? "+" : filter);
        now.set = now.set.with(rule);
        now.rules[name] = rule;
      }
      if (make.one_of(20) == 0) before.push_back(now);
    }
    now.expect_the_same(make);
    for (const auto& model : before) model.expect_the_same(make);
    while (!now.rules.empty()) {
      now.set = now.set.without(now.rules.begin()->first);
      now.rules.erase(now.rules.begin());
    }
    now.expect_the_same(make);
  }
}

TEST(RuleSet, AChangeMakesAnotherSet) {
  const RuleSet one{{rule_from("r", "a")}};
  const RuleSet moved = one.with(rule_from("r", "b"));
  const RuleSet gone = moved.without("r");
  EXPECT_TRUE(one.matches("a"));
  EXPECT_FALSE(moved.matches("a"));
  EXPECT_TRUE(moved.matches("b"));
  EXPECT_EQ(moved.size(), 1U);
  EXPECT_TRUE(gone.empty());
  EXPECT_FALSE(gone.matches("b"));
  EXPECT_EQ(gone.without("r").size(), 0U);
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
