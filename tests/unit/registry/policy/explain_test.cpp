#include "registry/policy/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "registry/policy/resource.h"

namespace iotemu::registry::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outcome = StatementReport::Outcome;

class Explain : public ::testing::Test {
 protected:
  void policy(const std::string& name, const std::string& statements) {
    auto document = parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}");
    ASSERT_TRUE(document.ok()) << document.error().message;
    policies.push_back({.name = name, .document = *std::move(document)});
  }
  Explanation explained(Action action, std::string_view resource) {
    return explain(policies, {action, resource, context});
  }

  std::vector<NamedDocument> policies{};
  Context context{};
  ResourceNames resources{Realm{}};
};

TEST_F(Explain, ReportsEveryStatementInOrder) {
  context.client_id = "sn-1";
  policy("Devices", R"({"Effect":"Allow","Action":"iot:Connect","Resource":"*"},
    {"Sid":"Own","Effect":"Allow","Action":"iot:Publish",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topic/${iot:ClientId}"},
    {"Effect":"Allow","Action":"iot:Publish",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topic/${iot:Connection.Thing.ThingName}"},
    {"Effect":"Deny","Action":"iot:Publish","Resource":"*",
     "Condition":{"StringEquals":{"iot:ClientId":"sn-2"}}})");
  policy("More", R"({"Effect":"Allow","Action":"iot:Publish",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topic/sn-1"})");
  const auto explanation = explained(Action::publish, resources.topic("sn-1"));
  EXPECT_EQ(explanation.verdict, Verdict::allowed);
  EXPECT_THAT(explanation.policies, ElementsAre("Devices", "More"));
  ASSERT_EQ(explanation.statements.size(), 5U);
  EXPECT_EQ(explanation.statements[0].outcome, Outcome::action_differs);
  EXPECT_EQ(explanation.statements[1].outcome, Outcome::matches);
  EXPECT_EQ(explanation.statements[1].title(), "Statement 2 (Sid Own) of policy Devices");
  EXPECT_EQ(explanation.statements[1].resource, "arn:aws:iot:us-east-1:123456789012:topic/${iot:ClientId}");
  EXPECT_EQ(explanation.statements[1].substituted_resource, "arn:aws:iot:us-east-1:123456789012:topic/sn-1");
  EXPECT_EQ(explanation.statements[2].outcome, Outcome::variable_unresolved);
  EXPECT_THAT(explanation.statements[2].missing_values, ElementsAre("iot:Connection.Thing.ThingName"));
  EXPECT_EQ(explanation.statements[3].outcome, Outcome::condition_fails);
  EXPECT_EQ(explanation.statements[4].title(), "Statement 1 of policy More");
  EXPECT_EQ(explanation.nearest, 1U);
}

TEST_F(Explain, PrefersTheResourceThatReachesFurthest) {
  policy("P", R"({"Effect":"Allow","Action":"iot:Publish","Resource":[
     "arn:aws:iot:us-east-1:123456789012:topic/b",
     "arn:aws:iot:us-east-1:123456789012:topic/a/b/d",
     "arn:aws:iot:us-east-1:123456789012:topic/a/x"]})");
  const auto explanation = explained(Action::publish, resources.topic("a/b/c"));
  EXPECT_EQ(explanation.verdict, Verdict::implicit_deny);
  EXPECT_EQ(explanation.statements[0].resource, "arn:aws:iot:us-east-1:123456789012:topic/a/b/d");
  EXPECT_THAT(explanation.summary, HasSubstr("they differ at 'd' vs 'c'"));
}

TEST_F(Explain, PrefersAFailedConditionToADifferentTopic) {
  policy("P", R"({"Effect":"Allow","Action":"iot:Publish",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topic/a/y"},
    {"Sid":"Closed","Effect":"Allow","Action":"iot:Publish","Resource":"*",
     "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}})");
  context.source_ip = "192.0.2.1";
  const auto explanation = explained(Action::publish, resources.topic("a/x"));
  EXPECT_EQ(explanation.nearest, 1U);
  EXPECT_THAT(explanation.summary,
              HasSubstr("IpAddress asks aws:SourceIp for '10.0.0.0/8', and it is '192.0.2.1'"));
}

TEST_F(Explain, NamesNoStatementWhenNoneIsNear) {
  policy("P", R"({"Effect":"Allow","Action":"iot:Connect",
     "Resource":"arn:aws:iot:us-east-1:123456789012:client/a"})");
  const auto explanation = explained(Action::publish, resources.topic("x"));
  EXPECT_EQ(explanation.nearest, std::nullopt);
  EXPECT_EQ(explanation.summary, "iot:Publish on topic/x is denied: no statement of policy P allows it.");
}

TEST_F(Explain, NamesTheDenyThatDecided) {
  policy("P", R"({"Effect":"Allow","Action":"*","Resource":"*"},
    {"Sid":"Fence","Effect":"Deny","Action":"iot:Publish","NotResource":"own"})");
  const auto explanation = explained(Action::publish, resources.topic("x"));
  EXPECT_EQ(explanation.verdict, Verdict::explicit_deny);
  EXPECT_EQ(explanation.nearest, 1U);
  EXPECT_THAT(explanation.summary, HasSubstr("Statement 2 (Sid Fence) of policy P denies iot:Publish"));
}

TEST_F(Explain, SaysThatNoPolicyIsAttached) {
  const auto explanation = explained(Action::connect, resources.client("a"));
  EXPECT_EQ(explanation.summary, "iot:Connect on client/a is denied: no policy is attached.");
  EXPECT_THAT(explanation.statements, IsEmpty());
}

// P7.9: the names of authDecision.
TEST_F(Explain, IsAvailableAsJson) {
  policy("P", R"({"Effect":"Allow","Action":"iot:Publish","Resource":"*"})");
  const Json json = explained(Action::publish, resources.topic("x")).json();
  EXPECT_EQ(json.at("verdict"), "ALLOWED");
  EXPECT_EQ(json.at("nearest"), 0);
  EXPECT_EQ(json.at("statements").at(0).at("outcome"), "matches");
  EXPECT_EQ(name(Verdict::explicit_deny), "EXPLICIT_DENY");
  EXPECT_EQ(name(Verdict::implicit_deny), "IMPLICIT_DENY");
}

TEST_F(Explain, TextHasOneLineForEachStatement) {
  policy("P", R"({"Effect":"Allow","Action":"iot:Publish","Resource":"*"},
    {"Effect":"Allow","Action":"iot:Receive","Resource":"*"})");
  const std::string text = explained(Action::publish, resources.topic("x")).text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

}  // namespace
}  // namespace iotemu::registry::policy
