// TestAuthorization says what the door does (P7.9): for the same policies, things and groups both are asked
// everything, and every answer must agree.

#include <algorithm>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::HasSubstr;

class TestAuthorization : public EmulatorTest {
 protected:
  void ok(const std::string& operation, const Json& input) { ASSERT_THAT(emu.api(operation, input), IsOk()); }

  /// Device `name` with a thing of that name in group `hall` below `plant`.
  Device device_of(const std::string& name) {
    DeviceIdentity identity = known_ca().sign_device(
        {.common_name = name, .serial_number = "serial-" + name, .organization = "Pumps"});
    register_certificate(identity, "ACTIVE");
    principal = arn("cert/" + identity.certificate_id);
    ok("CreateThing", {{"thingName", name}, {"attributePayload", {{"attributes", {{"site", "north"}}}}}});
    ok("AttachThingPrincipal", {{"thingName", name}, {"principal", principal}});
    ok("AddThingToThingGroup", {{"thingGroupName", "hall"}, {"thingName", name}});
    return Device{emu, std::move(identity)};
  }

  void groups() {
    ok("CreateThingGroup", {{"thingGroupName", "plant"}});
    ok("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
  }

  Json ask(const std::string& client_id, const std::string& action, const std::string& resource) {
    const ApiResult answer = emu.api(
        "TestAuthorization", {{"principal", principal},
                              {"clientId", client_id},
                              {"authInfos", {{{"actionType", action}, {"resources", {arn(resource)}}}}}});
    EXPECT_THAT(answer, IsOk());
    return answer ? answer["authResults"][0] : Json::object();
  }
  bool allowed(const std::string& client_id, const std::string& action, const std::string& resource) {
    return ask(client_id, action, resource).value("authDecision", "") == "ALLOWED";
  }

  /// Not what the device itself has published before.
  static bool hears_news(Device& device) {
    const auto heard = payloads(device.messages());
    return std::find(heard.begin(), heard.end(), "news") != heard.end();
  }

  std::string principal;
};

/// One layer of rights and where it hangs.
struct Layer {
  std::string name;
  std::string target;  // "" the certificate, else a group
  Json statements;
};

const std::vector<Layer>& layers() {
  static const std::string own = arn("topic/own/${iot:ClientId}");
  static const std::vector<Layer> all{
      {"connect", "", {allow("iot:Connect", arn("client/${iot:Connection.Thing.ThingName}"))}},
      {"anyone", "", {allow("iot:Connect", "*")}},
      {"own",
       "",
       {allow(Json{"iot:Publish", "iot:Receive"}, own), allow("iot:Subscribe", arn("topicfilter/own/*"))}},
      {"site",
       "hall",
       {allow("iot:*", arn("topic/${iot:Connection.Thing.Attributes[site]}/*")),
        allow("iot:Subscribe", arn("topicfilter/${iot:Connection.Thing.Attributes[site]}/*"))}},
      {"closed", "plant", {deny("iot:Publish", arn("topic/north/closed"))}},
      {"quiet", "", {deny("iot:Receive", arn("topic/own/${iot:Connection.Thing.ThingName}"))}},
      {"organization",
       "",
       {Json{{"Effect", "Allow"},
             {"Action", Json{"iot:Publish", "iot:Subscribe", "iot:Receive"}},
             {"Resource", "*"},
             {"Condition",
              {{"StringEquals", {{"iot:Certificate.Subject.Organization", "Pumps"}}},
               {"Bool", {{"iot:Connection.Thing.IsAttached", "true"}}}}}}}},
  };
  return all;
}

TEST_F(TestAuthorization, AgreesWithTheDoorForEveryMixOfPolicies) {
  groups();
  Device device = device_of("pump");
  const std::vector<std::string> topics{"own/pump", "own/other", "north/open", "north/closed", "south/open"};
  for (const auto& layer : layers()) set_policy(layer.name, layer.statements);
  const auto target = [&](const Layer& layer) {
    return layer.target.empty() ? principal : arn("thinggroup/" + layer.target);
  };

  for (unsigned mix = 0; mix < 1U << layers().size(); mix += 3) {  // a sample: each layer on and off
    SCOPED_TRACE("mix " + std::to_string(mix));
    for (std::size_t at = 0; at < layers().size(); ++at) {
      const bool attached = (mix >> at & 1U) != 0;
      ok(attached ? "AttachPolicy" : "DetachPolicy",
         {{"policyName", layers()[at].name}, {"target", target(layers()[at])}});
    }
    for (const std::string client_id : {"pump", "other"}) {
      SCOPED_TRACE("client id " + client_id);
      const bool connects = device.connect({.client_id = client_id}).accepted;
      ASSERT_EQ(connects, allowed(client_id, "CONNECT", "client/" + client_id));
      if (!connects) continue;
      for (const auto& topic : topics) {
        SCOPED_TRACE(topic);
        if (!device.is_connected()) connect(device, {.client_id = client_id});
        const bool subscribes = device.subscribe(topic).accepted;
        EXPECT_EQ(subscribes, allowed(client_id, "SUBSCRIBE", "topicfilter/" + topic));
        if (!device.is_connected()) connect(device, {.client_id = client_id});
        if (subscribes) {
          emu.publish(topic, "news");
          EXPECT_EQ(hears_news(device), allowed(client_id, "RECEIVE", "topic/" + topic));
        }
        EXPECT_EQ(device.publish(topic, "x", 1).accepted, allowed(client_id, "PUBLISH", "topic/" + topic));
      }
    }
  }
}

TEST_F(TestAuthorization, TellsWhichPolicyDecidedAndWhatItDoesNotKnow) {
  groups();
  const Device device = device_of("pump");
  for (const auto& layer : layers()) {
    set_policy(layer.name, layer.statements);
    ok("AttachPolicy", {{"policyName", layer.name},
                        {"target", layer.target.empty() ? principal : arn("thinggroup/" + layer.target)}});
  }
  const Json denied = ask("pump", "PUBLISH", "topic/north/closed");
  EXPECT_EQ(denied["authDecision"], "EXPLICIT_DENY");
  EXPECT_EQ(denied["denied"]["explicitDeny"]["policies"],
            Json({{{"policyName", "closed"}, {"policyArn", arn("policy/closed")}}}));
  EXPECT_EQ(denied["missingContextValues"], Json::array());

  const Json stranger = ask("other", "PUBLISH", "topic/north/open");
  EXPECT_EQ(stranger["authDecision"], "IMPLICIT_DENY") << stranger;
  const ApiResult nameless =
      emu.api("TestAuthorization",
              {{"principal", principal}, {"authInfos", {{{"resources", {arn("topic/own/pump")}}}}}});
  ASSERT_THAT(nameless, IsOk());
  EXPECT_THAT(nameless["authResults"][0]["missingContextValues"].dump(), HasSubstr("iot:ClientId"));
}

}  // namespace
}  // namespace iotemu::tests
