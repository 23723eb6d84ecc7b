// Publishing: messaging 2.4, 2.6, 2.7 and provisioning 7.8.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

TEST(Publishing, ReachesSubscribersAtTheLowerQoS) {  // M3-23
  World world;
  Client& exact = world.connected({.client_id = "exact"});
  Client& relaxed = world.connected({.client_id = "relaxed"});
  Client& device = world.connected();
  exact.subscribe("a/b", kQoS1).heard();
  relaxed.subscribe("a/+", kQoS0).heard();
  device.publish("a/b", "on", kQoS1, false, 9);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 9}"));
  EXPECT_THAT(exact.heard(), ElementsAre(R"(PUBLISH{qos 1, topic "a/b", id 1, payload "on"})"));
  EXPECT_THAT(relaxed.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "a/b", payload "on"})"));
  device.publish("a/b", "off");
  EXPECT_THAT(exact.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "a/b", payload "off"})"));
}

TEST(Publishing, ReachesThePublisherItself) {  // M3-42
  World world;
  Client& device = world.connected();
  device.subscribe("self").heard();
  device.publish("self", "echo");
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "self", payload "echo"})"));
}

TEST(Publishing, IsAcknowledgedWithoutSubscribers) {  // M3-23
  World world;
  Client& device = world.connected();
  device.publish("nobody/listens", "x", kQoS1, false, 5);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 5}"));
}

TEST(Publishing, IgnoresDupAndNeverSetsIt) {  // M3-21
  World world;
  Client& device = world.connected();
  device.subscribe("t", kQoS1).heard();
  device.say(Publish{.qos = kQoS1, .dup = true, .topic = "t", .packet_id = 3, .payload = as_bytes("x")});
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 1, topic "t", id 1, payload "x"})", "PUBACK{id 3}"));
}

struct Misuse {
  std::string name;
  std::string topic;
  QoS qos;
  std::size_t payload;
};

class PublishMisuse : public ::testing::TestWithParam<Misuse> {};

TEST_P(PublishMisuse, ClosesTheConnectionAsAClientErrorWithoutPuback) {
  World world;
  Client& device = world.connected();
  world.observer.take();
  device.publish(GetParam().topic, std::string(GetParam().payload, 'p'), GetParam().qos);
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device client_error"));
}

INSTANTIATE_TEST_SUITE_P(Table, PublishMisuse,
                         ::testing::Values(Misuse{"qos_2", "t", kQoS2, 1},                       // M3-20
                                           Misuse{"payload_too_large", "t", kQoS1, 131'073},     // M3-38
                                           Misuse{"packet_too_large", "t", kQoS1, 149'504},      // M3-38
                                           Misuse{"wildcard", "a/#", kQoS0, 1},                  // M3-40
                                           Misuse{"empty_topic", "", kQoS0, 1},                  // M3-40
                                           Misuse{"too_long", std::string(257, 't'), kQoS1, 1},  // M3-37
                                           Misuse{"too_deep", "1/2/3/4/5/6/7/8/9", kQoS0, 1},    // M3-37
                                           Misuse{"reserved_topic", "$other/x", kQoS1, 1}),      // M3-40
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Publishing, AcceptsTheLargestPayloadAndTheDeepestTopic) {  // M3-37, M3-38
  World world;
  Client& device = world.connected();
  device.publish("1/2/3/4/5/6/7/8", std::string(131'072, 'p'), kQoS1, false, 2);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 2}"));
  device.publish(std::string(256, 't'), "x", kQoS1, false, 3);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 3}"));
}

TEST(Publishing, DoesNotCountTheLevelsOfAnExemptPrefix) {  // M3-37
  BrokerOptions options;
  options.topics.exempt_prefix = "$in/";
  options.topics.exempt_levels = 3;
  World world{options};
  Client& device = world.connected();
  device.publish("$in/rules/any/1/2/3/4/5/6/7/8", "x", kQoS1, false, 4);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 4}"));
  device.publish("$in/rules/any/1/2/3/4/5/6/7/8/9", "x", kQoS1);
  EXPECT_TRUE(device.closed());
}

TEST(Publishing, StaysSilentOnQoS2WhenSwitchedSo) {  // M3-20
  World world{{.qos2 = QoS2::ignore}};
  Client& device = world.connected();
  device.publish("t", "x", kQoS2);
  device.subscribe("t", kQoS2);
  EXPECT_FALSE(device.closed());
  EXPECT_THAT(device.heard(), IsEmpty());
}

TEST(Publishing, ClosesAfterAnUnsupportedPacket) {  // M3-19
  for (const char type : {'\x50', '\x62', '\x70'}) {
    World world;
    Client& device = world.connected();
    device.say_bytes(std::string{type, '\x02', '\x00', '\x01'});
    EXPECT_TRUE(device.closed());
  }
}

TEST(Publishing, ClosesADeniedPublisherAndPublishesItsWill) {  // M3-39, P7.8
  for (const QoS qos : {kQoS0, kQoS1}) {
    World world;
    world.rights.no_publish = {"secret"};
    Client& watcher = world.connected({.client_id = "watcher"});
    watcher.subscribe("#").heard();
    Client& device = world.connected({.will = Will{.topic = "wills", .payload = as_bytes("gone")}});
    world.observer.take();
    device.publish("secret", "x", qos);
    EXPECT_TRUE(device.closed());
    EXPECT_THAT(device.heard(), IsEmpty());
    EXPECT_THAT(watcher.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "wills", payload "gone"})"));
    EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device authorization_error"));
  }
}

TEST(Publishing, DropsAndAcknowledgesADeniedMessageWhenSwitchedSo) {  // P7.8
  World world{{.denied_publish = DeniedPublish::drop_ack}};
  world.rights.no_publish = {"secret"};
  Client& device = world.connected();
  device.subscribe("secret").heard();
  device.publish("secret", "x", kQoS1, false, 6);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 6}"));
}

TEST(Publishing, HandsObserverOnlyTopicsToNobodyElse) {
  World world;
  Client& device = world.connected();
  device.subscribe("$in/x").heard();
  world.observer.take();
  device.publish("$in/x", "1", kQoS1, false, 8);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 8}"));
  EXPECT_THAT(world.observer.take(), ElementsAre("message $in/x from device"));
}

TEST(Publishing, AsksTheRightToReceiveAtDelivery) {  // M3-34
  World world;
  Client& device = world.connected();
  device.subscribe("news", kQoS1).heard();
  world.rights.no_receive = {"news"};
  world.broker->publish(Message{.topic = "news", .payload = "1", .qos = kQoS1});
  world.settle();
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_FALSE(device.closed());
  world.rights.no_receive.clear();
  world.broker->publish(Message{.topic = "news", .payload = "2", .qos = kQoS1});
  world.settle();
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 1, topic "news", id 1, payload "2"})"));
}

TEST(Publishing, DiscardsAboveTheRateWhenThrottled) {  // M3-41
  World world{{.throttle = true, .publishes_per_second = 3}};
  Client& device = world.connected();
  for (std::uint16_t id = 1; id <= 5; ++id) device.publish("t", "x", kQoS1, false, id);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 1}", "PUBACK{id 2}", "PUBACK{id 3}"));
  EXPECT_EQ(world.broker->counters().dropped_throttled, 2U);
  world.advance(1s);
  device.publish("t", "x", kQoS1, false, 6);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 6}"));
}

TEST(Publishing, DelaysWhatIsAboveTheByteRateWhenThrottled) {  // M3-41
  World world{{.throttle = true, .bytes_per_second = 1000}};
  Client& device = world.connected();
  const std::string payload(600, 'x');
  device.publish("t", payload, kQoS1, false, 1).publish("t", payload, kQoS1, false, 2);
  device.publish("t", payload, kQoS1, false, 3);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 1}", "PUBACK{id 2}"));
  world.advance(1s);
  EXPECT_THAT(device.heard(), ElementsAre("PUBACK{id 3}"));
  EXPECT_FALSE(device.closed());
}

// ---- retained messages, 2.9

TEST(Retaining, DeliversToCurrentSubscribersWithoutTheFlagAndToLaterOnesWithIt) {  // M3-51, M3-52
  World world;
  Client& device = world.connected();
  device.subscribe("state").heard();
  device.publish("state", "on", kQoS0, true);
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "state", payload "on"})"));
  Client& late = world.connected({.client_id = "late"});
  late.subscribe("state");
  EXPECT_THAT(late.heard(), ElementsAre("SUBACK{id 1, code 0x00}",
                                        R"(PUBLISH{qos 0, topic "state", retain, payload "on"})"));
}

TEST(Retaining, AnswersOnlyTheFilterThatEqualsTheTopic) {  // M3-52
  World world;
  Client& device = world.connected();
  device.publish("a/b", "kept", kQoS0, true);
  for (const char* filter : {"a/+", "a/#", "#"}) {
    device.subscribe(filter);
    EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x00}"));
  }
}

TEST(Retaining, ForgetsWithAnEmptyPayloadAndDeliversIt) {  // M3-53
  World world;
  Client& device = world.connected();
  device.publish("state", "on", kQoS0, true);
  device.subscribe("state").heard();
  device.publish("state", "", kQoS0, true);
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "state", payload ""})"));
  device.subscribe("state");
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x00}"));
  EXPECT_EQ(world.broker->counters().retained, 0U);
}

TEST(Retaining, SendsTheKeptMessageAtTheGrantedQoSThroughTheWindow) {  // M3-23, M3-52
  World world;
  Client& device = world.connected();
  device.publish("state", "on", kQoS1, true, 2).heard();
  device.subscribe("state", kQoS1);
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x01}",
                                          R"(PUBLISH{qos 1, topic "state", id 1, retain, payload "on"})"));
}

TEST(Retaining, NeedsTheRightToRetain) {  // M3-51, P7.8
  World world;
  world.rights.no_retain = {"state"};
  Client& device = world.connected();
  device.publish("state", "on", kQoS0, true);
  EXPECT_TRUE(device.closed());
  EXPECT_EQ(world.broker->counters().retained, 0U);
}

TEST(Retaining, KeepsTheWillThatAsksForIt) {  // M3-54
  World world;
  Client& device =
      world.connected({.will = Will{.topic = "wills", .payload = as_bytes("gone"), .retain = true}});
  device.lose();
  Client& late = world.connected({.client_id = "late"});
  late.subscribe("wills");
  EXPECT_EQ(late.heard().back(), R"(PUBLISH{qos 0, topic "wills", retain, payload "gone"})");
}

TEST(Retaining, OutlivesTheSessionOfItsPublisherAndDoesNotExpire) {  // M3-55
  World world;
  Client& device = world.connected();
  device.publish("state", "on", kQoS0, true);
  device.say(Disconnect{});
  world.advance(24h * 365);
  Client& late = world.connected({.client_id = "late"});
  late.subscribe("state");
  EXPECT_EQ(late.heard().back(), R"(PUBLISH{qos 0, topic "state", retain, payload "on"})");
}

TEST(Retaining, IsLeftAloneByAMessageWithoutTheFlag) {  // M3-57
  World world;
  Client& device = world.connected();
  device.publish("state", "kept", kQoS0, true);
  device.publish("state", "passing");
  device.publish("state", "");
  device.subscribe("state");
  EXPECT_THAT(device.heard(), ElementsAre("SUBACK{id 1, code 0x00}",
                                          R"(PUBLISH{qos 0, topic "state", retain, payload "kept"})"));
}

TEST(Retaining, DeliversAboveTheCapWithoutKeeping) {  // M3-56
  World world{{.max_retained = 1}};
  Client& device = world.connected();
  device.subscribe("b").heard();
  device.publish("a", "1", kQoS0, true);
  device.publish("b", "2", kQoS0, true);
  EXPECT_THAT(device.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "b", payload "2"})"));
  EXPECT_EQ(world.broker->counters().retained, 1U);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
