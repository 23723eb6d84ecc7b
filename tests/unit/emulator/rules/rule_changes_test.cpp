// What a change of a rule does to the engine, and what the log is told of rules.

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/unit/emulator/rules/rule_engine_fixture.h"

namespace iotemu::rule_engine {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(RuleEngineTest, TheNextMessageSeesWhatHasChanged) {  // RU-3
  const auto name = *registry::TopicRuleName::parse("r");
  auto& rules = registry.topic_rules();
  create("r", "SELECT * FROM 'in'", {s3("first")});
  publish("in");
  ASSERT_TRUE(rules.replace(name, {.sql = "SELECT * FROM 'in'", .actions = Json{s3("second")}}).ok());
  publish("in");
  ASSERT_TRUE(rules.replace(name, {.sql = "SELECT * FROM 'other'", .actions = Json{s3("third")}}).ok());
  publish("in");
  publish("other");
  ASSERT_TRUE(rules.set_disabled(name, true).ok());
  publish("other");
  ASSERT_TRUE(rules.set_disabled(name, false).ok());
  publish("other");
  ASSERT_TRUE(rules.remove(name).ok());
  publish("other");
  EXPECT_THAT(keys(), ElementsAre("first", "second", "third", "third"));
}

TEST_F(RuleEngineTest, RunsARuleAsItsRecordBringsIt) {
  const auto compiled = *rules::plan::Rule::compile(
      {.name = "r", .sql = "SELECT 1 AS a FROM 'in'", .actions = Json{s3("compiled")}});
  ASSERT_TRUE(registry.topic_rules()
                  .create(*registry::TopicRuleName::parse("r"), {.sql = "nobody reads it"}, {}, compiled)
                  .ok());
  publish("in");
  EXPECT_THAT(keys(), ElementsAre("compiled"));
}

TEST_F(RuleEngineTest, AStoredRuleThatCannotBeCompiledIsNotRunAndSaysSo) {
  ::testing::internal::CaptureStderr();
  create("r", "SELEKT", {s3("k")});
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("a stored rule cannot be compiled"), HasSubstr("rule=r")));
  EXPECT_FALSE(engine.wants("in"));
}

TEST_F(RuleEngineTest, WorkersReadWholeSetsWhileRulesChange) {
  std::atomic<bool> done{false};
  create("stays", "SELECT * FROM 'in'", {});
  std::vector<std::thread> workers;
  std::atomic<int> missed{0};
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!done) missed += engine.wants("in") ? 0 : 1;
    });
  }
  for (int i = 0; i < 300; ++i) {
    const auto name = "r" + std::to_string(i % 40);
    if (!registry.topic_rules().remove(*registry::TopicRuleName::parse(name)).ok()) {
      create(name, "SELECT * FROM 'in/" + name + "'", {});
      EXPECT_TRUE(engine.wants("in/" + name));
    } else {
      EXPECT_FALSE(engine.wants("in/" + name));
    }
  }
  done = true;
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(missed, 0);
}

TEST_F(RuleEngineTest, TellsOnceWhatAFunctionCannotDo) {
  create("r", "SELECT regexp_matches('a', re) AS a FROM 'in'", {s3("${regexp_substr('a', re)}")});
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) publish("in", R"({"re":"(?=canary)a"})");
  EXPECT_THAT(keys(), ElementsAre("", "", ""));
  const auto said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, AllOf(HasSubstr("rule=r"), HasSubstr("regexp_matches(): '(?=***)a' cannot be used"),
                          HasSubstr("regexp_substr()"), Not(HasSubstr("canary"))));
  EXPECT_EQ(std::ranges::count(said, '\n'), 2) << said;
  ASSERT_TRUE(
      registry.topic_rules()
          .replace(*registry::TopicRuleName::parse("r"),
                   {.sql = "SELECT regexp_matches('a', '(') AS a FROM 'in'", .actions = Json{s3("k")}})
          .ok());
  ::testing::internal::CaptureStderr();
  publish("in");
  settle();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("'(' is no regular expression"))
      << "a changed rule has news";
}

TEST_F(RuleEngineTest, WhatFailsIsLoggedWithoutSecrets) {
  ports.thing_shadow = [](const Realm&, std::string_view, std::string_view) {
    return Result<std::string>{Error{Errc::io, "the answer was canary"}};
  };
  ::testing::internal::CaptureStderr();
  create("r", "SELECT get_thing_shadow('t', 'arn:aws:iam::123456789012:role/r') AS s FROM 'canary'",
         {s3("k")});
  publish("canary");
  settle();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("a rule failed"), HasSubstr("the answer was ***"), Not(HasSubstr("canary"))));
}

}  // namespace
}  // namespace iotemu::rule_engine
