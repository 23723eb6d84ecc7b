// From CONNECT to CONNACK: messaging 2.1 to 2.3.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

Will will(std::string_view topic, QoS qos = kQoS0, std::string_view payload = "gone", bool retain = false) {
  return {.topic = topic, .payload = as_bytes(payload), .qos = qos, .retain = retain};
}

TEST(Connecting, AcceptsACleanSessionWithoutSessionPresent) {  // M3-1, M3-10
  World world;
  Client& device = world.connect();
  EXPECT_THAT(device.heard(), ElementsAre(kAccepted));
  EXPECT_THAT(world.observer.take(), ElementsAre("connected device"));
}

TEST(Connecting, RefusesAnotherProtocolLevelWithCode1) {  // M3-1, M3-9
  World world;
  Client& old = world.open();
  old.say_bytes(std::string{"\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01x", 17});
  EXPECT_EQ(old.heard_bytes(), (std::string{"\x20\x02\x00\x01", 4}));
  EXPECT_TRUE(old.closed());
  EXPECT_THAT(world.authenticator.attempts, IsEmpty());
}

TEST(Connecting, RefusesMqtt5PlainlyInItsOwnShape) {
  World world;
  Client& modern = world.open();
  std::string bytes;
  encode(Connect{.level = 5, .clean_start = true, .keep_alive = 60, .client_id = "modern"}, bytes);
  modern.say_bytes(bytes);
  EXPECT_EQ(modern.heard_bytes(), (std::string{"\x20\x03\x00\x84\x00", 5}));
  EXPECT_TRUE(modern.closed());
}

TEST(Connecting, ClosesWhenTheFirstPacketIsNotConnect) {  // M3-2
  World world;
  Client& rude = world.open();
  rude.say(Pingreq{});
  EXPECT_TRUE(rude.closed());
  EXPECT_THAT(rude.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), IsEmpty());
}

TEST(Connecting, ClosesOnAMalformedConnectAndAsksNobody) {  // P3.5 clarifications
  World world;
  Client& broken = world.open();
  broken.say_bytes(std::string{"\x10\x04\x00\x04MQ", 6});
  EXPECT_TRUE(broken.closed());
  EXPECT_THAT(world.authenticator.attempts, IsEmpty());
}

TEST(Connecting, ClosesASecondConnectAsAClientErrorAndPublishesTheWill) {  // M3-2, LE-4
  World world;
  Client& watcher = world.connected({.client_id = "watcher"});
  watcher.subscribe("wills").heard();
  Client& device = world.connected({.will = will("wills")});
  world.observer.take();
  device.say(Connect{.clean_start = true, .client_id = "device"});
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device client_error"));
  EXPECT_THAT(watcher.heard(), ElementsAre(R"(PUBLISH{qos 0, topic "wills", payload "gone"})"));
}

TEST(Connecting, GivesUpAfterTenSecondsWithoutConnect) {  // M3-3, P3.5 clarifications
  World world;
  Client& silent = world.open();
  world.advance(9999ms);
  EXPECT_FALSE(silent.closed());
  world.advance(1ms);
  EXPECT_TRUE(silent.closed());
  EXPECT_THAT(world.authenticator.attempts, IsEmpty());
}

TEST(Connecting, ReadsPipelinedPacketsAfterTheConnack) {  // M3-4
  World world;
  world.authenticator.late = true;
  Client& eager = world.open();
  eager.say(Connect{.clean_start = true, .keep_alive = 60, .client_id = "eager"}).say(Pingreq{});
  EXPECT_THAT(eager.heard(), IsEmpty());
  world.authenticator.waiting.front()(world.authenticator.admission());
  world.settle();
  EXPECT_THAT(eager.heard(), ElementsAre(kAccepted, "PINGRESP{}"));
}

TEST(Connecting, ClosesAPipelinedPacketWhenStrict) {  // M3-4
  World world{{.strict_connack = true}};
  world.authenticator.late = true;
  Client& eager = world.open();
  eager.say(Connect{.clean_start = true, .keep_alive = 60, .client_id = "eager"}).say(Pingreq{});
  EXPECT_TRUE(eager.closed());
}

TEST(Connecting, ClosesWhatFollowsConnectInOneWriteWhenStrict) {  // M3-4
  World world{{.strict_connack = true}};
  std::string bytes;
  encode(Connect{.clean_start = true, .keep_alive = 60, .client_id = "eager"}, bytes);
  Client& patient = world.open();
  patient.say_bytes(bytes).say(Pingreq{});
  EXPECT_FALSE(patient.closed());
  encode(Pingreq{}, bytes);
  Client& eager = world.open();
  eager.say_bytes(bytes);
  EXPECT_TRUE(eager.closed());
}

TEST(Connecting, ForgetsAnAnswerThatComesAfterTheClientHasGone) {
  World world;
  world.authenticator.late = true;
  Client& device = world.connect();
  device.lose();
  world.authenticator.waiting.front()(world.authenticator.admission());
  world.settle();
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), IsEmpty());
}

struct ClientIdCase {
  std::string name;
  std::string client_id;
  bool clean;
  std::string expected;  // the first attempt that the authenticator sees, or empty
};

class ClientIds : public ::testing::TestWithParam<ClientIdCase> {};

TEST_P(ClientIds, AreCheckedBeforeAnybodyIsAsked) {  // M3-5, M3-6, M3-9
  World world;
  Client& device = world.connect({.client_id = GetParam().client_id, .clean = GetParam().clean});
  if (GetParam().expected.empty()) {
    EXPECT_THAT(device.heard(), ElementsAre("CONNACK{code 0x02}"));
    EXPECT_TRUE(device.closed());
    EXPECT_THAT(world.authenticator.attempts, IsEmpty());
  } else {
    EXPECT_THAT(device.heard(), ElementsAre(kAccepted));
    EXPECT_THAT(world.authenticator.attempts, ElementsAre(::testing::MatchesRegex(GetParam().expected)));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, ClientIds,
                         ::testing::Values(ClientIdCase{"longest", std::string(128, 'x'), true, "x+"},
                                           ClientIdCase{"too_long", std::string(129, 'x'), true, ""},
                                           ClientIdCase{"reserved", "$GEN/1", true, ""},
                                           ClientIdCase{"empty_and_clean", "", true, "\\$GEN/[0-9a-f-]+"},
                                           ClientIdCase{"empty_and_persistent", "", false, ""},
                                           ClientIdCase{"wildcards", "a/#/+", true, "a/#/\\+"}),  // M3-13
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Connecting, ClosesARefusedClientWithoutConnack) {  // M3-8, P3.5
  World world;
  world.authenticator.refusal = Refusal{.reason = "certificate is not registered"};
  Client& device = world.connect();
  EXPECT_THAT(device.heard(), IsEmpty());
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(world.observer.take(), IsEmpty());
}

TEST(Connecting, SendsTheConnackCodeThatARefusalNames) {  // M3-8, switch
  World world;
  world.authenticator.refusal = Refusal{.connack = 5};
  Client& device = world.connect();
  EXPECT_THAT(device.heard(), ElementsAre("CONNACK{code 0x05}"));
  EXPECT_TRUE(device.closed());
}

struct WillCase {
  std::string name;
  std::string topic;
  QoS qos;
  std::size_t payload;
  bool accepted;
};

class Wills : public ::testing::TestWithParam<WillCase> {};

TEST_P(Wills, AreCheckedAtConnect) {  // M3-11, M3-38
  World world;
  const std::string payload(GetParam().payload, 'w');
  Client& device = world.connect({.will = will(GetParam().topic, GetParam().qos, payload)});
  EXPECT_EQ(device.closed(), !GetParam().accepted);
  EXPECT_EQ(device.heard().size(), GetParam().accepted ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Table, Wills,
                         ::testing::Values(WillCase{"plain", "a/b", kQoS1, 4, true},
                                           WillCase{"qos_2", "a/b", kQoS2, 4, false},
                                           WillCase{"reserved", "$sys/x", kQoS0, 4, false},
                                           WillCase{"wildcard", "a/+", kQoS0, 4, false},
                                           WillCase{"too_deep", "1/2/3/4/5/6/7/8/9", kQoS0, 4, false},
                                           WillCase{"too_long", std::string(257, 't'), kQoS0, 4, false}),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Connecting, ShowsTheWillToTheAuthenticator) {  // M3-11, LE-7
  World world;
  world.connect({.will = will("farewell/device")});
  EXPECT_THAT(world.authenticator.attempts, ElementsAre("device will farewell/device"));
}

struct KeepAliveCase {
  std::string name;
  std::uint16_t asked;
  Duration closes_after;
};

class KeepAlive : public ::testing::TestWithParam<KeepAliveCase> {};

TEST_P(KeepAlive, ClosesAfterOneAndAHalfTimesTheEffectiveInterval) {  // M3-16, M3-18
  World world;
  Client& device = world.connected({.keep_alive = GetParam().asked});
  world.observer.take();
  world.advance(GetParam().closes_after - 1ms);
  EXPECT_FALSE(device.closed());
  world.advance(1ms);
  EXPECT_TRUE(device.closed());
  EXPECT_THAT(world.observer.take(), ElementsAre("disconnected device keep_alive_timeout"));
}

INSTANTIATE_TEST_SUITE_P(Table, KeepAlive,
                         ::testing::Values(KeepAliveCase{"zero_means_the_most", 0, 1800s},
                                           KeepAliveCase{"above_the_most", 5000, 1800s},
                                           KeepAliveCase{"below_the_least", 5, 45s},
                                           KeepAliveCase{"as_asked", 60, 90s}),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Connecting, CountsKeepAliveFromTheLastPacketOfTheClient) {  // M3-17
  World world;
  Client& device = world.connected({.keep_alive = 60});
  world.advance(80s);
  device.say(Pingreq{});
  world.advance(89s);
  EXPECT_FALSE(device.closed());
  world.advance(1s);
  EXPECT_TRUE(device.closed());
}

TEST(Connecting, DoesNotCountWhatTheServerSendsAsKeepAlive) {  // M3-17
  World world;
  Client& device = world.connected({.keep_alive = 60});
  device.subscribe("t").heard();
  world.advance(60s);
  world.broker->publish(Message{.topic = "t", .payload = "x"});
  world.settle();
  EXPECT_EQ(device.heard().size(), 1U);
  world.advance(30s);
  EXPECT_TRUE(device.closed());
}

TEST(Connecting, LimitsConnectsOfAClientIdWhenThrottled) {  // M3-12
  World world{{.throttle = true}};
  world.connected();
  EXPECT_TRUE(world.connect().closed());
  world.advance(1s);
  world.connected();
}

TEST(Connecting, RefusesAnOversizePacketFromItsHeader) {  // M3-38
  World world;
  Client& flood = world.open();
  flood.say_bytes(std::string{"\x10\xff\xff\xff\x7f", 5});
  EXPECT_TRUE(flood.closed());
}

}  // namespace
}  // namespace iotemu::mqtt::testing
