// The data plane by REST among devices that speak MQTT (M section 8).

#include <gmock/gmock.h>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DataPlane : public EmulatorTest {
 protected:
  Json connection_of(const std::string& client_id) {
    return emu.api("GetConnection", {{"clientId", client_id}, {"includeSocketInformation", true}}).body;
  }
};

TEST_F(DataPlane, PublishReachesADeviceAtTheLesserQos) {  // T-15, T-18
  Device device = active_device("pump");
  connect(device);
  device.subscribe("a/#", 1);
  ASSERT_THAT(emu.api("Publish", {{"topic", "a/b"}, {"payload", "on"}, {"qos", 1}}), IsOk());
  const auto messages = device.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].topic, "a/b");
  EXPECT_EQ(messages[0].payload, "on");
  EXPECT_EQ(messages[0].qos, 1);
  EXPECT_FALSE(messages[0].retain);
}

TEST_F(DataPlane, WhatADoorWouldRefuseIsABadRequest) {  // M3-43, T-16
  for (const auto& topic : {std::string{"a/+"}, std::string{"a/#"}, std::string{"1/2/3/4/5/6/7/8/9"},
                            std::string(257, 'x'), std::string{"$aws/events/presence/connected/pump"},
                            std::string{"$mine"}, std::string{"$aws/certificates/create/json"}}) {
    const ApiResult answer = emu.api("Publish", {{"topic", topic}, {"payload", "x"}});
    EXPECT_EQ(answer.error, "InvalidRequestException") << topic;
    EXPECT_EQ(answer.status, 400) << topic;
  }
  EXPECT_EQ(emu.api("Publish", {{"topic", "t"}, {"payload", std::string(131'073, 'x')}}).status, 400);
  EXPECT_EQ(emu.api("Publish", {{"topic", "t"}, {"responseTopic", "a/#"}}).status, 400);
  EXPECT_EQ(emu.api("Publish", {{"topic", "$aws/rules/r/t"}, {"retain", true}}).status, 400);  // M3-44
  EXPECT_THAT(emu.api("Publish", {{"topic", "t"}, {"payload", std::string(131'072, 'x')}}), IsOk());
}

TEST_F(DataPlane, RetainedMessagesAreOneStoreForBothWorlds) {  // DP-2, M3-51…53
  Device device = active_device("pump");
  connect(device);
  device.publish("from/mqtt", "1", 1, true);
  emu.api("Publish", {{"topic", "from/rest"}, {"payload", "2"}, {"retain", true}});
  emu.settle();
  device.subscribe("from/rest");
  const auto messages = device.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].retain);
  const ApiResult stored = emu.api("GetRetainedMessage", {{"topic", "from/mqtt"}});
  EXPECT_EQ(stored["payload"], "MQ==");
  EXPECT_EQ(stored["qos"], 1);
  EXPECT_EQ(emu.api("ListRetainedMessages")["retainedTopics"].size(), 2U);
  emu.api("Publish", {{"topic", "from/mqtt"}, {"payload", ""}, {"retain", true}});
  EXPECT_EQ(emu.api("GetRetainedMessage", {{"topic", "from/mqtt"}}).error, "ResourceNotFoundException");
}

TEST_F(DataPlane, ARetainedMessageExpires) {  // M5-14
  emu.api("Publish", {{"topic", "t"}, {"payload", "x"}, {"retain", true}, {"messageExpiry", 10}});
  emu.advance(std::chrono::seconds{9});
  EXPECT_THAT(emu.api("GetRetainedMessage", {{"topic", "t"}}), IsOk());
  emu.advance(std::chrono::seconds{1});
  EXPECT_EQ(emu.api("GetRetainedMessage", {{"topic", "t"}}).status, 404);
  EXPECT_THAT(emu.api("ListRetainedMessages")["retainedTopics"], IsEmpty());
}

TEST_F(DataPlane, AConnectionIsKnownWhileItLivesAndHalfAnHourLonger) {  // DP-5
  Device device = active_device("pump");
  EXPECT_EQ(emu.api("GetConnection", {{"clientId", "pump"}}).status, 404);
  connect(device, {.keep_alive = 60});
  const Json live = connection_of("pump");
  EXPECT_EQ(live.value("connected", false), true);
  EXPECT_EQ(live.value("cleanSession", false), true);
  EXPECT_EQ(live.value("keepAliveDuration", 0), 60);
  EXPECT_EQ(live.value("sessionExpiry", -1), 0);
  EXPECT_EQ(live.value("sourceIp", ""), "127.0.0.1");
  EXPECT_EQ(live.value("targetPort", 0), emu.mqtt_port());
  EXPECT_TRUE(live.contains("connectedSince"));
  EXPECT_FALSE(live.contains("disconnectedSince"));
  EXPECT_FALSE(live.contains("thingName"));

  device.disconnect();
  emu.settle();
  const Json gone = connection_of("pump");
  EXPECT_EQ(gone.value("connected", true), false);
  EXPECT_EQ(gone.value("disconnectReason", ""), "CLIENT_INITIATED_DISCONNECT");
  EXPECT_TRUE(gone.contains("disconnectedSince"));
  EXPECT_FALSE(gone.contains("connectedSince"));
  EXPECT_FALSE(gone.contains("sourceIp"));
  emu.advance(std::chrono::minutes{30});
  EXPECT_EQ(emu.api("GetConnection", {{"clientId", "pump"}}).status, 404);
}

TEST_F(DataPlane, APersistentSessionIsKnownUntilItExpires) {  // DP-5, DP-6
  Device device = active_device("pump");
  connect(device, {.clean_session = false});
  device.subscribe({{"b", 1}, {"a/+", 0}});
  device.disconnect();
  emu.settle();
  emu.advance(std::chrono::minutes{31});
  const Json offline = connection_of("pump");
  EXPECT_EQ(offline.value("connected", true), false);
  EXPECT_EQ(offline.value("sessionExpiry", 0), 3600);
  EXPECT_FALSE(offline.contains("disconnectedSince"));
  EXPECT_EQ(emu.api("ListSubscriptions", {{"clientId", "pump"}})["subscriptions"],
            Json::parse(R"([{"topicFilter":"a/+","qos":0},{"topicFilter":"b","qos":1}])"));
  emu.advance(std::chrono::minutes{30});
  EXPECT_EQ(emu.api("GetConnection", {{"clientId", "pump"}}).status, 404);
  EXPECT_EQ(emu.api("ListSubscriptions", {{"clientId", "pump"}}).status, 404);
}

TEST_F(DataPlane, TheThingOfAConnectionIsNamed) {  // DP-5, P7.6
  Device device = active_device("pump");
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "pump"}}), IsOk());
  ASSERT_THAT(
      emu.api("AttachThingPrincipal",
              {{"thingName", "pump"}, {"principal", arn("cert/" + device.identity().certificate_id)}}),
      IsOk());
  connect(device);
  EXPECT_EQ(connection_of("pump").value("thingName", ""), "pump");
}

TEST_F(DataPlane, DeleteConnectionCutsAndPublishesTheWill) {  // DP-4, LE-4
  const Recorder wills = emu.record("wills");
  const Recorder events = emu.record("$aws/events/presence/disconnected/pump");
  Device device = active_device("pump");
  for (const bool prevent : {false, true}) {
    connect(device, {.will = WillOptions{.topic = "wills", .payload = "gone"}});
    ASSERT_THAT(emu.api("DeleteConnection", {{"clientId", "pump"}, {"preventWillMessage", prevent}}), IsOk());
    EXPECT_EQ(connection_of("pump").value("disconnectReason", ""), "API_INITIATED_DISCONNECT");
    EXPECT_EQ(device.wait_closed().ended, Outcome::Ended::close_notify);
  }
  EXPECT_EQ(wills.messages().size(), 1U);
  EXPECT_EQ(events.json().at(0).value("disconnectReason", ""), "API_INITIATED_DISCONNECT");
  EXPECT_EQ(emu.api("DeleteConnection", {{"clientId", "pump"}}).error, "ResourceNotFoundException");
}

TEST_F(DataPlane, DeleteConnectionEndsAnOfflineSessionWhenAsked) {  // DP-4, M3-49
  Device device = active_device("pump");
  connect(device, {.clean_session = false});
  device.disconnect();
  emu.settle();
  ASSERT_THAT(emu.api("DeleteConnection", {{"clientId", "pump"}}), IsOk());
  EXPECT_THAT(emu.api("ListSubscriptions", {{"clientId", "pump"}}), IsOk());
  ASSERT_THAT(emu.api("DeleteConnection", {{"clientId", "pump"}, {"cleanSession", true}}), IsOk());
  EXPECT_EQ(emu.api("ListSubscriptions", {{"clientId", "pump"}}).status, 404);
  EXPECT_EQ(emu.api("DeleteConnection", {{"clientId", "pump"}, {"cleanSession", true}}).status, 404);
}

TEST_F(DataPlane, BelongsToItsRealm) {  // M section 0: nothing crosses an account or a region
  Device device = active_device("pump");
  connect(device);
  device.subscribe("t");
  const RealmName other{.region = "eu-west-1"};
  ASSERT_THAT(emu.api("Publish", {{"topic", "t"}, {"payload", "x"}, {"retain", true}}, other), IsOk());
  EXPECT_THAT(device.messages(), IsEmpty());
  EXPECT_EQ(emu.api("GetRetainedMessage", {{"topic", "t"}}).status, 404);
  EXPECT_THAT(emu.api("GetRetainedMessage", {{"topic", "t"}}, other), IsOk());
  EXPECT_EQ(emu.api("GetConnection", {{"clientId", "pump"}}, other).status, 404);
}

}  // namespace
}  // namespace iotemu::tests
