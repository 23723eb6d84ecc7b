// Policies over the wire (P7): what they allow, when they are asked, and what a refusal looks like to the
// client.

#include <array>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json allow_if(const Json& action, const Json& resource, const Json& condition) {
  Json statement = allow(action, resource);
  statement["Condition"] = condition;
  return statement;
}

class PolicyTest : public EmulatorTest {
 protected:
  bool connects(Device& device, bool persistent, bool will, const std::string& will_topic = "my/lw") {
    ConnectOptions options{.clean_session = !persistent};
    if (will) options.will = WillOptions{.topic = will_topic, .payload = "gone"};
    const bool accepted = device.connect(options).accepted;
    device.disconnect();
    return accepted;
  }
};

// P7.8, M3-39: both qualities of service are closed, and nothing is delivered.
TEST_F(PolicyTest, DeniedPublishClosesTheConnectionWithoutPuback) {
  Device watcher = active_device("watcher");
  connect(watcher);
  ASSERT_THAT(watcher.subscribe("#"), Accepted());
  Device device =
      active_device("pump", {allow("iot:Connect", "*"), allow("iot:Publish", arn("topic/mine/*"))});
  for (const int qos : {0, 1}) {
    connect(device);
    EXPECT_THAT(device.publish("mine/a", "yes", qos), Accepted());
    const Outcome denied = device.publish("theirs/a", "no", qos);
    EXPECT_THAT(denied, RefusedBecause(Refusal::publish_denied));
    EXPECT_EQ(denied.ended, Outcome::Ended::close_notify);
    EXPECT_THAT(denied.text, HasSubstr("topic/mine/*"))
        << "the explanation names the statement that came nearest";
  }
  EXPECT_THAT(payloads(watcher.messages()), ElementsAre("yes", "yes"));
}

// P7.8, M3-30: one denied filter closes the connection; no SUBACK.
TEST_F(PolicyTest, DeniedFilterClosesTheConnectionWithoutSuback) {
  Device device =
      active_device("pump", {allow("iot:Connect", "*"), allow("iot:Subscribe", arn("topicfilter/mine/#"))});
  connect(device);
  EXPECT_THAT(device.subscribe("mine/#"), Accepted())
      << "# in a policy is the literal # of the filter (P7.5)";
  const Outcome denied = device.subscribe({{"mine/#", 0}, {"mine/a", 0}});
  EXPECT_THAT(denied, RefusedBecause(Refusal::subscribe_denied));
  EXPECT_THAT(denied.suback, IsEmpty());
}

// M3-34: asked at delivery, so a change acts on subscriptions that exist.
TEST_F(PolicyTest, ReceiveIsAskedAtDeliveryAndAPolicyChangeActsOnALiveConnection) {
  const Json base{allow({"iot:Connect", "iot:Subscribe"}, "*")};
  Device device = active_device("pump", base);
  connect(device);
  ASSERT_THAT(device.subscribe("news/#", 1), Accepted());

  emu.publish("news/one", "unseen", 1);
  EXPECT_THAT(device.messages(), IsEmpty());

  set_policy("policy-of-pump", {base[0], allow("iot:Receive", arn("topic/news/*"))});
  emu.publish("news/one", "seen", 1);
  EXPECT_THAT(payloads(device.messages()), ElementsAre("seen"));

  set_policy("policy-of-pump",
             {base[0], allow("iot:Receive", "*"), deny("iot:Receive", arn("topic/news/one"))});
  emu.publish("news/one", "denied", 1);
  emu.publish("news/two", "other", 1);
  EXPECT_THAT(payloads(device.messages()), ElementsAre("other"));
  EXPECT_THAT(emu.explain("pump"), HasSubstr("receive_denied"));
}

// P3.8, P7.8: detaching does not disconnect; the next action feels it.
TEST_F(PolicyTest, DetachingThePolicyIsFeltByTheNextAction) {
  Device device = active_device("pump");
  connect(device);
  ASSERT_THAT(device.publish("t", "1", 1), Accepted());
  ASSERT_THAT(emu.api("DetachPolicy", {{"policyName", "policy-of-pump"},
                                       {"target", arn("cert/" + device.identity().certificate_id)}}),
              IsOk());
  EXPECT_THAT(device.ping(), Accepted());
  EXPECT_THAT(device.publish("t", "2", 1), RefusedBecause(Refusal::publish_denied));
}

// P7.4: retain needs its own permission.
TEST_F(PolicyTest, RetainingNeedsRetainPublish) {
  Device device = active_device("pump", {allow({"iot:Connect", "iot:Publish"}, "*")});
  connect(device);
  EXPECT_THAT(device.publish("t", "1", 1), Accepted());
  const Outcome denied = device.publish("t", "1", 1, true);
  EXPECT_THAT(denied, RefusedBecause(Refusal::publish_denied));
  EXPECT_THAT(denied.text, HasSubstr("iot:RetainPublish"));
}

// P7.5: the subject of the certificate and the client id fill the policy.
TEST_F(PolicyTest, CertificateAndClientVariablesAreFilledIn) {
  DeviceIdentity identity =
      known_ca().sign_device({.common_name = "pump", .serial_number = "sn-7", .organization = "Acme"});
  register_certificate(identity, "ACTIVE");
  set_policy("by-subject",
             {allow("iot:Connect", arn("client/${iot:Certificate.Subject.SerialNumber}")),
              allow("iot:Publish", arn("topic/${iot:Certificate.Subject.Organization}/${iot:ClientId}"))});
  attach_policy("by-subject", identity.certificate_id);
  Device device{emu, identity};
  EXPECT_THAT(device.connect({.client_id = "sn-8"}), RefusedBecause(Refusal::connect_denied));
  EXPECT_THAT(device.connect({.client_id = "sn-7"}), Accepted());
  EXPECT_THAT(device.publish("Acme/sn-7", "", 1), Accepted());
  EXPECT_THAT(device.publish("Other/sn-7", "", 1), RefusedBecause(Refusal::publish_denied));
}

// P7.6: the thing belongs to the connection if its name is the client id.
TEST_F(PolicyTest, ThingVariablesNeedAnAttachedThingNamedAsTheClientId) {
  Device device = active_device(
      "pump", {allow_if("iot:Connect", "*", {{"Bool", {{"iot:Connection.Thing.IsAttached", "true"}}}}),
               allow("iot:Publish", arn("topic/${iot:Connection.Thing.Attributes[site]}/state"))});
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::connect_denied));
  ASSERT_THAT(emu.api("CreateThing",
                      {{"thingName", "pump"}, {"attributePayload", {{"attributes", {{"site", "north"}}}}}}),
              IsOk());
  ASSERT_THAT(
      emu.api("AttachThingPrincipal",
              {{"thingName", "pump"}, {"principal", arn("cert/" + device.identity().certificate_id)}}),
      IsOk());
  EXPECT_THAT(device.connect({.client_id = "not-the-thing"}), RefusedBecause(Refusal::connect_denied));
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_THAT(device.publish("north/state", "", 1), Accepted());
  EXPECT_THAT(device.publish("south/state", "", 1), RefusedBecause(Refusal::publish_denied));
}

// P7.6: an exclusive thing binds whatever the client id.
TEST_F(PolicyTest, ExclusiveThingBelongsToEveryConnectionOfItsCertificate) {
  Device device = active_device(
      "pump",
      {allow("iot:Connect", "*"), allow("iot:Publish", arn("topic/${iot:Connection.Thing.ThingName}"))});
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "station"}}), IsOk());
  ASSERT_THAT(emu.api("AttachThingPrincipal", {{"thingName", "station"},
                                               {"principal", arn("cert/" + device.identity().certificate_id)},
                                               {"thingPrincipalType", "EXCLUSIVE_THING"}}),
              IsOk());
  const Recorder presence = emu.record("$aws/events/presence/connected/+");
  ASSERT_THAT(device.connect({.client_id = "anything"}), Accepted());
  EXPECT_THAT(device.publish("station", "", 1), Accepted());
  ASSERT_EQ(presence.json().size(), 1U);
  EXPECT_EQ(presence.json()[0]["thingName"], "station") << "LE-6";
}

// P7.7, the guide's Connect matrix, a few rows over the wire.
TEST_F(PolicyTest, ConnectMatrixHolds) {
  const Json publish = allow({"iot:Publish", "iot:RetainPublish"}, "*");
  const auto expect_row = [this](const std::string& name, const Json& condition,
                                 std::array<bool, 4> expected) {
    Device device = active_device(
        name, {allow_if("iot:Connect", "*", condition), allow({"iot:Publish", "iot:RetainPublish"}, "*")});
    EXPECT_EQ(connects(device, false, false), expected[0]) << name << ": none";
    EXPECT_EQ(connects(device, true, false), expected[1]) << name << ": persistent";
    EXPECT_EQ(connects(device, false, true), expected[2]) << name << ": will";
    EXPECT_EQ(connects(device, true, true), expected[3]) << name << ": persistent and will";
  };
  const auto attributes = [](const Json& values) { return Json{{"iot:ConnectAttributes", values}}; };
  expect_row("all-of-p", {{"ForAllValues:StringEquals", attributes({"PersistentConnect"})}},
             {true, true, false, false});
  expect_row("all-not-p", {{"ForAllValues:StringNotEquals", attributes({"PersistentConnect"})}},
             {true, false, true, false});
  expect_row("any-of-p", {{"ForAnyValue:StringEquals", attributes({"PersistentConnect"})}},
             {false, true, false, true});
  expect_row("plain-l", {{"StringEquals", attributes({"LastWill"})}}, {true, false, true, false});
  expect_row("will-topic", {{"ArnEquals", {{"iot:LastWillTopic", arn("topic/my/lw")}}}},
             {false, false, true, true});

  Device other = active_device(
      "other-will",
      {allow_if("iot:Connect", "*", {{"ArnEquals", {{"iot:LastWillTopic", arn("topic/my/lw")}}}}), publish});
  EXPECT_FALSE(connects(other, false, true, "another/topic"));
}

// M3-11, M3-60, LE-7: a will that may not be published refuses the connection and says so.
TEST_F(PolicyTest, WillThatMayNotBePublishedRefusesTheConnectionAndEmitsConnectFailed) {
  Device device =
      active_device("pump", {allow("iot:Connect", "*"), allow("iot:Publish", arn("topic/wills/*"))});
  const Recorder failures = emu.record("$aws/events/presence/connect_failed/+");
  EXPECT_THAT(device.connect({.will = WillOptions{.topic = "other/pump"}}),
              RefusedBecause(Refusal::will_denied));
  EXPECT_THAT(device.connect({.will = WillOptions{.topic = "wills/pump", .retain = true}}),
              RefusedBecause(Refusal::will_denied));
  EXPECT_FALSE(device.connect({.will = WillOptions{.topic = "$aws/rules/x"}}).accepted);
  EXPECT_THAT(device.connect({.will = WillOptions{.topic = "wills/pump"}}), Accepted());
  const auto events = failures.json();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["connectFailureReason"], "AUTHORIZATION_FAILED");
  EXPECT_EQ(events[0]["eventType"], "connect_failed");
  EXPECT_EQ(events[0]["clientId"], "pump");
  EXPECT_EQ(events[0]["principalIdentifier"], device.identity().certificate_id);
  EXPECT_EQ(events[0]["ipAddress"], "127.0.0.1");
  EXPECT_EQ(events[0]["sessionIdentifier"].get<std::string>().size(), 36U);
}

TEST(PolicySwitches, Suback80AnswersTheDeniedFilterAndKeepsTheConnection) {
  Options options = test_options();
  options.switches.v3_subscribe_refusal = Switches::SubscribeRefusal::suback80;
  options.switches.denied_publish = Switches::DeniedPublish::drop_ack;
  Emulator emu{options};
  const DeviceIdentity identity = emu.make_ca().sign_device("pump");
  emu.api("RegisterCertificateWithoutCA",
          {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}});
  emu.api("CreatePolicy",
          {{"policyName", "p"},
           {"policyDocument",
            policy_document({allow("iot:Connect", "*"), allow({"iot:Subscribe", "iot:Receive"},
                                                              {arn("topicfilter/a"), arn("topic/*")})})}});
  emu.api("AttachPolicy", {{"policyName", "p"}, {"target", arn("cert/" + identity.certificate_id)}});
  Device device{emu, identity};
  connect(device);
  EXPECT_THAT(device.subscribe({{"a", 1}, {"b", 1}}).suback, ElementsAre(1, 0x80));
  EXPECT_THAT(device.publish("a", "dropped", 1), Accepted()) << "acknowledged, and delivered to nobody";
  EXPECT_THAT(device.messages(), IsEmpty());
}

}  // namespace
}  // namespace iotemu::tests
