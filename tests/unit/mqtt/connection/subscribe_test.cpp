// Subscribing: messaging 2.5, and the broker's own side.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

std::vector<FilterRequest> filters(const std::vector<std::string>& names) {
  std::vector<FilterRequest> requests;
  for (const std::string& name : names) requests.push_back({.filter = name, .qos = kQoS0});
  return requests;
}

std::vector<std::string> numbered(std::size_t first, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = first; i < first + count; ++i) names.push_back("f/" + std::to_string(i));
  return names;
}

TEST(Subscribing, GrantsInTheOrderOfTheRequestAndTellsTheObserver) {  // M3-31, LE-8
  World world;
  Client& device = world.connected();
  world.observer.take();
  device.subscribe({{.filter = "a", .qos = kQoS1}, {.filter = "b/+", .qos = kQoS0}}, 7);
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 7, code 0x01, code 0x00}"));
  EXPECT_THAT(world.observer.take(), ElementsAre("subscribed device a b/+"));
}

TEST(Subscribing, AcceptsEightFiltersAndClosesOnNine) {  // M3-27
  World world;
  Client& device = world.connected();
  const auto nine = numbered(0, 9);
  const std::vector<std::string> eight{nine.begin(), nine.begin() + 8};
  device.subscribe(filters(eight));
  EXPECT_EQ(device.heard().size(), 1U);
  device.subscribe(filters(nine));
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(Subscribing, ClosesOnAnUnsubscribeOfNineFilters) {  // M3-27
  World world;
  Client& device = world.connected();
  const auto nine = numbered(0, 9);
  device.unsubscribe({nine.begin(), nine.end()});
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(Subscribing, RejectsTheFiftyFirstAndKeepsTheConnection) {  // M3-28
  World world;
  Client& device = world.connected();
  for (std::size_t i = 0; i < 50; i += 5) {
    const auto names = numbered(i, 5);
    device.subscribe(filters(names));
  }
  device.heard();
  device.subscribe("f/50");
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x80}"));
  device.subscribe("f/7", kQoS1);  // replaces, so it still fits
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x01}"));
  device.unsubscribe({"f/7"}).heard();
  device.subscribe("f/50");
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x00}"));
}

TEST(Subscribing, ReplacesTheGrantedQoS) {  // M3-31
  World world;
  Client& device = world.connected();
  device.subscribe("t", kQoS1);
  device.subscribe("t", kQoS0).heard();
  device.publish("t", "x", kQoS1);
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "t", payload "x"})", "PUBACK{id 1}"));
}

struct FilterCase {
  std::string name;
  std::string filter;
};
class BadFilters : public ::testing::TestWithParam<FilterCase> {};

TEST_P(BadFilters, CloseTheConnectionWithoutSuback) {  // M3-29, M3-32
  World world;
  Client& device = world.connected();
  world.observer.take();
  device.subscribe(GetParam().filter);
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device client_error"));
}

INSTANTIATE_TEST_SUITE_P(Table, BadFilters,
                         ::testing::Values(FilterCase{"too_long", std::string(257, 'f')},
                                           FilterCase{"too_deep", "1/2/3/4/5/6/7/8/9"},
                                           FilterCase{"hash_in_the_middle", "a/#/b"},
                                           FilterCase{"plus_beside_text", "a/b+"},
                                           FilterCase{"reserved", "$secrets/x"}),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Subscribing, ClosesWhenOneFilterIsDeniedAndGrantsNone) {  // M3-30, P7.8
  World world;
  world.rights.no_subscribe = {"secret"};
  Client& device = world.connected({.clean = false});
  world.observer.take();
  device.subscribe({{.filter = "open"}, {.filter = "secret"}});
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device authorization_error"));
  EXPECT_EQ(world.broker->counters().subscriptions, 0U);
}

TEST(Subscribing, AnswersADeniedFilterWith80WhenSwitchedSo) {  // M3-30
  World world{{.v3_subscribe_refusal = SubscribeRefusal::suback80}};
  world.rights.no_subscribe = {"secret"};
  Client& device = world.connected();
  world.observer.take();
  device.subscribe({{.filter = "secret"}, {.filter = "open"}});
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x80, code 0x00}"));
  EXPECT_FALSE(device.closed());
  EXPECT_THAT(world.observer.take(), ElementsAre("subscribed device open"));
}

TEST(Subscribing, ClosesOnQoS2) {  // M3-20
  World world;
  Client& device = world.connected();
  device.subscribe("t", kQoS2);
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(Subscribing, RejectsSharedFiltersPlainly) {  // M5-15
  World world;
  Client& device = world.connected();
  device.subscribe("$share/group/t");
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x80}"));
}

TEST(Subscribing, DeliversOneCopyOfOverlappingFiltersAtTheHighestQoS) {  // M3-35
  World world;
  Client& device = world.connected();
  device.subscribe("a/+", kQoS0);
  device.subscribe("a/b", kQoS1).heard();
  world.broker->publish(Message{.topic = "a/b", .payload = "x", .qos = kQoS1});
  world.settle();
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 1, topic "a/b", id 1, payload "x"})"));
}

TEST(Subscribing, DoesNotMatchTheParentOfAHashNorReservedTopicsByWildcard) {  // M3-32
  World world;
  Client& device = world.connected();
  device.subscribe({{.filter = "a/#"}, {.filter = "#"}, {.filter = "+/x"}}).heard();
  device.unsubscribe({"#"}).heard();
  for (const char* topic : {"a", "a/", "a/b/c", "$sys/x"}) world.broker->publish(Message{.topic = topic});
  world.settle();
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "a/", payload ""})",
                                          R"(PUBLISH{qos 0, topic "a/b/c", payload ""})"));
}

TEST(Subscribing, AlwaysAcknowledgesUnsubscribe) {  // M3-36
  World world;
  Client& device = world.connected();
  device.subscribe("t").heard();
  world.observer.take();
  device.unsubscribe({"t", "never/subscribed"}, 12);
  EXPECT_THAT(device.heard(), ElementsAre("UNSUBACK{id 12}"));
  EXPECT_THAT(world.observer.take(), ElementsAre("unsubscribed device t"));
  device.publish("t", "x");
  EXPECT_THAT(device.heard(), IsEmpty());
}

// ---- the broker's own side

TEST(Broker, DisconnectsWhatAPrincipalHoldsAndNothingElse) {
  World world;
  Client& one = world.connected({.client_id = "one"});
  Client& two = world.connected({.client_id = "two"});
  world.authenticator.principal = "certificate-2";
  Client& other = world.connected({.client_id = "other"});
  world.observer.take();
  world.broker->disconnect_principal("certificate-1", CloseReason::authorization_lost);
  world.settle();
  EXPECT_TRUE(one.closed());
  EXPECT_TRUE(two.closed());
  EXPECT_FALSE(other.closed());
  EXPECT_THAT(world.observer.take(), ::testing::UnorderedElementsAre("disconnected one authorization_lost",
                                                                     "disconnected two authorization_lost"));
}

TEST(Broker, DisconnectsAClientWithOrWithoutItsWill) {  // M3-59
  for (const bool publish_will : {true, false}) {
    World world;
    Client& watcher = world.connected({.client_id = "watcher"});
    watcher.subscribe("wills").heard();
    Client& device = world.connected({.will = Will{.topic = "wills"}});
    world.broker->disconnect_client("device", CloseReason::api, {.publish_will = publish_will});
    world.settle();
    EXPECT_TRUE(device.closed());
    EXPECT_EQ(watcher.heard().size(), publish_will ? 1U : 0U);
  }
}

TEST(Broker, ForgetsEverythingOnReset) {
  World world;
  Client& device = world.connected({.clean = false});
  device.subscribe("t", kQoS1).heard();
  device.publish("kept", "x", kQoS0, true);
  world.broker->reset();
  world.settle();
  EXPECT_TRUE(device.closed());
  const BrokerCounters counters = world.broker->counters();
  EXPECT_EQ(counters.sessions, 0U);
  EXPECT_EQ(counters.subscriptions, 0U);
  EXPECT_EQ(counters.retained, 0U);
  EXPECT_THAT(world.connect({.clean = false}).heard(), ElementsAre(kAccepted));
}

TEST(Broker, ShowsTheObserverTheMessagesItWants) {
  World world;
  world.observer.wants_all = true;
  Client& device = world.connected();
  world.observer.take();
  device.publish("t", "x");
  world.broker->publish(Message{.topic = "$sys/t"});
  world.settle();
  EXPECT_THAT(world.observer.take(), ElementsAre("message t from device", "message $sys/t from service"));
}

}  // namespace
}  // namespace iotemu::mqtt::testing
