// Presence and subscription events on the wire (LE-1…8).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LifecycleTest : public EmulatorTest {};

// LE-1…5: the pair shares its session and its version number.
TEST_F(LifecycleTest, ConnectAndDisconnectAreTold) {
  Device device = active_device("pump");
  const Recorder connected = emu.record("$aws/events/presence/connected/pump");
  const Recorder disconnected = emu.record("$aws/events/presence/disconnected/pump");
  connect(device);
  device.disconnect();
  connect(device);
  device.drop();

  const auto came = connected.json();
  ASSERT_THAT(came, SizeIs(2));
  EXPECT_EQ(came[0]["clientId"], "pump");
  EXPECT_EQ(came[0]["eventType"], "connected");
  EXPECT_EQ(came[0]["timestamp"], 1'767'225'600'000);
  EXPECT_EQ(came[0]["principalIdentifier"], device.identity().certificate_id);
  EXPECT_EQ(came[0]["ipAddress"], "127.0.0.1");
  EXPECT_EQ(came[0]["versionNumber"], 0);
  EXPECT_EQ(came[1]["versionNumber"], 1);
  EXPECT_FALSE(came[0].contains("thingName"));

  // The end of the second connection reaches the server through the kernel: wait for its own connection to
  // end.
  Device probe = active_device("probe");
  for (int tries = 0; tries < 1000 && disconnected.messages().size() < 2; ++tries) {
    connect(probe);
    probe.disconnect();
  }
  const auto went = disconnected.json();
  ASSERT_THAT(went, SizeIs(2));
  EXPECT_EQ(went[0]["disconnectReason"], "CLIENT_INITIATED_DISCONNECT");
  EXPECT_EQ(went[0]["clientInitiatedDisconnect"], true);
  EXPECT_EQ(went[0]["sessionIdentifier"], came[0]["sessionIdentifier"]);
  EXPECT_EQ(went[0]["versionNumber"], 0);
  EXPECT_FALSE(went[0].contains("ipAddress"));
  EXPECT_EQ(went[1]["disconnectReason"], "CONNECTION_LOST");
  EXPECT_EQ(went[1]["clientInitiatedDisconnect"], false);
  EXPECT_EQ(went[1]["versionNumber"], 1);
}

// LE-8.
TEST_F(LifecycleTest, SubscriptionsAreToldPacketByPacket) {
  Device device = active_device("pump");
  const Recorder events = emu.record("$aws/events/subscriptions/#");
  connect(device);
  ASSERT_THAT(device.subscribe({{"a/b", 0}, {"c/+", 1}}), Accepted());
  ASSERT_THAT(device.unsubscribe({"a/b"}), Accepted());
  device.disconnect();
  const auto messages = events.messages();
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].topic, "$aws/events/subscriptions/subscribed/pump");
  EXPECT_EQ(messages[1].topic, "$aws/events/subscriptions/unsubscribed/pump");
  const auto json = events.json();
  EXPECT_EQ(json[0]["topics"], Json({"a/b", "c/+"}));
  EXPECT_EQ(json[0]["eventType"], "subscribed");
  EXPECT_EQ(json[1]["topics"], Json({"a/b"}));
}

// M3-13, LE-1.
TEST_F(LifecycleTest, ClientIdsWithWildcardsConnectInSilence) {
  Device device = active_device("pump");
  const Recorder events = emu.record("$aws/events/#");
  EXPECT_THAT(device.connect({.client_id = "a+b"}), Accepted());
  EXPECT_THAT(device.connect({.client_id = "a#"}), Accepted());
  EXPECT_THAT(events.messages(), IsEmpty());
}

// P3.8: certificate refusals are no presence events.
TEST_F(LifecycleTest, CertificateRefusalTellsNothing) {
  Device device{emu, emu.make_ca().sign_device("stranger")};
  const Recorder events = emu.record("$aws/events/#");
  device.connect();
  EXPECT_THAT(events.messages(), IsEmpty());
}

// A denied action closes the connection as AUTH_ERROR (P7.8).
TEST_F(LifecycleTest, DeniedPublishDisconnectsAsAuthError) {
  Device device = active_device("pump", {allow("iot:Connect", "*")});
  const Recorder events = emu.record("$aws/events/presence/disconnected/+");
  connect(device);
  device.publish("t", "x");
  ASSERT_THAT(events.json(), SizeIs(1));
  EXPECT_EQ(events.json()[0]["disconnectReason"], "AUTH_ERROR");
}

}  // namespace
}  // namespace iotemu::tests
