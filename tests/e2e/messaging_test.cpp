// MQTT 3.1.1 as devices see it (M section 2): one story each.

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using std::chrono::seconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MessagingTest : public EmulatorTest {
 protected:
  Device connected(const std::string& name, const ConnectOptions& options = {}) {
    Device device = active_device(name);
    connect(device, options);
    return device;
  }
};

// M3-23, M3-42.
TEST_F(MessagingTest, MessageArrivesAtTheLowerOfTheTwoQualitiesAlsoAtItsOwnPublisher) {
  Device device = connected("pump");
  ASSERT_THAT(device.subscribe({{"low", 0}, {"high", 1}}), Accepted());
  EXPECT_THAT(device.publish("low", "a", 1), Accepted());
  EXPECT_THAT(device.publish("high", "b", 1), Accepted());
  EXPECT_THAT(device.publish("high", "c", 0), Accepted());
  EXPECT_THAT(device.messages(), ElementsAre(ReceivedMessage{"low", "a", 0}, ReceivedMessage{"high", "b", 1},
                                             ReceivedMessage{"high", "c", 0}));
}

// M3-32, M3-35.
TEST_F(MessagingTest, WildcardsMatchAsTheServiceMatchesThem) {
  Device device = connected("pump");
  ASSERT_THAT(device.subscribe({{"a/#", 0}, {"+/x", 1}, {"#", 0}}), Accepted());
  Device other = connected("other");
  ASSERT_THAT(other.subscribe("a/#"), Accepted());
  other.publish("a", "parent");
  other.publish("a/", "empty level");
  other.publish("a/x", "both", 1);
  EXPECT_THAT(payloads(other.messages()), ElementsAre("empty level", "both")) << "a/# does not match a";
  const auto all = device.messages();
  EXPECT_THAT(payloads(all), ElementsAre("parent", "empty level", "both")) << "overlaps collapse to one copy";
  EXPECT_EQ(all[2].qos, 1) << "at the highest granted quality";
  emu.publish("$aws/events/something", "reserved");
  EXPECT_THAT(device.messages(), IsEmpty()) << "# does not match $ topics";
}

// M3-51…53.
TEST_F(MessagingTest, RetainedMessageIsDeliveredToAnExactFilterOnly) {
  Device publisher = connected("publisher");
  ASSERT_THAT(publisher.publish("state/door", "open", 1, true), Accepted());
  Device late = connected("late");
  ASSERT_THAT(late.subscribe("state/#"), Accepted());
  EXPECT_THAT(late.messages(), IsEmpty()) << "wildcards never deliver retained messages";
  ASSERT_THAT(late.subscribe("state/door"), Accepted());
  EXPECT_THAT(late.messages(), ElementsAre(ReceivedMessage{"state/door", "open", 0, true}));

  ASSERT_THAT(publisher.publish("state/door", "", 1, true), Accepted());
  EXPECT_THAT(late.messages(), ElementsAre(ReceivedMessage{"state/door", "", 0, false}));
  Device later = connected("later");
  ASSERT_THAT(later.subscribe("state/door"), Accepted());
  EXPECT_THAT(later.messages(), IsEmpty()) << "an empty payload deletes it";
}

// M3-46…48.
TEST_F(MessagingTest, PersistentSessionKeepsSubscriptionsAndQos1Messages) {
  Device device = active_device("pump");
  connect(device, {.clean_session = false});
  ASSERT_THAT(device.subscribe("work/#", 1), Accepted());
  device.drop();
  Device publisher = connected("publisher");
  ASSERT_THAT(publisher.publish("work/1", "kept", 1), Accepted());
  ASSERT_THAT(publisher.publish("work/2", "lost", 0), Accepted());
  ASSERT_THAT(publisher.publish("work/3", "kept too", 1), Accepted());

  const Outcome resumed = device.connect({.clean_session = false});
  EXPECT_TRUE(resumed.session_present);
  emu.advance(seconds{1});
  EXPECT_THAT(payloads(device.messages()), ElementsAre("kept", "kept too"));

  device.disconnect();
  EXPECT_FALSE(device.connect({.clean_session = true}).session_present) << "clean session discards it (M3-7)";
}

// M3-47.
TEST_F(MessagingTest, PersistentSessionExpiresAnHourAfterItsConnection) {
  Device device = active_device("pump");
  connect(device, {.clean_session = false});
  device.disconnect();
  emu.advance(std::chrono::minutes{59});
  EXPECT_TRUE(device.connect({.clean_session = false}).session_present);
  device.disconnect();
  emu.advance(std::chrono::minutes{61});
  EXPECT_FALSE(device.connect({.clean_session = false}).session_present);
}

// M3-59, LE-4.
TEST_F(MessagingTest, WillIsPublishedWhenTheConnectionIsLostAndNotAfterADisconnect) {
  Device watcher = connected("watcher");
  ASSERT_THAT(watcher.subscribe("wills/#", 1), Accepted());
  Device device = active_device("pump");
  const ConnectOptions options{
      .will = WillOptions{.topic = "wills/pump", .payload = "gone", .qos = 1, .retain = true}};
  connect(device, options);
  device.disconnect();
  EXPECT_THAT(watcher.messages(), IsEmpty());

  connect(device, options);
  set_status(device.identity().certificate_id, "INACTIVE");
  device.wait_closed();
  EXPECT_THAT(watcher.messages(), ElementsAre(ReceivedMessage{"wills/pump", "gone", 1}));
  Device late = connected("late");
  ASSERT_THAT(late.subscribe("wills/pump", 1), Accepted());
  EXPECT_THAT(late.messages(), ElementsAre(ReceivedMessage{"wills/pump", "gone", 1, true})) << "M3-54";
}

// M3-16…18.
TEST_F(MessagingTest, SilentClientIsClosedAfterOneAndAHalfKeepAlives) {
  const Recorder presence = emu.record("$aws/events/presence/disconnected/+");
  Device device = connected("pump", {.keep_alive = 40});
  emu.advance(seconds{59});
  ASSERT_TRUE(device.is_connected());
  device.ping();
  emu.advance(seconds{59});
  EXPECT_TRUE(device.is_connected()) << "a ping starts the time anew";
  emu.advance(seconds{2});
  EXPECT_EQ(device.wait_closed().ended, Outcome::Ended::close_notify);
  ASSERT_THAT(presence.json(), SizeIs(1));
  EXPECT_EQ(presence.json()[0]["disconnectReason"], "MQTT_KEEP_ALIVE_TIMEOUT");
}

TEST_F(MessagingTest, ShortKeepAliveCountsAsThirtySeconds) {
  Device device = connected("pump", {.keep_alive = 1});
  emu.advance(seconds{44});
  EXPECT_TRUE(device.is_connected());
  emu.advance(seconds{2});
  EXPECT_FALSE(device.wait_closed().accepted);
}

// M3-25.
TEST_F(MessagingTest, UnacknowledgedMessageIsSentAgain) {
  Device device = connected("pump", {.acknowledge = false});
  ASSERT_THAT(device.subscribe("t", 1), Accepted());
  emu.publish("t", "once more", 1);
  EXPECT_THAT(payloads(device.messages()), ElementsAre("once more"));
  emu.advance(seconds{31});
  EXPECT_THAT(payloads(device.messages()), ElementsAre("once more"));
}

// M3-20, M3-27, M3-29, M3-37, M3-38, M3-40: what breaks a limit is closed, and the reason is kept.
TEST_F(MessagingTest, BrokenLimitsCloseTheConnectionAndSayWhich) {
  Device device = active_device("pump");
  const auto expect_closed = [&](const char* what, const char* reason, auto action) {
    connect(device);
    EXPECT_FALSE(action().accepted) << what;
    EXPECT_EQ(device.wait_closed().ended, Outcome::Ended::close_notify) << what;
    EXPECT_THAT(emu.explain(device), HasSubstr(reason)) << what;
  };
  std::vector<std::pair<std::string, int>> nine;
  for (int number = 0; number < 9; ++number) nine.emplace_back("f/" + std::to_string(number), 0);
  expect_closed("nine filters", "SUBSCRIBE with 9 filters (M3-27)", [&] { return device.subscribe(nine); });
  expect_closed("eight slashes", "(M3-40)", [&] { return device.publish("1/2/3/4/5/6/7/8/9", "x", 1); });
  expect_closed("257 bytes of topic", "(M3-40)",
                [&] { return device.publish(std::string(257, 't'), "x", 1); });
  expect_closed("a filter that is too deep", "(M3-29)",
                [&] { return device.subscribe("1/2/3/4/5/6/7/8/9"); });
  expect_closed("128 KB and a byte", "payload of 131073 bytes (M3-38)",
                [&] { return device.publish("t", std::string(131'073, 'x'), 1); });
  expect_closed("QoS 2", "PUBLISH at QoS 2 (M3-20)", [&] { return device.publish("t", "x", 2); });
  expect_closed("a wildcard in a topic name", "MQTT-3.3.2-2", [&] { return device.publish("t/#", "x", 1); });
  expect_closed("a reserved topic", "may not publish",
                [&] { return device.publish("$aws/things/pump/shadow/update/accepted", "x", 1); });
  expect_closed("another reserved topic", "may not publish", [&] { return device.publish("$mine", "x", 1); });
  expect_closed("retaining on a reserved topic", "M3-44",
                [&] { return device.publish("$aws/rules/r/t", "x", 1, true); });
  expect_closed("a reserved filter", "may not subscribe", [&] { return device.subscribe("$aws/rules/#"); });
  expect_closed("a second CONNECT", "second CONNECT (M3-2)", [&] {
    return device.send_raw(std::string{"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x", 15});
  });
}

TEST_F(MessagingTest, GreatestAllowedSizesPass) {
  Device device = connected("pump");
  ASSERT_THAT(device.subscribe({{"1/2/3/4/5/6/7/8", 1}, {std::string(256, 't'), 1}}), Accepted());
  EXPECT_THAT(device.publish("1/2/3/4/5/6/7/8", std::string(131'072, 'x'), 1), Accepted());
  EXPECT_THAT(device.publish(std::string(256, 't'), "y", 1), Accepted());
  EXPECT_THAT(device.messages(), SizeIs(2));
}

// M3-28.
TEST_F(MessagingTest, FiftyFirstSubscriptionIsRefusedAndTheConnectionLives) {
  Device device = connected("pump");
  for (int number = 0; number < 50; ++number) {
    ASSERT_THAT(device.subscribe("f/" + std::to_string(number)), Accepted());
  }
  EXPECT_THAT(device.subscribe("f/50").suback, ElementsAre(0x80));
  EXPECT_THAT(device.ping(), Accepted());
  EXPECT_THAT(device.unsubscribe({"f/0"}), Accepted());
  EXPECT_THAT(device.subscribe("f/50").suback, ElementsAre(0));
}

// RU-33, RU-34, M3-37: accepted for a rule, delivered to nobody; its prefix does not count.
TEST_F(MessagingTest, BasicIngestIsAcceptedAndReachesNoSubscriber) {
  Device device = connected("pump");
  const Recorder seen = emu.record("$aws/rules/#");
  ASSERT_THAT(device.subscribe("#"), Accepted());
  EXPECT_THAT(device.publish("$aws/rules/store/1/2/3/4/5/6/7/8", "x", 1), Accepted());
  EXPECT_THAT(device.messages(), IsEmpty());
  EXPECT_THAT(seen.messages(), SizeIs(1)) << "the service sees it";
}

// M3-5, M3-6.
TEST_F(MessagingTest, EmptyClientIdGetsAGeneratedOneOnlyWithACleanSession) {
  Device device = active_device("pump");
  const Recorder presence = emu.record("$aws/events/presence/connected/#");
  EXPECT_THAT(device.connect({.client_id = ""}), Accepted());
  ASSERT_THAT(presence.json(), SizeIs(1));
  EXPECT_TRUE(presence.json()[0]["clientId"].get<std::string>().starts_with("$GEN/"));
  EXPECT_EQ(device.connect({.client_id = "", .clean_session = false}).connack, 2);
  EXPECT_EQ(device.connect({.client_id = "$own"}).connack, 2);
  EXPECT_EQ(device.connect({.client_id = std::string(129, 'c')}).connack, 2);
}

// T-14.
TEST_F(MessagingTest, UserNameAndPasswordAreIgnored) {
  Device device = active_device("pump");
  EXPECT_THAT(device.connect({.username = "?SDK=PythonV2&Version=1.2.3", .password = "x"}), Accepted());
}

// A burst from one client reaches another complete and in order, also across workers.
TEST_F(MessagingTest, BurstArrivesCompleteAndInOrder) {
  Device subscriber = connected("subscriber");
  ASSERT_THAT(subscriber.subscribe("burst", 1), Accepted());
  Device publisher = connected("publisher");
  std::vector<std::string> expected;
  for (int number = 0; number < 300; ++number) {
    expected.push_back(std::to_string(number));
    ASSERT_THAT(publisher.publish("burst", expected.back(), 1), Accepted());
  }
  std::vector<std::string> seen;
  for (int tries = 0; tries < 10 && seen.size() < expected.size(); ++tries) {
    for (const std::string& payload : payloads(subscriber.messages())) seen.push_back(payload);
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace iotemu::tests
