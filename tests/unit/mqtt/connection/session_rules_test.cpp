// What outlives a connection: messaging 2.2, 2.8, 2.10 and the outbound window of 2.4. Take-over runs within
// one loop and across loops from one body.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

std::string published(int id, const std::string& topic, const std::string& payload) {
  return "PUBLISH{qos 1, topic \"" + topic + "\", id " + std::to_string(id) + ", payload \"" + payload +
         "\"}";
}

void service_publishes(World& world, const std::string& topic, const std::string& payload, QoS qos = kQoS1) {
  world.broker->publish(Message{.topic = topic, .payload = payload, .qos = qos});
  world.settle();
}

/// The loop of the second connection: the same one as the first, or another.
class TakeOver : public ::testing::TestWithParam<std::size_t> {
 protected:
  World world{{}, 3};
  std::size_t second{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Loops, TakeOver, ::testing::Values(0U, 1U), [](const auto& param_info) {
  return param_info.param == 0 ? "same_loop" : "other_loop";
});

TEST_P(TakeOver, ClosesTheOlderConnectionAndPublishesItsWill) {  // M3-14
  Client& watcher = world.connected({.client_id = "watcher"}, 2);
  watcher.subscribe("wills").heard();
  Client& older = world.connected({.will = Will{.topic = "wills", .payload = as_bytes("gone")}});
  world.observer.take();
  Client& newer = world.connect({}, second);
  EXPECT_TRUE(older.closed());
  EXPECT_THAT(newer.heard(), ElementsAre(kAccepted));
  EXPECT_THAT(watcher.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "wills", payload "gone"})"));
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device taken_over", "connected device"));
}

TEST_P(TakeOver, ResumesAPersistentSession) {  // M3-15, M3-10
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  Client& newer = world.connect({.clean = false}, second);
  EXPECT_THAT(newer.heard(), ElementsAre(kResumed));
  service_publishes(world, "t", "x");
  EXPECT_THAT(newer.heard(), ElementsAre(published(1, "t", "x")));
  EXPECT_EQ(world.broker->counters().subscriptions, 1U);
  EXPECT_EQ(world.broker->counters().sessions, 1U);
}

TEST_P(TakeOver, ResumesAStoredSessionWithItsMessages) {  // M3-46, M3-48
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  service_publishes(world, "t", "1");
  service_publishes(world, "t", "0", kQoS0);  // never stored
  service_publishes(world, "t", "2");
  Client& newer = world.connect({.clean = false}, second);
  EXPECT_THAT(newer.heard(), ElementsAre(kResumed, published(1, "t", "1")));
  world.advance(100ms);
  EXPECT_THAT(newer.heard(), ElementsAre(published(2, "t", "2")));
}

TEST_P(TakeOver, StoresWhatWasNotAcknowledged) {  // M3-22, M3-46
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  service_publishes(world, "t", "1");
  service_publishes(world, "t", "2");
  older.puback(1);
  Client& newer = world.connect({.clean = false}, second);
  const Lines heard = newer.heard();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0], kResumed);
  EXPECT_THAT(heard[1], HasSubstr(R"(payload "2")"));
}

TEST_P(TakeOver, DiscardsTheOldStateForACleanSession) {  // M3-7
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  service_publishes(world, "t", "1");
  Client& newer = world.connect({.clean = true}, second);
  EXPECT_THAT(newer.heard(), ElementsAre(kAccepted));
  EXPECT_EQ(world.broker->counters().subscriptions, 0U);
  newer.lose();
  EXPECT_EQ(world.broker->counters().sessions, 0U);
  EXPECT_THAT(world.connect({.clean = false}, 0).heard(), ElementsAre(kAccepted));
}

TEST_P(TakeOver, FollowsTheClientWhereverItGoes) {
  world.connected({.clean = false}).subscribe("t", kQoS1).heard();
  Client* last = nullptr;
  for (const std::size_t loop : {second, std::size_t{2}, std::size_t{0}, second}) {
    last = &world.connect({.clean = false}, loop);
    EXPECT_THAT(last->heard(), ElementsAre(kResumed));
  }
  service_publishes(world, "t", "x");
  EXPECT_THAT(last->heard(), ElementsAre(published(1, "t", "x")));
  EXPECT_EQ(world.broker->counters().connections, 1U);
  EXPECT_EQ(world.broker->counters().sessions, 1U);
}

TEST(TakeOverRace, SettlesConnectsThatCrossOnThreeLoops) {
  World world{{}, 3};
  world.connected({.clean = false}).subscribe("t", kQoS1).heard();
  std::vector<Client*> racers;
  for (const std::size_t loop : {1U, 2U, 0U, 1U}) {
    racers.push_back(&world.open(loop));
    racers.back()->say(Connect{.keep_alive = 60, .client_id = "device"});
  }
  service_publishes(world, "t", "x");  // while the session is on its way
  std::size_t open = 0;
  std::size_t delivered = 0;
  for (Client* racer : racers) {
    open += racer->closed() ? 0 : 1;
    if (racer->closed()) continue;
    const Lines heard = racer->heard();
    delivered += heard.size() == 2 ? 1 : 0;
    EXPECT_EQ(heard.front(), kResumed);
    EXPECT_THAT(heard.back(), HasSubstr(R"(payload "x")"));
  }
  EXPECT_EQ(open, 1U);
  EXPECT_EQ(delivered, 1U);
  EXPECT_EQ(world.broker->counters().sessions, 1U);
  EXPECT_EQ(world.broker->counters().connections, 1U);
  EXPECT_EQ(world.broker->counters().subscriptions, 1U);
}

TEST(TakeOverRace, KeepsTheSessionWhenTheNewConnectionDiesOnTheWay) {
  World world{{}, 2};
  world.connected({.clean = false}).subscribe("t", kQoS1).heard();
  Client& hasty = world.open(1);
  hasty.say(Connect{.keep_alive = 60, .client_id = "device"});
  hasty.lose();
  service_publishes(world, "t", "x");
  Client& patient = world.connect({.clean = false}, 0);
  EXPECT_THAT(patient.heard(), ElementsAre(kResumed, published(1, "t", "x")));
}

TEST(TakeOverRace, DeliversWhatWasMatchedBeforeTheMove) {
  World world{{}, 3};
  world.connected({.clean = false}, 0).subscribe("t", kQoS1).heard();
  Client& publisher = world.connected({.client_id = "publisher"}, 2);
  Client& newer = world.open(1);
  newer.say(Connect{.keep_alive = 60, .client_id = "device"});  // loop 0 has not surrendered yet
  publisher.publish("t", "early", kQoS1);                       // matched for loop 0
  world.settle();
  const Lines heard = newer.heard();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0], kResumed);
  EXPECT_THAT(heard[1], HasSubstr(R"(payload "early")"));
}

// ---- persistent sessions

TEST(PersistentSession, ExpiresAfterAnHourAndNotBefore) {  // M3-47, M3-49
  World world;
  world.connected({.clean = false}).lose();
  world.advance(59min + 59s + 999ms);
  Client& again = world.connect({.clean = false});
  EXPECT_THAT(again.heard(), ElementsAre(kResumed));
  again.lose();
  world.advance(1h);
  EXPECT_THAT(world.connect({.clean = false}).heard(), ElementsAre(kAccepted));
}

TEST(PersistentSession, EndsByTheApiWithCleanSession) {  // M3-49
  World world;
  Client& device = world.connected({.clean = false});
  device.subscribe("t", kQoS1).heard();
  world.broker->disconnect_client("device", CloseReason::api, {.discard_session = true});
  world.settle();
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(world.connect({.clean = false}).heard(), ElementsAre(kAccepted));
}

TEST(PersistentSession, DrainsTenStoredMessagesASecondBesideLiveOnes) {  // M3-48
  World world;
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  for (int i = 0; i < 25; ++i) service_publishes(world, "t", "stored");
  Client& device = world.connect({.clean = false});
  device.heard();
  world.advance(500ms);
  EXPECT_EQ(device.heard().size(), 5U);
  service_publishes(world, "t", "live");
  EXPECT_THAT(device.heard(), ElementsAre(HasSubstr("live")));
  world.advance(500ms);
  EXPECT_EQ(device.heard().size(), 5U);
  world.advance(10s);
  EXPECT_EQ(device.heard().size(), 14U);
}

TEST(PersistentSession, DrainsAtOnceWhenUnlimited) {  // M3-48, switch drain_rate
  World world{{.drain_rate = 0}};
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  for (int i = 0; i < 25; ++i) service_publishes(world, "t", "stored");
  EXPECT_EQ(world.connect({.clean = false}).heard().size(), 26U);
}

TEST(PersistentSession, DropsNewMessagesWhenItsQueueIsFull) {
  World world{{.max_queued = 2, .drain_rate = 0}};
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  for (const char* payload : {"1", "2", "3"}) service_publishes(world, "t", payload);
  EXPECT_THAT(world.connect({.clean = false}).heard(),
              ElementsAre(kResumed, published(1, "t", "1"), published(2, "t", "2")));
  EXPECT_EQ(world.broker->counters().dropped_queue_full, 1U);
}

TEST(PersistentSession, DropsNewMessagesThatAreTooManyBytes) {
  World world{{.max_queued_bytes = 10, .drain_rate = 0}};
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  for (const char* payload : {"123", "12345678", "45678"}) service_publishes(world, "t", payload);
  Client& newer = world.connect({.clean = false});
  EXPECT_THAT(newer.heard(), ElementsAre(kResumed, published(1, "t", "123"), published(2, "t", "45678")));
  EXPECT_EQ(world.broker->counters().dropped_queue_full, 1U);
  newer.lose();  // what is owed again weighs what it did
  service_publishes(world, "t", "more");
  EXPECT_EQ(world.broker->counters().dropped_queue_full, 2U);
}

TEST(PersistentSession, AsksTheRightToReceiveForStoredMessagesToo) {  // M3-34
  World world;
  Client& older = world.connected({.clean = false});
  older.subscribe("t", kQoS1).heard();
  older.lose();
  service_publishes(world, "t", "1");
  world.rights.no_receive = {"t"};
  EXPECT_THAT(world.connect({.clean = false}).heard(), ElementsAre(kResumed));
}

// ---- the outbound window

TEST(OutboundWindow, HoldsTheHundredAndFirstUntilAnAcknowledgement) {  // M3-24
  World world;
  Client& device = world.connected();
  device.subscribe("t", kQoS1).heard();
  for (int i = 0; i < 102; ++i) service_publishes(world, "t", std::to_string(i));
  EXPECT_EQ(device.heard().size(), 100U);
  device.puback(50);
  EXPECT_THAT(device.heard(), ElementsAre(published(101, "t", "100")));
  device.puback(50);  // not open any more
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(OutboundWindow, RetriesAfterThirtySecondsWithoutDupUntilAcknowledged) {  // M3-21, M3-25
  World world;
  Client& device = world.connected({.keep_alive = 1200});
  device.subscribe("t", kQoS1).heard();
  service_publishes(world, "t", "x");
  device.heard();
  world.advance(29s);
  EXPECT_THAT(device.heard(), IsEmpty());
  world.advance(1s);
  EXPECT_THAT(device.heard(), ElementsAre(published(1, "t", "x")));
  device.puback(1);
  world.advance(60s);
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(OutboundWindow, GivesUpAfterTheRetryTime) {  // M3-25
  World world{{.retry_for = 90s}};
  Client& device = world.connected({.keep_alive = 1200});
  device.subscribe("t", kQoS1).heard();
  service_publishes(world, "t", "x");
  device.heard();
  world.advance(10min);
  EXPECT_EQ(device.heard().size(), 2U);
  EXPECT_EQ(world.broker->counters().dropped_unacked, 1U);
}

TEST(OutboundWindow, NeverRetriesOnALiveConnectionWhenSwitchedOff) {  // M3-25
  World world{{.retry_interval = 0s}};
  Client& device = world.connected({.keep_alive = 1200});
  device.subscribe("t", kQoS1).heard();
  service_publishes(world, "t", "x");
  device.heard();
  world.advance(10min);
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(SlowClient, LosesQoS0AndGetsQoS1WhenItRecovers) {
  World world;
  Client& device = world.connected();
  device.subscribe({{.filter = "zero", .qos = kQoS0}, {.filter = "one", .qos = kQoS1}}).heard();
  device.stall(world.options.output_high_mark + 1);
  service_publishes(world, "zero", "lost", kQoS0);
  service_publishes(world, "one", "kept");
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_EQ(world.broker->counters().dropped_slow, 1U);
  device.recover();
  EXPECT_THAT(device.heard(), ElementsAre(published(1, "one", "kept")));
}

// ---- wills

struct EndCase {
  std::string name;
  std::function<void(World&, Client&)> end;
  std::string reason;
  bool will_published;
};
class WillAtEnd : public ::testing::TestWithParam<EndCase> {};

TEST_P(WillAtEnd, FollowsTheTableOfReasons) {  // M3-59, LE-4
  World world;
  Client& watcher = world.connected({.client_id = "watcher", .keep_alive = 1200});
  watcher.subscribe("wills").heard();
  Client& device = world.connected({.will = Will{.topic = "wills", .payload = as_bytes("gone")}});
  world.observer.take();
  GetParam().end(world, device);
  world.settle();
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device " + GetParam().reason));
  EXPECT_EQ(watcher.heard().size(), GetParam().will_published ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WillAtEnd,
    ::testing::Values(
        EndCase{"disconnect", [](World&, Client& c) { c.say(Disconnect{}); }, "client_disconnect", false},
        EndCase{"broken_socket", [](World&, Client& c) { c.lose(); }, "connection_lost", true},
        EndCase{"silence", [](World& w, Client&) { w.advance(90s); }, "keep_alive_timeout", true},
        EndCase{"misuse", [](World&, Client& c) { c.say(Pingresp{}); }, "client_error", true},
        EndCase{
            "authorization_lost",
            [](World& w, Client&) { w.broker->disconnect_client("device", CloseReason::authorization_lost); },
            "authorization_lost", true},
        EndCase{
            "shutdown",
            [](World& w, Client&) { w.broker->disconnect_client("device", CloseReason::server_shutdown); },
            "server_shutdown", true},
        EndCase{"api", [](World& w, Client&) { w.broker->disconnect_client("device", CloseReason::api); },
                "api", true}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Will, IsDroppedWhenItsTopicMayNoLongerBePublished) {  // M3-60
  World world;
  Client& watcher = world.connected({.client_id = "watcher"});
  watcher.subscribe("wills").heard();
  Client& device = world.connected({.will = Will{.topic = "wills"}});
  world.rights.no_publish = {"wills"};
  device.lose();
  EXPECT_THAT(watcher.heard(), IsEmpty());
}

TEST(Will, IsShownToTheObserverLikeAnyMessage) {  // M3-60
  World world;
  world.observer.wants_all = true;
  Client& device = world.connected({.will = Will{.topic = "wills"}});
  world.observer.take();
  device.lose();
  EXPECT_THAT(world.observer.take(),
              ElementsAre("message wills from device", "disconnected device connection_lost"));
}

TEST(Routing, CrossesLoopsOnceForAllSubscribersThere) {
  World world{{}, 3};
  std::vector<Client*> subscribers;
  for (std::size_t i = 0; i < 6; ++i) {
    subscribers.push_back(&world.connected({.client_id = "s" + std::to_string(i)}, i % 3));
    subscribers.back()->subscribe("t", kQoS1).heard();
  }
  Client& publisher = world.connected({.client_id = "publisher"}, 1);
  publisher.publish("t", "1", kQoS1).publish("t", "2", kQoS1);
  world.settle();
  for (Client* subscriber : subscribers) {
    EXPECT_THAT(subscriber->heard(), ElementsAre(published(1, "t", "1"), published(2, "t", "2")));
  }
}

}  // namespace
}  // namespace iotemu::mqtt::testing
