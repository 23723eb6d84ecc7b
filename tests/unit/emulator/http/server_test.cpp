#include "emulator/http/server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <future>
#include <memory>
#include <thread>

#include "base/log.h"
#include "tests/unit/emulator/http/server_fixture.h"

namespace iotemu::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, AnswersWithRequestIdAndDateOnTheSameConnectionAgainAndAgain) {  // P10.1
  serve();
  auto client = this->client();
  const auto first = client.ask(kGet);
  const auto second = client.ask(kGet);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_EQ(first.header("x-amzn-RequestId").size(), 36U);
  EXPECT_EQ(first.header("Connection"), "keep-alive");
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(first.header("x-amzn-RequestId"), second.header("x-amzn-RequestId"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderEvenWhenTheFirstAnswersLater) {
  std::vector<std::thread> threads;
  serve({}, [&](Request request, Responder respond) {
    threads.emplace_back([request = std::move(request), respond = std::move(respond)] {
      respond(Response{.body = request.body});
    });
  });
  auto client = this->client();
  client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none"
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n"
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nthree");
  EXPECT_EQ(client.answer().body, "one");
  EXPECT_EQ(client.answer().body, "two");
  EXPECT_EQ(client.answer().body, "three");
  server->stop();
  for (auto& thread : threads) thread.join();
}

TEST_F(ServerTest, HeadGetsTheLengthButNoBody) {
  serve();
  auto client = this->client();
  client.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::string text;
  RawAnswer answer = client.answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.header("Content-Length"), "0");
  EXPECT_EQ(answer.body, "");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, ClosesAfterTheAnswerWhenAskedTo) {
  serve();
  auto client = this->client();
  const auto answer = client.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, Http10EndsAfterOneAnswer) {
  serve();
  auto client = this->client();
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, SendsContinueToAClientThatWaitsForIt) {
  serve();
  auto client = this->client();
  EXPECT_EQ(
      client.ask("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
          .status,
      100);
  EXPECT_EQ(Json::parse(client.ask("body").body).at("body"), "body");
}

TEST_F(ServerTest, DecodesEachSegmentOnceSoThatAnEncodedSlashStaysInside) {  // P10.1
  serve();
  auto client = this->client();
  const auto answer =
      client.ask("GET /attached-policies/arn%3Aaws%3Aiot%2Fx%252F HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(Json::parse(answer.body).at("segments"), (Json{"attached-policies", "arn:aws:iot/x%2F"}));
}

TEST_F(ServerTest, EndsAConnectionThatStaysSilent) {
  serve({.idle_time = 20ms});
  auto client = this->client();
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, EndsAConnectionThatDripsItsHead) {
  serve({.head_time = 50ms});
  auto client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: local");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, EndsAConnectionThatDripsItsBody) {
  serve({.body_time = 50ms});
  auto client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, EndsAConnectionAfterItsShareOfRequests) {
  serve({.requests_per_connection = 2});
  auto client = this->client();
  EXPECT_EQ(client.ask(kGet).header("Connection"), "keep-alive");
  EXPECT_EQ(client.ask(kGet).header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, TurnsAwayTheConnectionAboveThePeersShareAndTakesTheNextOnceOneLeft) {
  serve({.connections_per_peer = 2});
  auto first = std::make_unique<RawClient>(port);
  auto second = client();
  EXPECT_EQ(first->ask(kGet).status, 200);
  EXPECT_EQ(second.ask(kGet).status, 200);
  EXPECT_TRUE(client().closed_by_server());
  EXPECT_EQ(first->ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").status, 200);
  EXPECT_TRUE(first->closed_by_server());
  first.reset();
  // The server sees the end of the first client before it looks at a later one's request.
  RawAnswer answer;
  while (answer.status == 0) answer = client().ask(kGet);
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ServerTest, SurvivesTheEndOfTheFileDescriptors) {
  serve();
  auto held = client();
  ASSERT_EQ(held.ask(kGet).status, 200);

  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  // The client's own descriptor is the last one to be had: the server's accept finds none.
  const int next = ::dup(0);
  ::close(next);
  rlimit tight = old;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  auto turned_away = client();
  EXPECT_TRUE(turned_away.connected());
  EXPECT_TRUE(turned_away.closed_by_server());
  EXPECT_EQ(held.ask(kGet).status, 200) << "a held client was harmed";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);

  EXPECT_EQ(client().ask(kGet).status, 200);
}

TEST_F(ServerTest, SaysWhichAddressIsTaken) {
  serve();
  Server other{{}, echo, clock, random, work};
  const auto bound = other.listen("127.0.0.1", port);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().code, Errc::io);
  EXPECT_EQ(bound.error().message,
            "Cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST_F(ServerTest, ServesNobodyBetweenBindAndAccept) {
  bool open = false;  // written before the server's thread exists
  server.emplace(
      ServerOptions{},
      [&open](const Request&, const Responder& respond) { respond({.body = open ? "open" : "too early"}); },
      clock, random, work);
  port = *server->bind("127.0.0.1", 0);
  auto early = client();
  EXPECT_TRUE(early.send(kGet));
  open = true;
  server->accept();
  EXPECT_EQ(early.answer().body, "open");
}

TEST_F(ServerTest, LetsTheRequestUnderWayFinishWhenItStops) {
  std::promise<Responder> arrived;
  serve({}, [&](Request, Responder respond) { arrived.set_value(std::move(respond)); });
  auto busy = client();
  auto idle = client();
  busy.send(kGet);
  auto respond = std::make_unique<Responder>(arrived.get_future().get());
  std::thread stopper{[&] { server->stop(); }};
  EXPECT_TRUE(idle.closed_by_server());
  (*respond)(Response{.body = "late"});
  EXPECT_EQ(busy.answer().body, "late");
  stopper.join();
  EXPECT_FALSE(client().connected());
}

TEST_F(ServerTest, StopsInTimeWhenAHandlerNeverAnswers) {
  std::promise<Responder> arrived;
  serve({.stop_time = 20ms}, [&](Request, Responder respond) { arrived.set_value(std::move(respond)); });
  auto client = this->client();
  client.send(kGet);
  const auto respond = arrived.get_future().get();
  server->stop();
  server.reset();
  respond(Response{.body = "nobody hears this, and nothing breaks"});
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, AnswersFiveHundredForAHandlerThatForgets) {
  serve({}, [](Request, const Responder&) {});
  EXPECT_EQ(client().ask(kGet).status, 500);
}

TEST_F(ServerTest, CountsARequestAsWorkUntilItIsAnswered) {
  std::promise<Responder> arrived;
  serve({}, [&](Request, Responder respond) { arrived.set_value(std::move(respond)); });
  auto client = this->client();
  client.send(kGet);
  {
    const auto respond = arrived.get_future().get();
    EXPECT_FALSE(work.wait_idle(0ms));
    respond(Response{});
  }
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_TRUE(work.wait_idle(10'000ms));
}

TEST_F(ServerTest, LogsNoQueryForItMayHoldASignature) {
  const auto before = log::level();
  log::set_level(log::Level::trace);
  ::testing::internal::CaptureStderr();
  serve();
  client().ask("GET /things?X-Amz-Signature=canary HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client().ask("GET /things?X-Amz-Security-Token=canary HTTP/1.1\r\nHost: evil.test\r\n\r\n");
  server->stop();
  const auto logged = ::testing::internal::GetCapturedStderr();
  log::set_level(before);
  EXPECT_NE(logged.find("target=/things"), logged.npos) << logged;
  EXPECT_EQ(logged.find("canary"), logged.npos) << logged;
}

}  // namespace
}  // namespace iotemu::http
