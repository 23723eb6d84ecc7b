#pragma once

// An engine with sinks that remember and a registry of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/event_bus.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "emulator/rules/function_host.h"
#include "emulator/rules/rule_engine.h"

namespace iotemu::rule_engine {

/// Keeps what it is given; fails if it is told to.
class FakeSink final : public rules::ActionSink {
 public:
  void run(rules::ActionRequest request, Done done) override {
    std::optional<rules::ActionFailure> failure;
    {
      const std::lock_guard lock{mutex_};
      requests_.push_back(std::move(request));
      if (keeps) return kept_.push_back(std::move(done));
      if (fails) failure = rules::ActionFailure{"FakeAction", "it", "because"};
    }
    done(std::move(failure));
  }
  std::vector<rules::ActionRequest> requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
  }
  /// Ends what it has kept, all but the last with a failure.
  void end_kept() {
    for (std::size_t i = kept_.size(); i-- > 0;) {
      kept_[i](i + 1 == kept_.size()
                   ? std::nullopt
                   : std::optional{rules::ActionFailure{"FakeAction", std::to_string(i), ""}});
    }
    kept_.clear();
  }

  bool fails{false};
  bool keeps{false};

 private:
  std::mutex mutex_;
  std::vector<rules::ActionRequest> requests_;
  std::vector<Done> kept_;
};

class RuleEngineTest : public ::testing::Test {
 protected:
  explicit RuleEngineTest(RuleWorkLimits limits = {}) : rule_work{work, limits} {
    auto s3 = std::make_unique<FakeSink>();
    auto sqs = std::make_unique<FakeSink>();
    sink = s3.get();
    error_sink = sqs.get();
    sinks.add("s3", std::move(s3));
    sinks.add("sqs", std::move(sqs));
  }
  ~RuleEngineTest() override {
    rule_work.close();
    rule_work.end();
  }

  static Json s3(const std::string& key) {
    return {{"s3", {{"bucketName", "b"}, {"key", key}, {"roleArn", "r"}}}};
  }
  void create(const std::string& name, const std::string& sql, const std::vector<Json>& actions,
              const Json& error_action = {}) {
    const auto made = registry.topic_rules().create(
        *registry::TopicRuleName::parse(name),
        {.sql = sql, .sql_version = "2016-03-23", .actions = Json(actions), .error_action = error_action});
    ASSERT_TRUE(made.ok()) << made.error().message;
  }
  void publish(const std::string& topic, const std::string& payload = "{}", std::uint32_t hops = 0) {
    engine.on_message(std::make_shared<const mqtt::Message>(
                          mqtt::Message{.topic = topic, .payload = payload, .hops = hops}),
                      nullptr);
  }
  void settle() { ASSERT_TRUE(work.wait_idle(std::chrono::seconds{60})); }
  std::vector<std::string> keys() {
    settle();
    std::vector<std::string> result;
    for (const auto& request : sink->requests()) result.push_back(request.parameters.at("key"));
    return result;
  }

  ManualClock clock;
  SeededRandom random{1};
  WorkCounter work;
  RuleWork rule_work;
  ActionSinks sinks;
  FakeSink* sink{};
  FakeSink* error_sink{};
  registry::MemoryStore store;
  EventBus bus;
  registry::Registry registry{{}, clock, random, store, bus};
  FunctionPorts ports;
  RuleEngine engine{
      registry,
      {.clock = clock,
       .random = random,
       .work = rule_work,
       .sinks = sinks,
       .make_functions =
           [this](const Realm& realm) { return std::make_unique<RealmFunctions>(realm, ports); },
       .hide =
           [](std::string text) {
             constexpr std::string_view kSecret = "canary";
             for (auto at = text.find(kSecret); at != text.npos; at = text.find(kSecret)) {
               text.replace(at, kSecret.size(), "***");
             }
             return text;
           }}};
};

}  // namespace iotemu::rule_engine
