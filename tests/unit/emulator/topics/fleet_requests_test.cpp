// Fleet provisioning, the pure part: topics, payloads, rejections (P6.1–6.4) and hooks (P5.11).

#include "emulator/topics/fleet_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "emulator/topics/provisioning_hook.h"

namespace iotemu::topics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(FleetTopics, AreThreeInTwoFormats) {
  const auto keys = parse_fleet_topic("$aws/certificates/create/json");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->operation, FleetOperation::create_keys);
  EXPECT_EQ(keys->format, PayloadFormat::json);
  const auto csr = parse_fleet_topic("$aws/certificates/create-from-csr/cbor");
  ASSERT_TRUE(csr);
  EXPECT_EQ(csr->operation, FleetOperation::create_from_csr);
  EXPECT_EQ(csr->format, PayloadFormat::cbor);
  const auto provision = parse_fleet_topic("$aws/provisioning-templates/my-fleet/provision/json");
  ASSERT_TRUE(provision);
  EXPECT_EQ(provision->operation, FleetOperation::provision);
  EXPECT_EQ(provision->template_name, "my-fleet");
}

TEST(FleetTopics, NothingElseIsOne) {
  for (const char* topic :
       {"", "$aws", "$aws/certificates/", "$aws/certificates/create", "$aws/certificates/create/",
        "$aws/certificates/create/xml", "$aws/certificates/create/json/accepted",
        "$aws/certificates/delete/json", "aws/certificates/create/json",
        "$aws/provisioning-templates/provision/json", "$aws/provisioning-templates/a/b/provision/json",
        "$aws/provisioning-templates/a/provision", "$aws/provisioning-templates/a/provision/json/rejected",
        "$aws/provisioning-templates/aprovision/json"}) {
    EXPECT_FALSE(parse_fleet_topic(topic)) << topic;
  }
}

// P6.4, row by row.
TEST(Rejections, CarryTheCodesOfTheTable) {
  const std::vector<std::tuple<Rejection, int, std::string>> rows{
      {Rejection::token_empty, 400, "InvalidCertificateOwnershipToken"},
      {Rejection::token_invalid, 400, "InvalidCertificateOwnershipToken"},
      {Rejection::payload_invalid, 400, "InvalidPayload"},
      {Rejection::csr_invalid, 400, "InvalidCertificateSigningRequest"},
      {Rejection::template_missing, 404, "ResourceNotFound"},
      {Rejection::template_unusable, 403, "AccessDenied"},
      {Rejection::parameters_invalid, 400, "InvalidParameters"},
      {Rejection::denied, 403, "AccessDenied"},
      {Rejection::conflict, 409, "ResourceConflict"},
      {Rejection::throttled, 429, "Throttled"},
      {Rejection::internal, 500, "InternalError"},
  };
  for (const auto& [rejection, status, code] : rows) {
    EXPECT_EQ(rejection_payload({.rejection = rejection, .message = "why"}),
              (Json{{"statusCode", status}, {"errorCode", code}, {"errorMessage", "why"}}));
  }
}

TEST(Rejections, RepeatLittleAndNeverHalfACharacter) {
  std::string message(999, 'x');
  message += "\xc3\xbc and more";
  const Json payload = rejection_payload({.message = message, .detail = "for the log alone"});
  EXPECT_EQ(payload["errorMessage"], std::string(999, 'x'));
}

const FleetTopic kProvision{.operation = FleetOperation::provision, .format = PayloadFormat::json};

TEST(FleetPayloads, ProvisionRequestHoldsATokenAndStrings) {
  const auto read = read_provision(
      kProvision, R"({"certificateOwnershipToken":"t","parameters":{"a":"1","b":""},"more":1})");
  ASSERT_TRUE(std::holds_alternative<ProvisionRequest>(read));
  EXPECT_EQ(std::get<ProvisionRequest>(read).token, "t");
  EXPECT_THAT(std::get<ProvisionRequest>(read).parameters, ElementsAre(Pair("a", "1"), Pair("b", "")));
}

TEST(FleetPayloads, ProvisionRequestMayLackBoth) {
  for (const char* payload : {"{}", R"({"certificateOwnershipToken":null,"parameters":null})"}) {
    const auto read = read_provision(kProvision, payload);
    ASSERT_TRUE(std::holds_alternative<ProvisionRequest>(read)) << payload;
    EXPECT_THAT(std::get<ProvisionRequest>(read).token, IsEmpty());
  }
}

TEST(FleetPayloads, CborBytesAreNoText) {
  FleetTopic topic = kProvision;
  topic.format = PayloadFormat::cbor;
  const auto read = read_provision(
      topic, encode_payload(PayloadFormat::cbor, {{"certificateOwnershipToken", Json::binary({1, 2})}}));
  EXPECT_TRUE(std::holds_alternative<Rejected>(read));
}

TEST(ProvisioningHook, IsToldWhoAsksForWhat) {
  EXPECT_EQ(hook_event({.claim_certificate_id = "c1",
                        .certificate_id = "c2",
                        .certificate_pem = "PEM",
                        .template_arn = "arn",
                        .client_id = "device",
                        .parameters = {{"a", "1"}}}),
            R"({"claimCertificateId":"c1","certificateId":"c2","certificatePem":"PEM","templateArn":"arn",)"
            R"("clientId":"device","parameters":{"a":"1"}})");
  EXPECT_THAT(hook_event({}), HasSubstr(R"("parameters":{})"));
}

TEST(ProvisioningHook, YesMayBringOverrides) {
  EXPECT_THAT(*read_hook_answer(R"({"allowProvisioning":true})"), IsEmpty());
  EXPECT_THAT(*read_hook_answer(R"({"allowProvisioning":true,"parameterOverrides":null})"), IsEmpty());
  EXPECT_THAT(*read_hook_answer(R"({"allowProvisioning":true,"parameterOverrides":{"a":"1"}})"),
              ElementsAre(Pair("a", "1")));
}

TEST(ProvisioningHook, EverythingElseIsANoWithItsReason) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "no valid JSON"},
      {"yes", "no valid JSON"},
      {"true", "not a JSON object"},
      {"{}", "no allowProvisioning"},
      {R"({"allowProvisioning":1})", "not a boolean"},
      {R"({"allowProvisioning":false,"parameterOverrides":{"a":"1"}})", "allowProvisioning false"},
      {R"({"errorMessage":"boom","errorType":"Error"})", "it failed: boom"},
      {R"({"allowProvisioning":true,"parameterOverrides":["a"]})", "not an object"},
      {R"({"allowProvisioning":true,"parameterOverrides":{"a":true}})", "'a' is not a string"},
      {std::string(100'000, '['), "nested deeper"},
  };
  for (const auto& [text, reason] : cases) {
    const auto answer = read_hook_answer(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, Errc::access_denied);
    EXPECT_THAT(answer.error().message, HasSubstr(reason)) << text;
  }
}

}  // namespace
}  // namespace iotemu::topics
