#include "registry/policy/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::registry::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kTopic = "arn:aws:iot:us-east-1:123456789012:topic/";

NamedDocument policy(const std::string& name, const std::string& effect, const std::string& resource,
                     const std::string& more = "") {
  const auto document =
      parse(R"({"Version":"2012-10-17","Statement":[{"Effect":")" + effect +
            R"(","Action":["iot:Publish","iot:Receive"],"Resource":")" + resource + "\"" + more + "}]}");
  EXPECT_TRUE(document.ok());
  return {.name = name, .document = *document};
}

Simulation ask(const std::vector<NamedDocument>& policies, const std::vector<std::string>& resources,
               const Context& context = {}, const std::vector<Action>& actions = {Action::publish}) {
  return simulate(policies, context, {.actions = actions, .resources = resources});
}

TEST(Simulate, SortsPoliciesByWhatTheySay) {  // P7.9
  const auto answer = ask(
      {policy("allows", "Allow", "*"), policy("denies", "Deny", kTopic + "a"), policy("other", "Allow", "x")},
      {kTopic + "a"});
  EXPECT_EQ(answer.verdict, Verdict::explicit_deny);
  EXPECT_THAT(answer.allowing, ElementsAre("allows"));
  EXPECT_THAT(answer.denying, ElementsAre("denies"));
  EXPECT_THAT(answer.silent, ElementsAre("other"));
}

TEST(Simulate, WithoutAnyPolicyEverythingIsDenied) {
  const auto answer = ask({}, {kTopic + "a"});
  EXPECT_EQ(answer.verdict, Verdict::implicit_deny);
  EXPECT_THAT(answer.silent, IsEmpty());
}

TEST(Simulate, OneResourceThatNobodyAllowsDecides) {
  const auto answer = ask({policy("a", "Allow", kTopic + "a")}, {kTopic + "a", kTopic + "b"});
  EXPECT_EQ(answer.verdict, Verdict::implicit_deny);
  EXPECT_THAT(answer.allowing, ElementsAre("a"));
  EXPECT_THAT(answer.silent, ElementsAre("a"));
}

TEST(Simulate, TwoPoliciesTogetherAllowWhatNeitherAllowsAlone) {
  const auto answer = ask({policy("a", "Allow", kTopic + "a"), policy("b", "Allow", kTopic + "b")},
                          {kTopic + "a", kTopic + "b"});
  EXPECT_EQ(answer.verdict, Verdict::allowed);
  EXPECT_THAT(answer.allowing, ElementsAre("a", "b"));
}

TEST(Simulate, EveryActionMustBeAllowed) {
  const auto answer =
      ask({policy("a", "Allow", "*")}, {kTopic + "a"}, {}, {Action::publish, Action::subscribe});
  EXPECT_EQ(answer.verdict, Verdict::implicit_deny);
}

TEST(Simulate, NamesVariablesAndConditionKeysWithoutAValue) {  // P7.9
  const std::vector<NamedDocument> policies{
      policy("a", "Allow", kTopic + "${iot:ClientId}/${iot:Connection.Thing.ThingName}",
             R"(,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})")};
  EXPECT_THAT(ask(policies, {kTopic + "a"}).missing_values,
              ElementsAre("aws:SourceIp", "iot:ClientId", "iot:Connection.Thing.ThingName"));
  EXPECT_THAT(ask(policies, {kTopic + "a"}, {.client_id = "c", .source_ip = "192.0.2.1"}).missing_values,
              ElementsAre("iot:Connection.Thing.ThingName"));
  EXPECT_THAT(ask(policies, {kTopic + "a"}, {}, {Action::subscribe}).missing_values, IsEmpty())
      << "the statement is not about subscribing";
}

TEST(Simulate, NullAsksForAMissingValueOnPurpose) {
  const std::vector<NamedDocument> policies{
      policy("a", "Allow", "*", R"(,"Condition":{"Null":{"aws:SourceVpc":"true"}})")};
  const auto answer = ask(policies, {kTopic + "a"});
  EXPECT_EQ(answer.verdict, Verdict::allowed);
  EXPECT_THAT(answer.missing_values, IsEmpty());
}

}  // namespace
}  // namespace iotemu::registry::policy
