// The requests of rules, against an HTTP server of the test.

#include "emulator/sinks/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "base/seeded_random.h"
#include "emulator/http/server.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() : port_{*server_.listen("127.0.0.1", 0)}, client{*make_http_client(work)} {}
  ~HttpClientTest() override {
    const std::lock_guard lock{mutex_};
    held_.clear();
  }

  HttpCall call(const std::string& path = "/") {
    return {.url = *http::parse_url("http://127.0.0.1:" + std::to_string(port_) + path)};
  }
  Result<HttpAnswer> send(HttpCall what) {
    std::promise<Result<HttpAnswer>> told;
    client->send(std::move(what), [&](Result<HttpAnswer> answered) { told.set_value(std::move(answered)); });
    return told.get_future().get();
  }
  http::Request asked() {
    const std::lock_guard lock{mutex_};
    return asked_.at(0);
  }

  WorkCounter work;
  http::Response answer{.body = "fine"};
  bool answers{true};

 private:
  void handle(http::Request request, const http::Responder& respond) {
    const std::lock_guard lock{mutex_};
    asked_.push_back(std::move(request));
    if (answers) return respond(answer);
    held_.push_back(respond);
  }

  SystemClock clock_;
  SeededRandom random_{7};
  WorkCounter server_work_;
  std::mutex mutex_;
  std::vector<http::Request> asked_;
  std::vector<http::Responder> held_;
  http::Server server_{
      {},
      [this](http::Request request, const http::Responder& respond) { handle(std::move(request), respond); },
      clock_,
      random_,
      server_work_};
  const std::uint16_t port_;

 protected:
  std::unique_ptr<HttpClient> client;
};

TEST_F(HttpClientTest, SendsWhatItIsGivenAndNothingOfItsOwn) {
  auto what = call("/a//../b?c=%2F&d");
  what.method = "PUT";
  what.headers = {{"X-A", "b"}, {"Content-Type", "text/odd"}, {"X-Empty", ""}};
  what.body = std::string{"\x00\xff", 2};
  const auto answered = send(std::move(what));
  ASSERT_TRUE(answered.ok()) << answered.error().message;
  EXPECT_EQ(answered->status, 200U);
  EXPECT_EQ(answered->body, "fine");
  const auto seen = asked();
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/a//../b?c=%2F&d");
  EXPECT_EQ(seen.body, (std::string{"\x00\xff", 2}));
  std::vector<std::string> names;
  for (const auto& header : seen.headers) names.push_back(header.name);
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("Host", "Content-Length", "X-A", "Content-Type", "X-Empty"));
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  answer = {.status = 302, .headers = {{"Location", "http://127.0.0.1:1/"}}};
  EXPECT_EQ(send(call())->status, 302U);
}

TEST_F(HttpClientTest, CutsAnswersThatAreTooLong) {
  answer = {.status = 500, .body = std::string(20'000, 'x')};
  auto what = call();
  what.max_answer = 16'384;
  const auto answered = send(std::move(what));
  ASSERT_TRUE(answered.ok());
  EXPECT_EQ(answered->status, 500U);
  EXPECT_TRUE(answered->too_long);
  EXPECT_EQ(answered->body.size(), 16'384U);
}

TEST_F(HttpClientTest, SaysWhyAServerCannotBeReached) {
  const auto answered = send({.url = *http::parse_url("http://127.0.0.1:1/")});
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code, Errc::io);
}

TEST_F(HttpClientTest, DoesNotWaitForEver) {
  answers = false;
  auto what = call();
  what.time_limit = 50ms;
  const auto answered = send(std::move(what));
  ASSERT_FALSE(answered.ok());
  EXPECT_THAT(answered.error().message, HasSubstr("it did not answer within 50 ms"));
}

TEST_F(HttpClientTest, EndsWhatIsUnderWayWhenItStops) {
  answers = false;
  std::promise<Result<HttpAnswer>> told;
  client->send(call(), [&](Result<HttpAnswer> answered) { told.set_value(std::move(answered)); });
  client->stop();
  EXPECT_EQ(told.get_future().get().error().code, Errc::unavailable);
  EXPECT_EQ(send(call()).error().code, Errc::unavailable);
  EXPECT_TRUE(work.wait_idle(10s));
}

TEST_F(HttpClientTest, CountsAsWorkUntilItIsAnswered) {
  std::atomic<int> ended{0};
  for (int i = 0; i < 200; ++i) client->send(call(), [&](const Result<HttpAnswer>&) { ++ended; });
  EXPECT_TRUE(work.wait_idle(60s));
  EXPECT_EQ(ended, 200);
}

}  // namespace
}  // namespace iotemu::sinks
