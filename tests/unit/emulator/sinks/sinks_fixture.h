#pragma once

// Actions as the engine would hand them over, and the twins of what sinks ask.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "base/thread_executor.h"
#include "base/timers.h"
#include "emulator/http/client/client.h"
#include "emulator/sinks/aws_requests.h"
#include "emulator/sinks/http_answer.h"
#include "emulator/sinks/sink.h"
#include "rules/ports.h"

namespace iotemu::sinks {

inline rules::ActionRequest an_action(std::string kind, Json parameters, std::string payload = R"({"t":1})",
                                      bool is_json = true) {
  return {.rule_name = "hot",
          .kind = std::move(kind),
          .parameters = std::move(parameters),
          .payload = std::move(payload),
          .is_json = is_json,
          .topic = "plant/1",
          .client_id = "pump",
          .source_ip = "192.0.2.1",
          .trace_id = "trace-1",
          .original_payload = std::make_shared<const std::string>("{\"raw\":1}")};
}

inline RequestPtr shared(rules::ActionRequest request) {
  return std::make_shared<const rules::ActionRequest>(std::move(request));
}

/// Answers in order what it is told, then 200.
class FakeClient final : public http::Client {
 public:
  void send(http::Call call, Done done) override {
    sent.push_back(std::move(call));
    if (answers.empty()) return done({.answer = {.status = 200}});
    auto answer = std::move(answers.front());
    answers.pop_front();
    done(std::move(answer));
  }
  void cancel() override {}
  void stop() override {}

  std::vector<http::Call> sent{};
  std::deque<http::Outcome> answers{};
};

/// Plays one service.
class FakeRequests final : public AwsRequests {
 public:
  [[nodiscard]] bool plays(std::string_view service) const override { return service == played; }
  void send(const Realm& /*realm*/, AwsRequest request, Done done) override {
    sent.push_back(std::move(request));
    if (answers.empty()) return done(HttpAnswer{.status = 200, .body = "{}"});
    auto answer = std::move(answers.front());
    answers.pop_front();
    done(std::move(answer));
  }

  std::string played{};
  std::vector<AwsRequest> sent{};
  std::deque<Result<HttpAnswer>> answers{};
};

class SinksTest : public ::testing::Test {
 protected:
  void advance(Duration by) {
    const auto end = clock.tick() + by;
    for (auto due = timers.next_due(); due && *due <= end; due = timers.next_due()) {
      clock.advance(*due - clock.tick());
      timers.fire_due();
      ASSERT_TRUE(work.wait_idle(std::chrono::seconds{10}));
    }
    clock.advance(end - clock.tick());
  }

  WorkCounter work;
  ManualClock clock;
  SeededRandom random{1};
  ThreadExecutor events{work, "events", 1};
  Timers timers{clock, events, true};
};

}  // namespace iotemu::sinks
