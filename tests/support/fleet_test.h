#pragma once

// What the fleet provisioning tests share (P6): a template, a device with a claim, questions and answers in
// both formats.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cbor.h"
#include "tests/support/emulator_test.h"

namespace iotemu::tests {

inline const std::string kRole = "arn:aws:iam::123456789012:role/fleet";
inline const std::string kCreate = "$aws/certificates/create/";
inline const std::string kCreateFromCsr = "$aws/certificates/create-from-csr/";

inline std::string provision_topic(const std::string& template_name) {
  return "$aws/provisioning-templates/" + template_name + "/provision/";
}

/// A thing named after the parameter SerialNumber, a policy for everything, an ACTIVE certificate.
inline Json fleet_template() {
  return {
      {"Parameters",
       {{"SerialNumber", {{"Type", "String"}}}, {"AWS::IoT::Certificate::Id", {{"Type", "String"}}}}},
      {"Resources",
       {{"thing",
         {{"Type", "AWS::IoT::Thing"},
          {"Properties", {{"ThingName", {{"Fn::Join", {"", {"sensor-", {{"Ref", "SerialNumber"}}}}}}}}},
          {"OverrideSettings", {{"AttributePayload", "FAIL"}}}}},
        {"certificate",
         {{"Type", "AWS::IoT::Certificate"},
          {"Properties", {{"CertificateId", {{"Ref", "AWS::IoT::Certificate::Id"}}}, {"Status", "Active"}}}}},
        {"policy",
         {{"Type", "AWS::IoT::Policy"},
          {"Properties", {{"PolicyDocument", policy_document({allow("iot:*", "*")})}}}}}}}};
}

struct FleetAnswer {
  bool accepted{false};
  Json payload{};
  int qos{0};

  [[nodiscard]] int status() const { return payload.value("statusCode", 0); }
  [[nodiscard]] std::string code() const { return payload.value("errorCode", ""); }
  [[nodiscard]] std::string text(const char* member) const { return payload.value(member, ""); }
};

inline void PrintTo(const FleetAnswer& answer, std::ostream* out) {
  *out << (answer.accepted ? "accepted " : "rejected ") << to_text(answer.payload);
}

class FleetTest : public EmulatorTest {
 protected:
  explicit FleetTest(const Options& options = test_options()) : EmulatorTest{options} {}

  void create_template(const std::string& name, const Json& changes = Json::object(),
                       const Json& body = fleet_template()) {
    Json input{{"templateName", name},
               {"templateBody", body.dump()},
               {"enabled", true},
               {"provisioningRoleArn", kRole}};
    input.update(changes);
    ASSERT_THAT(emu.api("CreateProvisioningTemplate", input), IsOk());
  }

  /// With a hook that `function` plays.
  void create_template_with_hook(const std::string& name, const std::string& function) {
    create_template(name, {{"preProvisioningHook",
                            {{"targetArn", "arn:aws:lambda:us-east-1:123456789012:function:" + function}}}});
  }

  /// A connected device with the claim policy of P6.5, subscribed to every reply.
  Device claimant(const std::string& name, const std::string& template_name = "fleet") {
    const std::vector<std::string> topics{kCreate + "*", kCreateFromCsr + "*",
                                          provision_topic(template_name) + "*"};
    Json publish = Json::array();
    Json subscribe = Json::array();
    for (const std::string& topic : topics) {
      publish.push_back(arn("topic/" + topic));
      subscribe.push_back(arn("topicfilter/" + topic));
    }
    Device device =
        active_device(name, {allow("iot:Connect", "*"), allow({"iot:Publish", "iot:Receive"}, publish),
                             allow("iot:Subscribe", subscribe)});
    connect(device);
    subscribe_to_replies(device, template_name);
    return device;
  }

  static void subscribe_to_replies(Device& device, const std::string& template_name = "fleet", int qos = 1) {
    for (const std::string& topic : {kCreate, kCreateFromCsr, provision_topic(template_name)}) {
      ASSERT_THAT(device.subscribe(topic + "+/+", qos), Accepted());
    }
  }

  /// Publishes and hands over the one answer; nothing if there was none.
  static std::optional<FleetAnswer> ask(Device& device, const std::string& topic, const std::string& payload,
                                        int qos = 1) {
    EXPECT_THAT(device.publish(topic, payload, qos), Accepted());
    return answer(device, topic);
  }
  static std::optional<FleetAnswer> answer(Device& device, const std::string& topic) {
    const auto messages = device.messages();
    if (messages.empty()) return std::nullopt;
    EXPECT_EQ(messages.size(), 1U);
    const ReceivedMessage& message = messages.front();
    EXPECT_TRUE(message.topic == topic + "/accepted" || message.topic == topic + "/rejected")
        << message.topic;
    auto payload = topic.ends_with("/cbor") ? parse_cbor(message.payload) : parse_json(message.payload);
    EXPECT_TRUE(payload) << payload.error().message;
    return FleetAnswer{
        .accepted = message.topic.ends_with("/accepted"), .payload = *payload, .qos = message.qos};
  }

  /// The certificate of `$aws/certificates/create/json`.
  FleetAnswer create_certificate(Device& device) {
    auto created = ask(device, kCreate + "json", "");
    EXPECT_TRUE(created && created->accepted) << emu.explain(device);
    return created.value_or(FleetAnswer{});
  }

  static Json provision_request(const FleetAnswer& created, const std::string& serial = "0001") {
    return {{"certificateOwnershipToken", created.text("certificateOwnershipToken")},
            {"parameters", {{"SerialNumber", serial}}}};
  }
  FleetAnswer provision(Device& device, const Json& request, const std::string& template_name = "fleet") {
    auto answered = ask(device, provision_topic(template_name) + "json", request.dump());
    EXPECT_TRUE(answered) << "no answer";
    return answered.value_or(FleetAnswer{});
  }

  /// The device that an answer makes, once it is provisioned.
  Device device_of(const FleetAnswer& created, const std::string& private_key_pem = {}) {
    return Device{
        emu,
        {.certificate_id = created.text("certificateId"),
         .certificate_pem = created.text("certificatePem"),
         .private_key_pem = private_key_pem.empty() ? created.text("privateKey") : private_key_pem}};
  }
};

MATCHER_P2(RejectedWith, status, code,
           "is rejected with " + std::to_string(status) + " " + std::string{code}) {
  return !arg.accepted && arg.status() == status && arg.code() == code && !arg.text("errorMessage").empty();
}
MATCHER(IsAccepted, negation ? "is rejected" : "is accepted") {
  return arg.accepted;
}

}  // namespace iotemu::tests
