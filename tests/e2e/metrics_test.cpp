// GET /metrics: what Prometheus reads of a running emulator.

#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"

namespace iotemu::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Metrics : public EmulatorTest {
 protected:
  [[nodiscard]] http::RawAnswer get(const std::string& headers = "Host: localhost\r\n") const {
    return http::RawClient{emu.api_port()}.ask("GET /metrics HTTP/1.1\r\n" + headers + "\r\n");
  }
  /// The value of one sample; nothing if it is not there.
  [[nodiscard]] std::optional<double> sample(const std::string& name) const {
    const auto body = get().body;
    const auto at = body.find("\n" + name + " ");
    if (at == body.npos) return std::nullopt;
    return std::stod(body.substr(at + name.size() + 2));
  }
};

TEST_F(Metrics, AreTextThatPrometheusReads) {
  const auto answer = get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_GT(sample("process_cpu_seconds_total").value_or(0), 0);
  EXPECT_GT(sample("process_resident_memory_bytes").value_or(0), 1e6);
  EXPECT_GT(sample("process_start_time_seconds").value_or(0), 1.7e9) << "in the machine's time";
}

TEST_F(Metrics, FollowADeviceThatComesInJustInTime) {
  const auto factory = emu.register_ca({.auto_registration = true});
  set_policy("all", {allow("iot:*", "*")});
  emu.on_certificate_registered([&](const CertificateRegistered& event) {
    attach_policy("all", event.certificate_id);
    set_status(event.certificate_id, "ACTIVE");
  });
  Device device{emu, factory.sign_device("sn-1")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.settle();
  EXPECT_EQ(sample("iotemu_refusals_total{cause=\"certificate_pending\"}"), 1);
  EXPECT_EQ(sample("iotemu_certificates_registered_total"), 1);
  EXPECT_EQ(sample("iotemu_handler_invocations_total{kind=\"callback\",outcome=\"ok\"}"), 1);
  EXPECT_EQ(sample("iotemu_handler_duration_seconds_count{kind=\"callback\"}"), 1);

  connect(device);
  EXPECT_EQ(sample("iotemu_connections"), 1);
  const auto before = sample("iotemu_messages_received_total").value_or(0);
  EXPECT_THAT(device.publish("a/b", "x", 1), Accepted());
  EXPECT_EQ(sample("iotemu_messages_received_total"), before + 1);
  device.disconnect();
  emu.settle();
  EXPECT_EQ(sample("iotemu_connections"), 0);
}

TEST_F(Metrics, CountATemplateThatLetsADeviceIn) {  // P5.1
  const Json body{
      {"Resources",
       {{"certificate",
         {{"Type", "AWS::IoT::Certificate"},
          {"Properties",
           {{"CertificateId", {{"Ref", "AWS::IoT::Certificate::Id"}}}, {"Status", "ACTIVE"}}}}}}}};
  const auto factory = emu.register_ca({.auto_registration = true});
  ASSERT_THAT(
      emu.api("UpdateCACertificate",
              {{"certificateId", factory.id()},
               {"registrationConfig",
                {{"templateBody", body.dump()}, {"roleArn", "arn:aws:iam::123456789012:role/JITPRole"}}}}),
      IsOk());
  EXPECT_EQ(sample("iotemu_provisions_total{by=\"just_in_time\"}"), 0);
  Device device{emu, factory.sign_device("sn-1")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "ACTIVE");
  EXPECT_EQ(sample("iotemu_provisions_total{by=\"just_in_time\"}"), 1);
  EXPECT_EQ(sample("iotemu_provisions_total{by=\"fleet\"}"), 0);
}

TEST_F(Metrics, CountRulesAndTheirActions) {
  ASSERT_THAT(
      emu.api(
          "CreateTopicRule",
          {{"ruleName", "copy"},
           {"topicRulePayload",
            {{"sql", "SELECT * FROM 'a/#'"},
             {"actions",
              {{{"republish", {{"topic", "copied"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}}}}}}}),
      IsOk());
  Device device = active_device("d");
  connect(device);
  EXPECT_THAT(device.publish("a/b", "{}", 1), Accepted());
  EXPECT_THAT(device.publish("b/b", "{}", 1), Accepted());
  emu.settle();
  EXPECT_EQ(sample("iotemu_rules_matched_total"), 1);
  EXPECT_EQ(sample("iotemu_rule_actions_total{action=\"republish\",outcome=\"delivered\"}"), 1);
  EXPECT_EQ(sample("iotemu_rule_actions_total{action=\"sqs\",outcome=\"failed\"}"), 0);
}

TEST_F(Metrics, CountRequestsByTheirOutcome) {
  http::RawClient client{emu.api_port()};
  EXPECT_EQ(client.ask("GET /policies HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_EQ(client.ask("GET /policies/none HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
  EXPECT_EQ(sample("iotemu_api_requests_total{outcome=\"ok\"}"), 1);
  EXPECT_EQ(sample("iotemu_api_requests_total{outcome=\"ResourceNotFoundException\"}"), 1);
}

TEST_F(Metrics, CountAHandlerThatThrowsAsAnError) {
  emu.on_certificate_registered([](const CertificateRegistered&) { throw std::runtime_error{"no"}; });
  const auto factory = emu.register_ca({.auto_registration = true});
  Device device{emu, factory.sign_device("sn-1")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.settle();
  EXPECT_EQ(sample("iotemu_handler_invocations_total{kind=\"callback\",outcome=\"error\"}"), 1);
  EXPECT_EQ(sample("iotemu_refusals_total{cause=\"handler_failed\"}"), 1);
}

TEST_F(Metrics, StandBehindTheListOfHosts) {
  const auto answer = get("Host: evil.example\r\n");
  EXPECT_EQ(answer.status, 421);
  EXPECT_THAT(answer.body, Not(HasSubstr("iotemu_")));
}

TEST_F(Metrics, AreNoPathOfASignedRequest) {
  const auto answer = get(
      "Host: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, "
      "SignedHeaders=host, Signature=00\r\n");
  EXPECT_THAT(answer.body, Not(HasSubstr("iotemu_"))) << "a bucket may have that name";
}

TEST_F(Metrics, AreOnlyRead) {
  const auto answer = http::RawClient{emu.api_port()}.ask(
      "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer.status, 405);
}

}  // namespace
}  // namespace iotemu::tests
