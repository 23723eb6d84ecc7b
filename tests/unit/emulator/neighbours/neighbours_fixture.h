#pragma once

// The services beside IoT with manual time, asked by HTTP requests that never see a socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
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
    for (auto& task : tasks) task();
    tasks.clear();
  }

  std::vector<Task> tasks;
};

class NeighboursTest : public testing::Test {
 protected:
  explicit NeighboursTest(const std::map<std::string, std::string>& upstreams = {})
      : neighbours{clock, random, pool, std::move(*open_upstreams(upstreams))} {}

  /// The answer, or nothing if the request is IoT's own.
  std::optional<http::Response> send(http::Request request, const std::string& key,
                                     const std::string& service) {
    request.id = "request-id";
    if (request.segments.empty()) request.segments = http::parse_target(request.target)->segments;
    api::Signatory caller{.scope = api::CredentialScope{key, region, service},
                          .realm = {.account = key.size() == 12 ? key : "123456789012", .region = region}};
    if (service.empty()) caller.scope.reset();
    neighbours.identify(caller);
    std::optional<http::Response> answer;
    const bool taken = neighbours.take(
        request, caller, http::Responder{[&](http::Response response) { answer = std::move(response); }});
    pool.run_all();
    if (!taken) return std::nullopt;  // the responder, dropped, has answered for itself
    EXPECT_TRUE(answer.has_value());
    return answer;
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
  Neighbours neighbours;
};

}  // namespace iotemu::neighbours
