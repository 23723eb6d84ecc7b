// How much the client does at once, and how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

#include "tests/unit/emulator/http/client/scripted_server.h"

namespace iotemu::http {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

/// The server answers one request for each `let_one_through`.
class LimitTest : public ClientTest {
 protected:
  ~LimitTest() override { gate_.release(1000); }

  void let_one_through() { gate_.release(); }
  /// Until so many requests have arrived.
  void await_arrivals(int count) {
    for (; seen_ < count; ++seen_) ASSERT_TRUE(arrived_.try_acquire_for(kSoon));
  }

 private:
  std::counting_semaphore<> gate_{0};
  std::counting_semaphore<> arrived_{0};
  int seen_{0};

 protected:
  ScriptedServer server{[this](Peer& peer) {
    while (!peer.read_head().empty()) {
      arrived_.release();
      gate_.acquire();
      peer.write(kNoContent);
    }
  }};
};

TEST_F(LimitTest, WhatComesOnTopOfThoseThatWaitHasNoRoom) {
  const auto client = open({.running = 1, .waiting = 1});
  const auto first = begin(*client, call(server));
  const auto second = begin(*client, call(server));
  const auto third = begin(*client, call(server)).get();
  EXPECT_EQ(third.ending, Ending::no_room);
  EXPECT_EQ(third.why, "more than 1 requests wait to be sent");
  EXPECT_FALSE(has_ended(first) || has_ended(second));
}

TEST_F(LimitTest, AFreedPlaceIsTakenAtOnce) {
  const auto client = open({.running = 1});
  auto first = begin(*client, call(server));
  auto second = begin(*client, call(server));
  await_arrivals(1);
  let_one_through();
  EXPECT_EQ(first.get().ending, Ending::answered);
  // Nothing but the end of the first would tell the client's thread: its time limit is far away.
  await_arrivals(2);
  let_one_through();
  EXPECT_EQ(second.get().ending, Ending::answered);
}

TEST_F(LimitTest, RequestsThatAreTooLongTogetherHaveNoRoom) {
  const auto client = open({.bytes = 100'000});
  auto what = call(server);
  what.method = "PUT";
  what.body = std::string(60'000, 'x');
  auto first = begin(*client, what);
  const auto second = begin(*client, what).get();
  EXPECT_EQ(second.ending, Ending::no_room);
  EXPECT_EQ(second.why, "requests and answers under way would hold more than 100000 bytes");
  let_one_through();
  EXPECT_EQ(first.get().ending, Ending::answered);
  let_one_through();
  EXPECT_EQ(begin(*client, what).get().ending, Ending::answered) << "the room of the first is free again";
}

TEST_F(ClientTest, AnswersThatAreTooLongTogetherAreGivenUp) {
  const ScriptedServer server{[](Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x'));
  }};
  auto what = call(server);
  what.max_answer = 1'000'000;
  EXPECT_EQ(ask(what, {.bytes = 100'000}).ending, Ending::no_room);
  EXPECT_EQ(ask(what, {.bytes = 300'000}).ending, Ending::answered);
}

TEST_F(LimitTest, TheTimeOfARequestRunsWhileItWaits) {
  const auto client = open({.running = 1});
  const auto first = begin(*client, call(server));
  await_arrivals(1);
  auto what = call(server);
  what.time_limit = 50ms;
  const auto second = begin(*client, what).get();
  EXPECT_EQ(second.ending, Ending::timed_out);
  EXPECT_EQ(second.why, "it did not answer within 50 ms");
  EXPECT_FALSE(has_ended(first));
}

TEST_F(LimitTest, ACancelEndsWhatWasSentBeforeAndNothingElse) {
  const auto client = open({.running = 1});
  auto first = begin(*client, call(server));
  auto second = begin(*client, call(server));
  await_arrivals(1);
  client->cancel();
  let_one_through();  // of no use to the first
  auto third = begin(*client, call(server));
  for (auto* ended : {&first, &second}) {
    const auto outcome = ended->get();
    EXPECT_EQ(outcome.ending, Ending::cancelled);
    EXPECT_EQ(outcome.why, "the emulator was reset");
  }
  await_arrivals(2);
  let_one_through();
  EXPECT_EQ(third.get().ending, Ending::answered);
}

TEST_F(LimitTest, ItsEndEndsWhatRunsAndWhatWaits) {
  auto client = open({.running = 1});
  auto first = begin(*client, call(server));
  auto second = begin(*client, call(server));
  await_arrivals(1);
  client.reset();
  for (auto* ended : {&first, &second}) {
    ASSERT_TRUE(has_ended(*ended)) << "before the client is gone";
    const auto outcome = ended->get();
    EXPECT_EQ(outcome.ending, Ending::cancelled);
    EXPECT_EQ(outcome.why, "the emulator is ending");
  }
  EXPECT_TRUE(work.wait_idle(kSoon));
}

TEST_F(LimitTest, NothingIsSentOnceItIsStopped) {
  const auto client = open();
  client->stop();
  EXPECT_EQ(begin(*client, call(server)).get().ending, Ending::cancelled);
  client->stop();
}

TEST_F(LimitTest, ARequestIsWorkUntilItsEndIsTold) {
  const auto client = open();
  const auto outcome = begin(*client, call(server));
  await_arrivals(1);
  EXPECT_FALSE(work.wait_idle(0ms));
  let_one_through();
  EXPECT_TRUE(work.wait_idle(kSoon));
  EXPECT_TRUE(has_ended(outcome));
}

TEST_F(ClientTest, WhoIsToldMaySendAgain) {
  const ScriptedServer server{always(kNoContent)};
  const auto client = open({.running = 1, .waiting = 0});
  std::atomic<int> left{100};
  Client::Done again = [&](const Outcome& outcome) {
    EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
    if (--left > 0) client->send(call(server), again);
  };
  client->send(call(server), again);
  EXPECT_TRUE(work.wait_idle(kSoon));
  EXPECT_EQ(left, 0);
}

TEST_F(ClientTest, ManyRequestsOfManyThreadsAllEnd) {
  const ScriptedServer server{always(kNoContent)};
  const auto client = open({.running = 8});
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) {
        client->send(call(server), [&](const Outcome& outcome) {
          if (outcome.ending == Ending::answered) ++answered;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(work.wait_idle(kSoon));
  EXPECT_EQ(answered, 400);
}

}  // namespace
}  // namespace iotemu::http
