// Who gets a message, with a hundred thousand subscriptions: through the trie, through a worker's cache, and
// what a subscription costs to make.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "mqtt/broker/match_cache.h"
#include "mqtt/broker/subscription_index.h"

namespace {

using namespace iotemu::mqtt;

constexpr SubscriberId kDevices = 100'000;
constexpr TopicRules kRules{};

TopicFilter filter(const std::string& text) {
  return *TopicFilter::parse(text, kRules);
}

std::string telemetry(SubscriberId device) {
  return "dt/plant-7/machine-" + std::to_string(device) + "/state";
}
std::string command(SubscriberId device) {
  return "cmd/plant-7/machine-" + std::to_string(device) + "/req";
}

/// Each device listens for its commands; a few services listen to all of them.
const SubscriptionIndex& fleet() {
  static const auto index = [] {
    auto made = std::make_unique<SubscriptionIndex>(kRules);
    for (SubscriberId device = 0; device < kDevices; ++device) {
      made->insert(filter(command(device)), {.subscriber = device});
    }
    made->insert(filter("dt/#"), {.subscriber = kDevices});
    made->insert(filter("dt/+/+/state"), {.subscriber = kDevices + 1});
    made->insert(filter("cmd/+/machine-7/#"), {.subscriber = kDevices + 2});
    return made;
  }();
  return *index;
}

std::vector<std::string> topics(std::string (*name)(SubscriberId), std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(name(i * 7919 % kDevices));
  return all;
}

void match_one_of_100k(benchmark::State& state) {
  const SubscriptionIndex& index = fleet();
  const auto names = topics(command, 1024);
  std::vector<Subscription> found;
  std::size_t i = 0;
  for (auto _ : state) {
    index.match(names[i++ % names.size()], found);
    benchmark::DoNotOptimize(found.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(match_one_of_100k);

/// The same look among a thousand devices' filters and among a hundred thousand.
void match_among(benchmark::State& state) {
  const auto count = static_cast<SubscriberId>(state.range(0));
  SubscriptionIndex index{kRules};
  for (SubscriberId device = 0; device < count; ++device)
    index.insert(filter(command(device)), {.subscriber = device});
  std::vector<std::string> names;
  for (SubscriberId i = 0; i < 256; ++i) names.push_back(command(i * 7919 % count));
  std::vector<Subscription> found;
  std::size_t i = 0;
  for (auto _ : state) {
    index.match(names[i++ % names.size()], found);
    benchmark::DoNotOptimize(found.data());
  }
}
BENCHMARK(match_among)->Arg(1'000)->Arg(100'000);

/// One more device subscribes and leaves again.
void subscribe_among(benchmark::State& state) {
  const auto count = static_cast<SubscriberId>(state.range(0));
  SubscriptionIndex index{kRules};
  for (SubscriberId device = 0; device < count; ++device)
    index.insert(filter(command(device)), {.subscriber = device});
  const auto one_more = filter(command(count));
  for (auto _ : state) {
    index.insert(one_more, {.subscriber = count});
    index.erase(one_more, count);
  }
}
BENCHMARK(subscribe_among)->Arg(1'000)->Arg(100'000);

void match_two_wildcards(benchmark::State& state) {
  const SubscriptionIndex& index = fleet();
  const auto names = topics(telemetry, 1024);
  std::vector<Subscription> found;
  std::size_t i = 0;
  for (auto _ : state) {
    index.match(names[i++ % names.size()], found);
    benchmark::DoNotOptimize(found.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(match_two_wildcards);

void match_cached(benchmark::State& state) {
  const auto names = topics(command, static_cast<std::size_t>(state.range(0)));
  MatchCache cache{fleet()};
  std::size_t i = 0;
  for (auto _ : state) {
    const MatchResult found = cache.match(names[i++ % names.size()]);
    benchmark::DoNotOptimize(found->data());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["hit_rate"] =
      static_cast<double>(cache.hits()) / static_cast<double>(cache.hits() + cache.misses());
}
BENCHMARK(match_cached)->Arg(16)->Arg(1024);

void match_fan_out(benchmark::State& state) {
  SubscriptionIndex index{kRules};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    index.insert(filter("news/#"), {.subscriber = static_cast<SubscriberId>(i)});
  }
  std::vector<Subscription> found;
  for (auto _ : state) {
    index.match("news/today", found);
    benchmark::DoNotOptimize(found.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(match_fan_out)->Arg(50)->Arg(10'000);

void subscribe_and_unsubscribe(benchmark::State& state) {
  SubscriptionIndex index{kRules};
  std::vector<TopicFilter> filters;
  for (SubscriberId device = 0; device < 10'000; ++device) filters.push_back(filter(command(device)));
  for (auto _ : state) {
    for (SubscriberId i = 0; i < filters.size(); ++i) index.insert(filters[i], {.subscriber = i});
    for (SubscriberId i = 0; i < filters.size(); ++i) index.erase(filters[i], i);
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(subscribe_and_unsubscribe);

void check_a_topic_name(benchmark::State& state) {
  const std::string name = telemetry(42);
  for (auto _ : state) benchmark::DoNotOptimize(check_topic_name(name, kRules));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check_a_topic_name);

}  // namespace
