// QoS 1 for a client that does not keep up: its publishers wait for their PUBACKs, and nothing is lost
// (M3-23, M3-24). From one body with the publisher on the subscriber's loop and on another.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

std::string acknowledged(int id) {
  return "PUBACK{id " + std::to_string(id) + "}";
}

/// One message is under way; at six that wait, publishers begin to wait, until there are two.
BrokerOptions narrow(Duration patience) {
  return {
      .outbound_window = 1, .inbound_window = 3, .max_queued = 12, .transit_mark = 4, .patience = patience};
}

class BackPressure : public ::testing::TestWithParam<std::size_t> {
 protected:
  explicit BackPressure(Duration patience = 10s) : world{narrow(patience), 2} {
    subscriber.subscribe("t", kQoS1).heard();
  }

  void publish(Client& client, int first, int last) {
    for (int id = first; id <= last; ++id) {
      client.publish("t", std::to_string(id), kQoS1, false, static_cast<std::uint16_t>(id));
      world.settle();
    }
  }
  /// The subscriber acknowledges what it gets until nothing comes any more; the payloads.
  Lines take_all() {
    Lines payloads;
    for (Lines lines = subscriber.heard(); !lines.empty(); lines = subscriber.heard()) {
      for (const std::string& line : lines) {
        payloads.push_back(line.substr(line.rfind("payload")));
        subscriber.puback(static_cast<std::uint16_t>(++acked));
        world.settle();
      }
    }
    return payloads;
  }
  /// Until the publisher is held back: the number of messages that were acknowledged at once.
  int fill() {
    int id = 0;
    do publish(publisher, id + 1, id + 1);
    while (++id < 20 && !publisher.heard().empty());
    return id - 1;
  }

  World world;
  Client& subscriber{world.connected({.client_id = "subscriber"}, 0)};
  Client& publisher{world.connected({.client_id = "publisher"}, GetParam())};
  int acked{0};
};

std::string loop_name(const ::testing::TestParamInfo<std::size_t>& param_info) {
  return param_info.param == 0 ? "same_loop" : "other_loop";
}

INSTANTIATE_TEST_SUITE_P(Loops, BackPressure, ::testing::Values(0U, 1U), loop_name);

TEST_P(BackPressure, HoldsBackThePubacksOfWhoPublishesToAClientFarBehind) {
  const int free = fill();
  // One under way and the sixth that waits is the first too many; another loop sees it one message later.
  EXPECT_EQ(free, GetParam() == 0 ? 6 : 7);
  publish(publisher, free + 2, free + 2);
  EXPECT_THAT(publisher.heard(), IsEmpty());
  EXPECT_EQ(take_all().size(), static_cast<std::size_t>(free + 2));
  EXPECT_THAT(publisher.heard(), ElementsAre(acknowledged(free + 1), acknowledged(free + 2)));
  publish(publisher, 30, 30);
  EXPECT_THAT(publisher.heard(), ElementsAre(acknowledged(30)));
  EXPECT_EQ(world.broker->counters().dropped_queue_full, 0U);
}

TEST_P(BackPressure, StopsReadingAPublisherWhoseWindowIsFullAndLosesNothing) {
  const int free = fill();
  publish(publisher, free + 2, 30);  // far more than the queue takes
  EXPECT_THAT(publisher.heard(), IsEmpty());
  Lines expected;
  for (int id = 1; id <= 30; ++id) expected.push_back("payload \"" + std::to_string(id) + "\"}");
  EXPECT_EQ(take_all(), expected);
  EXPECT_EQ(publisher.heard().size(), static_cast<std::size_t>(30 - free));
  EXPECT_EQ(world.broker->counters().dropped_queue_full, 0U);
}

TEST_P(BackPressure, StallsNobodyElse) {
  fill();
  Client& other = world.connected({.client_id = "other"}, GetParam());
  other.subscribe("free", kQoS1).heard();
  other.publish("free", "x", kQoS1);
  EXPECT_THAT(other.heard(), ::testing::Contains(acknowledged(1)));
  publisher.publish("free", "y");  // QoS 0 of the one that waits
  world.settle();
  EXPECT_THAT(other.heard(), ::testing::Contains(R"(PUBLISH{qos 0, topic "free", payload "y"})"));
  publisher.say(Pingreq{});
  EXPECT_THAT(publisher.heard(), ElementsAre("PINGRESP{}"));
}

TEST_P(BackPressure, EndsWhenTheClientTakesNothingForLong) {
  const int free = fill();
  world.advance(9s);
  EXPECT_THAT(publisher.heard(), IsEmpty());
  world.advance(1s);
  EXPECT_THAT(publisher.heard(), ElementsAre(acknowledged(free + 1)));
  for (int id = 20; id < 30; ++id) {
    publish(publisher, id, id);
    EXPECT_THAT(publisher.heard(), ElementsAre(acknowledged(id)));
  }
  EXPECT_GT(world.broker->counters().dropped_queue_full, 0U);
  EXPECT_EQ(take_all().size(), 13U);  // one under way, twelve that waited
  fill();                             // and a client that has caught up is waited for again
  EXPECT_EQ(take_all().size(), static_cast<std::size_t>(free + 1));
}

TEST_P(BackPressure, GoesOnAsLongAsTheClientTakesSomething) {
  fill();
  for (int seconds = 0; seconds < 24; seconds += 8) {
    subscriber.heard();
    subscriber.puback(static_cast<std::uint16_t>(++acked));
    world.settle();
    world.advance(8s);
    EXPECT_THAT(publisher.heard(), IsEmpty()) << seconds;
  }
}

TEST_P(BackPressure, EndsWithTheSubscriber) {
  const int free = fill();
  subscriber.lose();
  world.settle();
  EXPECT_THAT(publisher.heard(), ElementsAre(acknowledged(free + 1)));
}

TEST_P(BackPressure, OutlivesThePublisher) {
  const int free = fill();
  publisher.lose();
  world.settle();
  EXPECT_EQ(take_all().size(), static_cast<std::size_t>(free + 1));
}

class LongBackPressure : public BackPressure {
 protected:
  LongBackPressure() : BackPressure{1h} {}
};

INSTANTIATE_TEST_SUITE_P(Loops, LongBackPressure, ::testing::Values(0U, 1U), loop_name);

TEST_P(LongBackPressure, IsNoReasonToMissAKeepAlive) {  // M3-18
  fill();
  publish(publisher, 20, 29);  // read no further
  for (int i = 0; i < 12; ++i) {
    subscriber.heard();
    subscriber.say(Pingreq{});
    world.advance(9s);
  }
  EXPECT_FALSE(publisher.closed());
}

}  // namespace
}  // namespace iotemu::mqtt::testing
