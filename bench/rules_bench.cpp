// What a message costs with 1, 100 and 1,000 topic rules: the look that the broker's worker takes, and all
// the rest, which is done behind it.

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

/// As many rules as the run wants, each for one machine.
std::unique_ptr<const plan::RuleSet> rules_of(std::int64_t count) {
  std::vector<plan::RulePtr> rules;
  for (std::int64_t i = 0; i < count; ++i) {
    rules.push_back(*plan::Rule::compile(
        {.name = "rule_" + std::to_string(i),
         .sql = "SELECT temp, topic(2) AS machine FROM '" + topic(i) + "' WHERE temp > 50",
         .sql_version = "2016-03-23",
         .actions = Json::array(
             {{{"republish", {{"topic", "alarms/${topic(2)}"}, {"roleArn", "arn:aws:iam::1:role/r"}}}}})}));
  }
  return std::make_unique<const plan::RuleSet>(std::move(rules));
}

/// On the worker: does a rule want the topic? One does.
void worker_looks_and_one_matches(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  const auto name = topic(state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(rules->matches(name));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(worker_looks_and_one_matches)->Arg(1)->Arg(100)->Arg(1000);

/// None does: what every other message costs.
void worker_looks_and_none_matches(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(rules->matches("plant/machine-x/state"));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(worker_looks_and_none_matches)->Arg(1)->Arg(100)->Arg(1000);

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
BENCHMARK(message_runs_its_rule)->Arg(1)->Arg(100)->Arg(1000);

/// CreateTopicRule among so many others: the set is made anew (RU-3).
void a_change_remakes_the_set(benchmark::State& state) {
  const auto rules = rules_of(state.range(0));
  std::vector<plan::RulePtr> all;
  for (std::int64_t i = 0; i < state.range(0); ++i) all.push_back(rules->find("rule_" + std::to_string(i)));
  for (auto _ : state) {
    const plan::RuleSet next{all};
    benchmark::DoNotOptimize(&next);
  }
}
BENCHMARK(a_change_remakes_the_set)->Arg(1)->Arg(100)->Arg(1000);

}  // namespace
