#include "emulator/topics/lifecycle.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/json.h"
#include "base/manual_clock.h"
#include "emulator/topics/connection_log.h"

namespace iotemu::topics {
namespace {

using mqtt::CloseReason;
using mqtt::ConnectionFacts;
using std::chrono::minutes;

class LifecycleEvents : public ::testing::Test {
 protected:
  [[nodiscard]] ConnectionFacts facts(std::uint64_t connection_id = 1) const {
    return {.client_id = "pump",
            .principal = "cert",
            .session_id = "a4666d2a-7d84-4ae4-ac5d-7b38c9cb7967",
            .connection_id = connection_id,
            .address = "192.0.2.7"};
  }

  Json last() const { return Json::parse(published.back().second); }

  ManualClock clock;
  std::optional<std::string> exclusive_thing;
  std::vector<std::pair<std::string, std::string>> published;
  Lifecycle lifecycle{
      clock,
      {.publish = [this](std::string topic, std::string payload) { published.emplace_back(topic, payload); },
       .exclusive_thing = [this](const std::string&) { return exclusive_thing; }}};
};

// LE-2: the members in AWS's order.
TEST_F(LifecycleEvents, ConnectedHasTheDocumentedMembers) {
  lifecycle.connected(facts());
  ASSERT_EQ(published.size(), 1U);
  EXPECT_EQ(published[0].first, "$aws/events/presence/connected/pump");
  EXPECT_EQ(published[0].second,
            R"({"clientId":"pump","timestamp":1767225600000,"eventType":"connected",)"
            R"("sessionIdentifier":"a4666d2a-7d84-4ae4-ac5d-7b38c9cb7967","principalIdentifier":"cert",)"
            R"("ipAddress":"192.0.2.7","versionNumber":0})");
}

// LE-3, LE-4.
TEST_F(LifecycleEvents, DisconnectedSaysWhoAndWhyAndNotWhere) {
  lifecycle.connected(facts());
  lifecycle.disconnected(facts(), CloseReason::connection_lost);
  EXPECT_EQ(published.back().first, "$aws/events/presence/disconnected/pump");
  EXPECT_EQ(last()["clientInitiatedDisconnect"], false);
  EXPECT_EQ(last()["disconnectReason"], "CONNECTION_LOST");
  EXPECT_EQ(last()["versionNumber"], 0);
  EXPECT_FALSE(last().contains("ipAddress"));
}

// LE-4.
TEST_F(LifecycleEvents, OnlyTheClientsOwnDisconnectIsClientInitiated) {
  lifecycle.disconnected(facts(), CloseReason::client_disconnect);
  EXPECT_EQ(last()["clientInitiatedDisconnect"], true);
  EXPECT_EQ(last()["disconnectReason"], "CLIENT_INITIATED_DISCONNECT");
  EXPECT_EQ(disconnect_reason(CloseReason::taken_over), "DUPLICATE_CLIENTID");
  EXPECT_EQ(disconnect_reason(CloseReason::authorization_lost), "AUTH_ERROR");
  EXPECT_EQ(disconnect_reason(CloseReason::api), "API_INITIATED_DISCONNECT");
  EXPECT_EQ(disconnect_reason(CloseReason::keep_alive_timeout), "MQTT_KEEP_ALIVE_TIMEOUT");
}

// LE-5: equal within a pair, also when a take-over tells the new one first.
TEST_F(LifecycleEvents, VersionNumberBelongsToTheConnectionAlsoDuringATakeover) {
  lifecycle.connected(facts(1));
  lifecycle.connected(facts(2));
  EXPECT_EQ(last()["versionNumber"], 1);
  lifecycle.disconnected(facts(1), CloseReason::taken_over);
  EXPECT_EQ(last()["versionNumber"], 0);
  lifecycle.disconnected(facts(2), CloseReason::client_disconnect);
  EXPECT_EQ(last()["versionNumber"], 1);
}

TEST_F(LifecycleEvents, VersionNumberStartsAnewAfterAnHourWithoutConnection) {
  lifecycle.connected(facts(1));
  lifecycle.disconnected(facts(1), CloseReason::client_disconnect);
  clock.advance(minutes{59});
  lifecycle.connected(facts(2));
  EXPECT_EQ(last()["versionNumber"], 1);
  clock.advance(minutes{120});
  lifecycle.disconnected(facts(2), CloseReason::client_disconnect);
  clock.advance(minutes{60});
  lifecycle.connected(facts(3));
  EXPECT_EQ(last()["versionNumber"], 0);
}

// LE-6.
TEST_F(LifecycleEvents, ExclusiveThingStandsAfterTheClientId) {
  exclusive_thing = "station";
  lifecycle.connect_failed(
      {.client_id = "pump", .principal = "cert", .session_id = "s", .address = "192.0.2.7"});
  EXPECT_EQ(published.back().first, "$aws/events/presence/connect_failed/pump");
  EXPECT_EQ(
      published.back().second,
      R"({"clientId":"pump","thingName":"station","timestamp":1767225600000,"eventType":"connect_failed",)"
      R"("connectFailureReason":"AUTHORIZATION_FAILED","principalIdentifier":"cert","sessionIdentifier":"s",)"
      R"("ipAddress":"192.0.2.7"})");
}

// LE-8: one event a packet; nothing granted, nothing told.
TEST_F(LifecycleEvents, SubscribedListsTheFilters) {
  const std::vector<std::string> filters{"a/b", "c/+"};
  lifecycle.subscribed(facts(), filters);
  EXPECT_EQ(last()["topics"], Json({"a/b", "c/+"}));
  lifecycle.subscribed(facts(), {});
  EXPECT_EQ(published.size(), 1U);
}

// LE-1, M3-13.
TEST_F(LifecycleEvents, ClientIdWithAWildcardIsNeverTold) {
  ConnectionFacts silent = facts();
  silent.client_id = "a/#";
  lifecycle.connected(silent);
  lifecycle.disconnected(silent, CloseReason::client_disconnect);
  EXPECT_TRUE(published.empty());
}

TEST(ConnectionLog, ForgetsTheOldestOfTooManyThatHaveEnded) {  // DP-5
  ManualClock clock;
  ConnectionLog log{clock, {}, 2};
  const auto client = [](std::string id, std::uint64_t connection) {
    return ConnectionFacts{.client_id = std::move(id), .connection_id = connection};
  };
  std::uint64_t number = 0;
  for (const char* id : {"a", "b", "c", "d"}) log.connected(client(id, ++number));
  log.disconnected(client("a", 1), CloseReason::connection_lost);
  log.disconnected(client("b", 2), CloseReason::connection_lost);
  log.connected(client("a", 5));
  log.disconnected(client("c", 3), CloseReason::connection_lost);
  EXPECT_TRUE(log.find("b"));
  log.disconnected(client("a", 5), CloseReason::connection_lost);
  EXPECT_FALSE(log.find("b"));
  for (const char* id : {"a", "c", "d"}) EXPECT_TRUE(log.find(id)) << id;
  clock.advance(minutes{31});
  log.connected(client("e", 6));  // sweeps
  log.disconnected(client("d", 4), CloseReason::connection_lost);
  log.disconnected(client("e", 6), CloseReason::connection_lost);
  EXPECT_FALSE(log.find("a"));
  EXPECT_TRUE(log.find("d"));
  EXPECT_TRUE(log.find("e"));
}

}  // namespace
}  // namespace iotemu::topics
