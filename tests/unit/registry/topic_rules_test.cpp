// Topic rules as records (M section 7.1): what no client shows.

#include "registry/topic_rules.h"

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TopicRuleName name_of(const std::string& text) {
  return *TopicRuleName::parse(text);
}

class TopicRulesTest : public RegistryTest {
 protected:
  TopicRulesTest() : RegistryTest{{.topic_rules = 3}} {}

  TopicRules& rules{registry.topic_rules()};
};

TEST_F(TopicRulesTest, AnAccountHasSoManyAndNoMore) {
  for (const auto* name : {"a", "b", "c"}) EXPECT_THAT(rules.create(name_of(name), {.sql = "s"}), IsOk());
  // The operation models no LimitExceededException.
  EXPECT_THAT(rules.create(name_of("d"), {}), FailsWith(Errc::invalid_request, "at most 3"));
  EXPECT_THAT(rules.create(name_of("a"), {}), FailsWith(Errc::already_exists));
  EXPECT_THAT(rules.remove(name_of("b")), IsOk());
  EXPECT_THAT(rules.create(name_of("d"), {}), IsOk());
}

TEST_F(TopicRulesTest, TheUnknownIsDenied) {  // P8.6
  EXPECT_THAT(rules.get(name_of("x")), FailsWith(Errc::unauthorized, "Access to topic rule 'x' was denied"));
  EXPECT_THAT(rules.replace(name_of("x"), {}), FailsWith(Errc::unauthorized));
  EXPECT_THAT(rules.set_disabled(name_of("x"), true), FailsWith(Errc::unauthorized));
  EXPECT_THAT(rules.remove(name_of("x")), FailsWith(Errc::unauthorized));
}

TEST_F(TopicRulesTest, ReplacingKeepsCreationAndTags) {
  const auto made = *rules.create(name_of("a"), {.sql = "old", .disabled = true}, {{"k", "v"}});
  clock.advance(std::chrono::seconds{5});
  const auto next = *rules.replace(name_of("a"), {.sql = "new"});
  EXPECT_EQ(next->created_at, made->created_at);
  EXPECT_THAT(next->tags, ElementsAre(Tag{"k", "v"}));
  EXPECT_EQ(next->rule.sql, "new");
  EXPECT_FALSE(next->rule.disabled);
  EXPECT_EQ(made->rule.sql, "old") << "a record does not change once it is stored";
}

TEST_F(TopicRulesTest, EveryChangeIsToldBeforeItReturnsAndNothingElseIs) {  // RU-3
  std::vector<std::string> told;
  rules.on_change([&](const TopicRuleName& name, const TopicRulePtr& rule, const auto&) {
    told.push_back(name.text() + (rule ? rule->rule.disabled ? " sleeps" : " runs" : " is gone"));
  });
  std::size_t seen = 0;
  const auto moved = [&] { return std::exchange(seen, told.size()) != seen; };
  ASSERT_THAT(rules.create(name_of("a"), {}), IsOk());
  EXPECT_TRUE(moved());
  ASSERT_THAT(rules.replace(name_of("a"), {.sql = "b"}), IsOk());
  EXPECT_TRUE(moved());
  ASSERT_THAT(rules.set_disabled(name_of("a"), true), IsOk());
  EXPECT_TRUE(moved());
  ASSERT_THAT(rules.set_disabled(name_of("a"), true), IsOk());
  EXPECT_FALSE(moved()) << "nothing changed";
  ASSERT_THAT(registry.tag("arn:aws:iot:us-east-1:123456789012:rule/a", {{"k", "v"}}), IsOk());
  EXPECT_FALSE(moved()) << "tags run no rule";
  ASSERT_THAT(rules.remove(name_of("a")), IsOk());
  EXPECT_TRUE(moved());
  ASSERT_THAT(rules.create(name_of("a"), {}), IsOk());
  ASSERT_THAT(registry.reset(false), IsOk());
  EXPECT_THAT(rules.all(), IsEmpty());
  EXPECT_THAT(told, ElementsAre("a runs", "a runs", "a sleeps", "a is gone", "a runs", "a is gone"));
}

TEST_F(TopicRulesTest, WhatARuleIsCompiledToStaysWithItsText) {
  std::vector<int> told;
  rules.on_change([&](const TopicRuleName&, const TopicRulePtr&, const TopicRules::Compiled& compiled) {
    told.push_back(compiled.has_value() ? std::any_cast<int>(compiled) : 0);
  });
  ASSERT_THAT(rules.create(name_of("a"), {.disabled = true}, {}, 1), IsOk());
  ASSERT_THAT(rules.set_disabled(name_of("a"), false), IsOk());
  ASSERT_THAT(rules.replace(name_of("a"), {}, 2), IsOk());
  ASSERT_THAT(rules.set_disabled(name_of("a"), true), IsOk());
  ASSERT_THAT(rules.remove(name_of("a")), IsOk());
  ASSERT_THAT(rules.create(name_of("a"), {}), IsOk());
  EXPECT_THAT(told, ElementsAre(1, 1, 2, 2, 0, 0));
}

TEST_F(TopicRulesTest, AFailingStoreLeavesEverythingAsItWas) {
  store.fail_after(0);
  EXPECT_THAT(rules.create(name_of("a"), {}), FailsWith(Errc::io));
  EXPECT_THAT(rules.all(), IsEmpty());
  ASSERT_THAT(rules.create(name_of("a"), {.sql = "old"}), IsOk());
  bool was_told = false;
  rules.on_change([&](const auto&...) { was_told = true; });
  store.fail_after(0);
  EXPECT_THAT(rules.replace(name_of("a"), {.sql = "new"}), FailsWith(Errc::io));
  store.fail_after(0);
  EXPECT_THAT(rules.set_disabled(name_of("a"), true), FailsWith(Errc::io));
  store.fail_after(0);
  EXPECT_THAT(rules.remove(name_of("a")), FailsWith(Errc::io));
  EXPECT_EQ((*rules.get(name_of("a")))->rule.sql, "old");
  EXPECT_FALSE(was_told);
}

}  // namespace
}  // namespace iotemu::registry
