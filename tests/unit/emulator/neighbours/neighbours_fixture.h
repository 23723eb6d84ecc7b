#pragma once

// The services beside IoT with manual time, asked by HTTP requests that never see a socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "emulator/http/target.h"
#include "emulator/neighbours/neighbours.h"

namespace iotemu::neighbours {

/// A pool that nobody works in until the test does.
class IdlePool final : public Executor {
 public:
  void post(Task task) override { tasks.push_back(std::move(task)); }
  void run_all() {
    while (!tasks.empty()) {
      auto next = std::move(tasks.front());
      tasks.erase(tasks.begin());
      next();
    }
  }

  std::vector<Task> tasks;
};

/// Keeps what it is to run until the test answers, or answers at once by `reply`.
class FakeRuntime final : public runtime::Runtime {
 public:
  struct Call {
    std::shared_ptr<const runtime::Function> function{};
    runtime::Invocation invocation{};
    Done done{};
  };

  [[nodiscard]] Status can_run(const std::string& runtime_name) const override {
    if (runtime_name.starts_with("java"))
      return Error{Errc::unavailable, "there is no " + runtime_name + " here"};
    return Ok{};
  }
  void invoke(std::shared_ptr<const runtime::Function> function, runtime::Invocation invocation,
              Done done) override {
    seen.push_back({function, invocation, {}});
    if (reply) return done(reply(*function, invocation));
    calls.push_back({std::move(function), std::move(invocation), std::move(done)});
  }
  void retire(const std::string& arn, const std::string& revision) override {
    retired.push_back(arn + " " + revision);
  }
  /// Answers the oldest call that waits.
  void answer(Result<runtime::Outcome> outcome) {
    auto call = std::move(calls.front());
    calls.erase(calls.begin());
    call.done(std::move(outcome));
  }

  std::function<Result<runtime::Outcome>(const runtime::Function&, const runtime::Invocation&)> reply;
  std::vector<Call> calls;
  std::vector<Call> seen;
  std::vector<std::string> retired;
};

class NeighboursTest : public testing::Test {
 protected:
  explicit NeighboursTest(const std::map<std::string, std::string>& upstreams = {},
                          const NeighbourOptions& options = {.code = {.root = testing::TempDir()}})
      : neighbours{{.clock = clock,
                    .random = random,
                    .blocking_pool = pool,
                    .timers = timers,
                    .work = work,
                    .runtime = runtime},
                   options,
                   make_upstreams(*http::read_upstreams(upstreams), work)} {}

  /// Time passes, and what is due happens in its order.
  void advance(Duration by) {
    const auto end = clock.tick() + by;
    pool.run_all();
    for (auto due = timers.next_due(); due && *due <= end; due = timers.next_due()) {
      if (*due > clock.tick()) clock.advance(std::chrono::duration_cast<Duration>(*due - clock.tick()));
      timers.fire_due();
      pool.run_all();
    }
    clock.advance(std::chrono::duration_cast<Duration>(end - clock.tick()));
  }

  /// The answer, or nothing if the request is IoT's own.
  std::optional<http::Response> send(http::Request request, const std::string& key,
                                     const std::string& service) {
    const auto [taken, answer] = begin(std::move(request), key, service);
    if (!taken) return std::nullopt;  // the responder, dropped, has answered for itself
    EXPECT_TRUE(answer->has_value());
    return *answer;
  }

  using Awaited = std::shared_ptr<std::optional<http::Response>>;
  /// Whether it was taken, and where its answer will be.
  std::pair<bool, Awaited> begin(http::Request request, const std::string& key, const std::string& service) {
    request.id = "request-id";
    if (request.segments.empty()) {
      const auto target = http::parse_target(request.target);
      request.segments = target->segments;
      request.query = target->query;
    }
    api::Signatory caller{.scope = api::CredentialScope{key, region, service},
                          .realm = {.account = key.size() == 12 ? key : "123456789012", .region = region}};
    if (service.empty()) caller.scope.reset();
    neighbours.identify(caller);
    auto answer = std::make_shared<std::optional<http::Response>>();
    const bool taken = neighbours.take(request, caller, http::Responder{[answer](http::Response response) {
                                         *answer = std::move(response);
                                       }});
    pool.run_all();
    return {taken, answer};
  }

  http::Response json(const std::string& service, const std::string& target, const Json& input,
                      const std::string& key = "test") {
    return *send({.method = "POST",
                  .target = "/",
                  .headers = {{"X-Amz-Target", target}, {"Content-Type", "application/x-amz-json-1.1"}},
                  .body = to_text(input)},
                 key, service);
  }

  http::Response form(const std::string& service, const std::string& body, const std::string& key = "test") {
    return *send({.method = "POST",
                  .target = "/",
                  .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                  .body = body},
                 key, service);
  }

  http::Response rest(const std::string& service, const std::string& method, const std::string& target,
                      const Json& input = {}, std::vector<http::Header> headers = {}) {
    headers.push_back({"Host", "localhost:4566"});
    return *send({.method = method,
                  .target = target,
                  .headers = std::move(headers),
                  .body = input.is_null() ? std::string{} : to_text(input)},
                 "test", service);
  }

  static std::string fault(const http::Response& response) {
    const auto* type = http::find_header(response.headers, "x-amzn-ErrorType");
    return std::to_string(response.status) + " " + (type == nullptr ? "" : *type);
  }

  /// What stands between the first <name> and its end.
  static std::string element(const http::Response& response, const std::string& name) {
    const auto begin = response.body.find("<" + name + ">");
    const auto end = response.body.find("</" + name + ">");
    if (begin == std::string::npos || end == std::string::npos) return {};
    return response.body.substr(begin + name.size() + 2, end - begin - name.size() - 2);
  }

  std::string region{"us-east-1"};
  ManualClock clock;
  SeededRandom random{5};
  IdlePool pool;
  Timers timers{clock, pool, true};
  WorkCounter work;
  FakeRuntime runtime;
  Neighbours neighbours;
};

}  // namespace iotemu::neighbours
