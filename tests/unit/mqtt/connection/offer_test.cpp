// What callers outside the message space ask of the broker: messages that are offered, subscriptions that are
// listed, clients that are cut with an answer.

#include "mqtt/session/session.h"
#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr QoS kQoS1 = QoS::at_least_once;

bool offer(World& world, Message message, bool observer_only = false) {
  const bool taken = world.broker->offer(std::move(message), observer_only);
  world.settle();
  return taken;
}

TEST(Offer, ReachesSubscribersOfEveryLoop) {
  World world{{}, 2};
  Client& here = world.connected({.client_id = "here"});
  Client& there = world.connected({.client_id = "there"}, 1);
  here.subscribe("t").heard();
  there.subscribe("t").heard();
  EXPECT_TRUE(offer(world, {.topic = "t", .payload = "x"}));
  EXPECT_THAT(here.heard(), ElementsAre(HasSubstr(R"(payload "x")")));
  EXPECT_THAT(there.heard(), ElementsAre(HasSubstr(R"(payload "x")")));
}

TEST(Offer, IsRetainedWhenTheCallReturns) {  // T-18, M3-51
  World world;
  EXPECT_TRUE(world.broker->offer({.topic = "t", .payload = "x", .retain = true}));
  EXPECT_NE(world.broker->retained().find("t"), nullptr);
  world.settle();
}

TEST(Offer, IsRefusedWholeWhenNoMoreCanBeRetained) {  // M3-56
  World world{{.max_retained = 1}};
  Client& device = world.connected();
  device.subscribe("b").heard();
  EXPECT_TRUE(offer(world, {.topic = "a", .payload = "x", .retain = true}));
  EXPECT_FALSE(offer(world, {.topic = "b", .payload = "x", .retain = true}));
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_TRUE(offer(world, {.topic = "a", .retain = true}));  // deletes
  EXPECT_TRUE(offer(world, {.topic = "b", .payload = "x", .retain = true}));
}

TEST(Offer, MayBeForTheObserverAlone) {  // RU-33
  World world;
  world.observer.wants_all = true;
  Client& device = world.connected();
  device.subscribe("t").heard();
  world.observer.take();
  EXPECT_TRUE(offer(world, {.topic = "t", .payload = "x", .retain = true}, true));
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), ElementsAre("message t from service"));
  EXPECT_EQ(world.broker->retained().size(), 0U);
}

Message expiring(const World& world, Duration after, bool retain = false) {
  return {
      .topic = "t", .payload = "x", .qos = kQoS1, .retain = retain, .expires = world.clock.tick() + after};
}

TEST(MessageExpiry, DropsWhatWaitedTooLongForItsClient) {  // M3-50
  World world{{.drain_rate = 0}};
  for (const bool late : {false, true}) {
    Client& older = world.connected({.clean = false});
    older.subscribe("t", kQoS1).heard();
    older.lose();
    offer(world, expiring(world, 10s));
    world.advance(late ? 10s : 9s);
    Client& device = world.connect({.clean = false});
    EXPECT_EQ(device.heard().size(), late ? 1U : 2U);  // CONNACK, and the message in time
    device.puback(1);
    device.lose();
  }
}

TEST(MessageExpiry, EndsTheRetriesOfWhatNobodyAcknowledges) {  // M5-14
  World world{{.retry_interval = 5s}};
  Client& device = world.connected();
  device.subscribe("t", kQoS1).heard();
  offer(world, expiring(world, 8s));
  EXPECT_EQ(device.heard().size(), 1U);
  world.advance(5s);
  EXPECT_EQ(device.heard().size(), 1U);
  world.advance(20s);
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(MessageExpiry, EndsARetainedMessage) {  // M5-14
  World world;
  offer(world, expiring(world, 10s, true));
  Client& device = world.connected({.keep_alive = 1200});
  device.subscribe("t", kQoS1);
  EXPECT_EQ(device.heard().size(), 2U);  // SUBACK and the message
  device.puback(1);
  world.advance(10s);
  device.subscribe("t", kQoS1);
  EXPECT_EQ(device.heard().size(), 1U);
  EXPECT_EQ(world.broker->retained().find("t", world.clock.tick()), nullptr);
}

std::optional<Lines> filters_of(World& world, const std::string& client_id) {
  std::optional<Lines> result;
  bool answered = false;
  world.broker->subscriptions_of(client_id, [&](Broker::Filters filters) {
    answered = true;
    if (!filters) return;
    result.emplace();
    for (const GrantedFilter& granted : *filters) result->push_back(granted.filter.str());
  });
  world.settle();
  EXPECT_TRUE(answered);
  return result;
}

TEST(Subscriptions, AreThoseOfTheSessionWhereverItLives) {  // DP-6
  World world{{}, 2};
  Client& first = world.connected({.clean = false});
  first.subscribe("a/#");
  EXPECT_THAT(*filters_of(world, "device"), ElementsAre("a/#"));
  first.lose();
  EXPECT_THAT(*filters_of(world, "device"), ElementsAre("a/#"));  // offline
  Client& second = world.connect({.clean = false}, 1);
  second.subscribe("b");
  EXPECT_THAT(*filters_of(world, "device"), ElementsAre("a/#", "b"));
  EXPECT_FALSE(filters_of(world, "nobody").has_value());
}

TEST(Subscriptions, AreCompleteWhileTheSessionMoves) {
  World world{{}, 2};
  world.connected({.clean = false}).subscribe("a").lose();
  Client& mover = world.open(1);
  mover.say(Connect{.clean_start = false, .keep_alive = 60, .client_id = "device"});  // nothing has settled
  EXPECT_THAT(*filters_of(world, "device"), ElementsAre("a"));
}

TEST(Disconnect, AnswersWhenTheClientIsCut) {  // DP-4
  World world;
  Client& device = world.connected();
  bool cut = false;
  world.broker->disconnect_client("device", CloseReason::api, {}, [&] { cut = device.closed(); });
  world.settle();
  EXPECT_TRUE(cut);
  bool answered = false;
  world.broker->disconnect_client("nobody", CloseReason::api, {}, [&] { answered = true; });
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
