// Where the actions of rules go, seen from a test that embeds the emulator (M section 7.8).

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Ending = ActionRecord::Outcome;

Options without_confirmation() {
  auto options = test_options();
  options.switches.http_action_confirmation = false;
  return options;
}

class RuleActionsTest : public EmulatorTest {
 protected:
  explicit RuleActionsTest(const Options& options = test_options()) : EmulatorTest{options} {}

  void rule(const std::string& name, const std::string& sql, const Json& actions,
            const Json& error_action = {}) {
    Json payload{{"sql", sql}, {"awsIotSqlVersion", "2016-03-23"}, {"actions", actions}};
    if (!error_action.is_null()) payload["errorAction"] = error_action;
    ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", name}, {"topicRulePayload", payload}}), IsOk());
  }
  static Json sns(const std::string& topic) {
    return {{"sns", {{"roleArn", "arn:aws:iam::123456789012:role/r"}, {"targetArn", topic}}}};
  }
};

TEST_F(RuleActionsTest, WhatNobodyPlaysIsOnRecord) {
  rule("hot", "SELECT t FROM 'plant/+'", Json::array({sns("arn:t")}));
  emu.publish("plant/1", R"({"t":61,"x":1})");
  const auto actions = emu.actions();
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].rule_name, "hot");
  EXPECT_EQ(actions[0].outcome, Ending::recorded);
  EXPECT_EQ(actions[0].payload, R"({"t":61})");
  EXPECT_EQ(actions[0].target, "arn:t");
  EXPECT_EQ(actions[0].topic, "plant/1");
  emu.reset();
  EXPECT_TRUE(emu.actions().empty());
}

TEST_F(RuleActionsTest, RepublishIsOnRecordToo) {
  rule("again", "SELECT * FROM 'a'",
       Json::array({{{"republish", {{"roleArn", "arn:aws:iam::123456789012:role/r"}, {"topic", "b"}}}}}));
  auto seen = emu.record("b");
  emu.publish("a", R"({"n":1})");
  EXPECT_EQ(payloads(seen.messages()), std::vector<std::string>{R"({"n":1})"});
  ASSERT_EQ(emu.actions().size(), 1U);
  EXPECT_EQ(emu.actions()[0].action, "republish");
  EXPECT_EQ(emu.actions()[0].outcome, Ending::delivered);
}

class DeadUpstreamTest : public RuleActionsTest {
 protected:
  DeadUpstreamTest() : RuleActionsTest{with_dead_upstream()} {}
  static Options with_dead_upstream() {
    auto options = test_options();
    options.upstreams["sns"] = "http://127.0.0.1:1";
    return options;
  }
};

TEST_F(DeadUpstreamTest, IsTriedByTheEmulatorsClockAndFailsTheAction) {  // RU-28
  rule("hot", "SELECT * FROM 'a'", Json::array({sns("arn:t")}),
       {{"s3", {{"roleArn", "arn:aws:iam::123456789012:role/r"}, {"bucketName", "errors"}, {"key", "k"}}}});
  emu.publish("a", "{}");
  EXPECT_TRUE(emu.actions().empty());
  emu.advance(1s);
  const auto actions = emu.actions();
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].outcome, Ending::failed);
  EXPECT_THAT(actions[0].reason, HasSubstr("The request could not be sent"));
  EXPECT_TRUE(actions[1].is_error_action);
  EXPECT_THAT(actions[1].payload, HasSubstr("\"failedAction\":\"SnsAction\""));
}

class TrustedWebhookTest : public RuleActionsTest {
 protected:
  TrustedWebhookTest() : RuleActionsTest{without_confirmation()} {}
  Json hook(const std::string& topic, Json more = Json::object()) {
    more["url"] = emu.api_endpoint() + "/topics/" + topic;
    return Json::array({{{"http", std::move(more)}}});
  }
};

TEST_F(TrustedWebhookTest, MayBeTheEmulatorItself) {
  rule("post", "SELECT * FROM 'a'", hook("b"));
  auto seen = emu.record("b");
  for (int i = 0; i < 50; ++i) emu.publish("a", std::to_string(i) == "0" ? "{}" : R"({"n":1})");
  EXPECT_EQ(seen.messages().size(), 50U);
  const auto actions = emu.actions();
  EXPECT_TRUE(std::ranges::all_of(actions, [](const auto& one) { return one.outcome == Ending::delivered; }));
}

TEST_F(TrustedWebhookTest, BatchesByTheEmulatorsClock) {  // RU-32
  rule("post", "SELECT * FROM 'a'",
       hook("b", {{"enableBatching", true}, {"batchConfig", {{"maxBatchOpenMs", 50}}}}));
  auto seen = emu.record("b");
  emu.publish("a", R"({"n":1})");
  emu.publish("a", R"({"n":2})");
  emu.advance(49ms);
  EXPECT_TRUE(seen.messages().empty());
  emu.advance(1ms);
  ASSERT_EQ(seen.messages().size(), 1U);
  EXPECT_EQ(seen.json()[0], Json::parse(R"([{"n":1},{"n":2}])"));
}

TEST_F(TrustedWebhookTest, AFailedBatchRunsTheErrorActionOnce) {  // RU-32
  rule("post", "SELECT * FROM 'a'",
       Json::array({{{"http", {{"url", emu.api_endpoint() + "/no/such/path"}, {"enableBatching", true}}}}}),
       sns("arn:errors"));
  emu.publish("a", R"({"n":1})");
  emu.publish("a", R"({"n":2})");
  emu.advance(1s);
  const auto actions = emu.actions();
  const auto errors = std::ranges::count_if(actions, [](const auto& one) { return one.is_error_action; });
  EXPECT_EQ(errors, 1);
  const auto error = std::ranges::find_if(actions, [](const auto& one) { return one.is_error_action; });
  ASSERT_NE(error, actions.end());
  EXPECT_EQ(Json::parse(error->payload)["payloadsWithMetadata"].size(), 2U);
}

TEST_F(RuleActionsTest, ADestinationIsMadeWithItsRuleAndConfirmedByItsToken) {  // RU-30
  rule("post", "SELECT * FROM 'a'",
       Json::array({{{"http", {{"url", emu.api_endpoint() + "/topics/confirm"}}}}}));
  auto asked = emu.record("confirm");
  emu.settle();
  const auto list = emu.api("ListTopicRuleDestinations")["destinationSummaries"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["status"], "IN_PROGRESS");
  emu.publish("a", "{}");
  ASSERT_EQ(emu.actions().size(), 1U);
  EXPECT_THAT(emu.actions()[0].reason, HasSubstr("is IN_PROGRESS"));
  ASSERT_THAT(emu.api("UpdateTopicRuleDestination", {{"arn", list[0]["arn"]}, {"status", "IN_PROGRESS"}}),
              IsOk());
  const auto token = asked.json().back()["confirmationToken"];
  ASSERT_THAT(emu.api("ConfirmTopicRuleDestination", {{"confirmationToken", token}}), IsOk());
  emu.publish("a", "{}");
  EXPECT_EQ(emu.actions().back().outcome, Ending::delivered);
}

}  // namespace
}  // namespace iotemu::tests
