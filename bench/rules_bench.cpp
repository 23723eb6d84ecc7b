// What a message costs with 1, 100, 1,000 and 100,000 topic rules: the look that the broker's worker takes,
// and all the rest, which is done behind it.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/seeded_random.h"
#include "rules/plan/execution.h"
#include "rules/plan/rule_set.h"

namespace {

using namespace iotemu;
using namespace iotemu::rules;

std::string topic(std::int64_t machine) {
  return "plant/machine-" + std::to_string(machine) + "/state";
}

plan::RulePtr rule_for(std::int64_t machine) {
  return *plan::Rule::compile(
      {.name = "rule_" + std::to_string(machine),
       .sql = "SELECT temp, topic(2) AS machine FROM '" + topic(machine) + "' WHERE temp > 50",
       .sql_version = "2016-03-23",
       .actions = Json::array(
           {{{"republish", {{"topic", "alarms/${topic(2)}"}, {"roleArn", "arn:aws:iam::1:role/r"}}}}})});
}

/// As many rules as the run wants, each for one machine.
std::unique_ptr<const plan::RuleSet> rules_of(std::int64_t count) {
  std::vector<plan::RulePtr> rules;
  for (std::int64_t i = 0; i < count; ++i) rules.push_back(rule_for(i));
  return std::make_unique<const plan::RuleSet>(rules);
}

/// On the worker: does a rule want the topic? One does.
void worker_looks_and_one_matches(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  const auto name = topic(state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(rules->matches(name));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(worker_looks_and_one_matches)->Arg(1)->Arg(100)->Arg(1'000)->Arg(100'000);

/// None does: what every other message costs.
void worker_looks_and_none_matches(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(rules->matches("plant/machine-x/state"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(worker_looks_and_none_matches)->Arg(1)->Arg(100)->Arg(1'000)->Arg(100'000);

/// Behind it: found, WHERE, SELECT, the template of the action.
void message_runs_its_rule(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  const auto name = topic(state.range(0) / 2);
  const Message message{.topic = name, .payload = R"({"temp":61,"meta":{"ok":true},"serial":"a-1"})"};
  const Surroundings around{.account = "123456789012", .region = "us-east-1"};
  SeededRandom random{1};
  for (auto _ : state) {
    for (const auto& rule : rules->match(name)) {
      plan::Execution execution{*rule, message, around, random, nullptr};
      auto outcome = execution.run();
      benchmark::DoNotOptimize(outcome);
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(message_runs_its_rule)->Arg(1)->Arg(100)->Arg(1'000)->Arg(100'000);

/// CreateTopicRule among so many others: from its text to the set that workers see next (RU-3).
void one_more_rule_is_created(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  for (auto _ : state) {
    auto next = std::make_shared<const plan::RuleSet>(rules->with(rule_for(state.range(0))));
    benchmark::DoNotOptimize(next);
  }
}
BENCHMARK(one_more_rule_is_created)->Arg(100)->Arg(1000)->Arg(10'000)->Arg(100'000);

/// The part of it that is done under the registry's writer lock: the rule is compiled before.
void one_more_rule_joins_the_set(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  const auto rule = rule_for(state.range(0));
  for (auto _ : state) {
    auto next = std::make_shared<const plan::RuleSet>(rules->with(rule));
    benchmark::DoNotOptimize(next);
  }
}
BENCHMARK(one_more_rule_joins_the_set)->Arg(100)->Arg(1000)->Arg(10'000)->Arg(100'000);

/// A rule is disabled or deleted.
void one_rule_leaves_the_set(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  for (auto _ : state) {
    auto next = std::make_shared<const plan::RuleSet>(rules->without("rule_50"));
    benchmark::DoNotOptimize(next);
  }
}
BENCHMARK(one_rule_leaves_the_set)->Arg(100)->Arg(1000)->Arg(10'000)->Arg(100'000);

}  // namespace
