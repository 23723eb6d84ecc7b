#include "registry/provisioning/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/registry/provisioning/plan_json.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry::provisioning {
namespace {

std::string with_certificate(const std::string& properties) {
  return R"({"Resources": {"certificate": {"Type": "AWS::IoT::Certificate", "Properties": )" + properties +
         "}}}";
}

// P5.5: "The only form allowed in JITP and fleet templates": who asks for it must be able to tell.
TEST(Template, TellsHowItNamesTheCertificate) {
  const auto by_id = parse_template(with_certificate(R"({"CertificateId": "x"})"));
  const auto by_csr = parse_template(with_certificate(R"({"CertificateSigningRequest": "x"})"));
  const auto none = parse_template(
      R"({"Resources": {"p": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "CertificateId"}}}})");
  ASSERT_THAT(by_id, IsOk());
  ASSERT_THAT(by_csr, IsOk());
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(has_certificate(**by_id));
  EXPECT_TRUE(names_certificate_by_id(**by_id));
  EXPECT_TRUE(has_certificate(**by_csr));
  EXPECT_FALSE(names_certificate_by_id(**by_csr));
  EXPECT_FALSE(has_certificate(**none));
  EXPECT_FALSE(names_certificate_by_id(**none));
}

// P5.2: "≤10240 characters", not bytes.
TEST(Template, IsMeasuredInCharacters) {
  const std::string body =
      R"({"Description": "", "Resources": {"t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "t"}}}})";
  std::string umlauts;
  for (std::size_t i = 0; i < kMaxTemplateCharacters - body.size(); ++i) umlauts += "\xC3\xA4";
  std::string longest = body;
  longest.insert(body.find('"', 14) + 1, umlauts);
  EXPECT_GT(longest.size(), kMaxTemplateCharacters);
  EXPECT_THAT(parse_template(longest), IsOk());
  EXPECT_THAT(parse_template(longest + " "), FailsWith(Errc::invalid_request, "has 10241 characters"));
}

TEST(Template, OfManyBytesAndFewCharactersIsRefusedUnread) {
  EXPECT_THAT(parse_template(std::string(4 * kMaxTemplateCharacters + 1, '\x80')),
              FailsWith(Errc::invalid_request, "Invalid registration template. "));
}

TEST(Template, IsUtf8) {
  EXPECT_THAT(parse_template("{\"Resources\": \"\xFF\"}"),
              FailsWith(Errc::invalid_request, "Invalid registration template. JSON is not valid at byte"));
}

// The bound of P5.2 holds the number of values; what is read from the longest bodies takes no time to speak
// of.
TEST(Template, OfNothingButValuesIsReadAndRefused) {
  std::string references =
      R"({"Resources": {"t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Sub": ")";
  int next = 0;
  while (references.size() < kMaxTemplateCharacters - 20) references += "${" + std::to_string(next++) + "}";
  references += R"("}}}}})";
  const auto document = parse_template(references);
  ASSERT_THAT(document, IsOk());
  EXPECT_THAT(evaluate(**document, {}), FailsWith(Errc::invalid_request, "{Ref=0}"));
}

TEST(Template, MessagesStayShort) {
  const std::string name(5'000, 'n');
  const auto refused = parse_template(R"({"Resources": {")" + name + R"(": {"Type": ")" + name + R"("}}})");
  ASSERT_FALSE(refused.ok());
  EXPECT_LT(refused.error().message.size(), 500U);
}

TEST(Template, IsSharedByThreads) {
  const auto document = parse_template(
      R"({"Parameters": {"Sn": {"Type": "String"}}, "Resources": {)"
      R"("t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Sub": "dev-${Sn}"}}},)"
      R"("p": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": {"Fn::Join": ["", ["of-", {"Ref": "t"}]]}}}}})");
  ASSERT_THAT(document, IsOk());
  constexpr std::size_t kThreads = 4;
  constexpr int kDevices = 200;
  std::vector<int> wrong(kThreads, 0);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int device = 0; device < kDevices; ++device) {
        const std::string serial = std::to_string(thread) + "-" + std::to_string(device);
        const auto plan = evaluate(**document, {.parameters = {{"Sn", serial}}});
        if (!plan || plan->thing->name.text() != "dev-" + serial ||
            plan->policies.at(0).name.text() != "of-dev-" + serial) {
          ++wrong[thread];
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads, 0));
}

TEST(Template, GivesTheSamePlanEveryTime) {
  const auto document =
      parse_template(R"({"Resources": {"t": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": "t"},)"
                     R"( "OverrideSettings": {"ThingGroups": "MERGE"}}}})");
  ASSERT_THAT(document, IsOk());
  const auto first = evaluate(**document, {});
  const auto second = evaluate(**document, {});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(testing::plan_json(*first), testing::plan_json(*second));
}

}  // namespace
}  // namespace iotemu::registry::provisioning
