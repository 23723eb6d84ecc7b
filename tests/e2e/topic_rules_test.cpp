// Topic rules at work (M section 7.2, 7.7, 7.9; P4.2), with functions in this process for Lambda.

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr auto kRole = "arn:aws:iam::123456789012:role/rules";

Json republish(const std::string& topic) {
  return {{"republish", {{"topic", topic}, {"roleArn", kRole}}}};
}

Json lambda(const std::string& name) {
  return {{"lambda", {{"functionArn", "arn:aws:lambda:us-east-1:123456789012:function:" + name}}}};
}

class TopicRules : public EmulatorTest {
 protected:
  ApiResult create(const std::string& name, const std::string& sql, const std::vector<Json>& actions,
                   const Json& error_action = {}) {
    Json payload{{"sql", sql}, {"actions", actions}, {"awsIotSqlVersion", "2016-03-23"}};
    if (!error_action.is_null()) payload["errorAction"] = error_action;
    return emu.api("CreateTopicRule", {{"ruleName", name}, {"topicRulePayload", payload}});
  }
  void create_ok(const std::string& name, const std::string& sql, const std::vector<Json>& actions,
                 const Json& error_action = {}) {
    ASSERT_THAT(create(name, sql, actions, error_action), IsOk());
  }

  /// What the functions named here were called with, in that order.
  void listen(const std::string& function) {
    emu.on_function(function, [this, function](const Json& event) {
      const std::lock_guard lock{mutex_};
      calls_.emplace_back(function, event);
      return Json{};
    });
  }
  std::vector<std::pair<std::string, Json>> calls() {
    EXPECT_TRUE(emu.settle());
    const std::lock_guard lock{mutex_};
    return calls_;
  }
  std::vector<Json> events() {
    std::vector<Json> result;
    for (const auto& [function, event] : calls()) result.push_back(event);
    return result;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, Json>> calls_;
};

TEST_F(TopicRules, JustInTimeRegistrationIsARule) {  // P4.2
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  std::atomic<int> called{0};
  emu.on_function("jitr", [&](const Json& event) {
    ++called;
    const std::string id = event.at("certificateId");
    // deviceActivation.js trims it: it must be text.
    EXPECT_EQ(event.at("awsAccountId"), "123456789012");
    EXPECT_EQ(event.at("client"), "sn-0001") << "clientid() is the connecting device's";
    set_policy("all", {allow("iot:*", "*")});
    attach_policy("all", id);
    set_status(id, "ACTIVE");
    return Json{};
  });
  create_ok("jitr",
            "SELECT *, clientid() AS client FROM '$aws/events/certificates/registered/" + factory.id() + "'",
            {lambda("jitr")});
  Device device{emu, factory.sign_device("sn-0001")};

  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.settle();
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_EQ(called, 1);
}

TEST_F(TopicRules, AHandlerThatThrowsChangesNothingAndTheNextKnockCallsItAgain) {  // P4.2
  const CaFixture factory = emu.register_ca({.auto_registration = true});
  std::atomic<int> called{0};
  emu.on_function("jitr", [&](const Json&) -> Json {
    ++called;
    throw std::runtime_error{"no database"};
  });
  create_ok("jitr", "SELECT * FROM '$aws/events/certificates/registered/#'", {lambda("jitr")},
            republish("failures"));
  const Recorder failures = emu.record("failures");
  Device device{emu, factory.sign_device("sn-0001")};
  for (int knock = 1; knock <= 2; ++knock) {
    EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
    emu.settle();
    EXPECT_EQ(called, knock);
  }
  EXPECT_THAT(failures.messages(), IsEmpty()) << "a function that fails has been invoked (RU-26)";
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
}

TEST_F(TopicRules, AMessageIsSelectedFromAndRepublishedWithItsPlaceInTheTopic) {
  create_ok("hot", "SELECT temp, topic(2) AS machine FROM 'plant/+/state' WHERE temp > 50",
            {republish("alarms/${topic(2)}")});
  Device device = active_device("d");
  connect(device);
  device.subscribe("alarms/#", 1);
  device.publish("plant/7/state", R"({"temp":61,"x":1})", 1);
  device.publish("plant/8/state", R"({"temp":12})", 1);
  const auto messages = device.messages();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].topic, "alarms/7");
  EXPECT_EQ(Json::parse(messages[0].payload), (Json{{"temp", 61}, {"machine", "7"}}));
  EXPECT_EQ(messages[0].qos, 0);
  EXPECT_FALSE(messages[0].retain);
}

TEST_F(TopicRules, ARepublishedMessageRunsRulesAndIsNobodysButTheService) {  // RU-5
  create_ok("first", "SELECT * FROM 'a'", {republish("b")});
  create_ok("second", "SELECT clientid() AS client, sourceip() AS ip, topic() AS topic FROM 'b'",
            {republish("c")});
  const Recorder seen = emu.record("c");
  Device device = active_device("d");
  connect(device);
  device.publish("a", "{}", 1);
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"client", "n/a"}, {"topic", "b"}}));
}

TEST_F(TopicRules, ACircleOfRepublishingIsCut) {  // RU-8
  create_ok("circle", "SELECT * FROM 'round'", {republish("round")});
  const Recorder seen = emu.record("round");
  emu.publish("round", R"({"n":1})");
  EXPECT_TRUE(emu.settle());
  EXPECT_THAT(seen.messages(), SizeIs(33)) << "the message itself, and 32 republished ones";
}

TEST_F(TopicRules, ACircleThatForksIsCutAsAWhole) {  // RU-8
  create_ok("one", "SELECT * FROM 'a'", {republish("a")});
  create_ok("two", "SELECT * FROM 'a'", {republish("a")});
  const Recorder seen = emu.record("a");
  emu.publish("a", "{}");
  EXPECT_TRUE(emu.settle());
  EXPECT_THAT(seen.messages(), SizeIs(10'001)) << "the message itself, and all that may become of one";
  create_ok("three", "SELECT * FROM 'b'", {republish("c")});
  const Recorder others = emu.record("c");
  emu.publish("b", "{}");
  EXPECT_THAT(others.messages(), SizeIs(1)) << "each message has a count of its own";
}

TEST_F(TopicRules, AChainOfRulesIsFollowedThirtyTwoMessagesDeep) {  // RU-8
  for (int i = 0; i < 34; ++i) {
    create_ok("link_" + std::to_string(i), "SELECT * FROM 'chain/" + std::to_string(i) + "'",
              {republish("chain/" + std::to_string(i + 1))});
  }
  const Recorder seen = emu.record("chain/#");
  emu.publish("chain/0", "{}");
  const auto messages = seen.messages();
  ASSERT_THAT(messages, SizeIs(33));
  EXPECT_EQ(messages.back().topic, "chain/32");
}

TEST_F(TopicRules, AMessageThatAThousandRulesMatchRunsThemAll) {
  for (int i = 0; i < 1000; ++i) {
    create_ok("rule_" + std::to_string(i), "SELECT * FROM 'storm'", {republish("out")});
  }
  const Recorder seen = emu.record("out");
  for (int i = 0; i < 3; ++i) emu.publish("storm", "{}");
  EXPECT_THAT(seen.messages(), SizeIs(3000));
}

TEST_F(TopicRules, ACircleThroughBasicIngestIsCutToo) {  // RU-8
  create_ok("one", "SELECT * FROM 'a/#'", {republish("$$aws/rules/two/b")});
  create_ok("two", "SELECT * FROM 'never'", {republish("a/b")});
  const Recorder seen = emu.record("a/#");
  emu.publish("a/b", "{}");
  EXPECT_THAT(seen.messages(), SizeIs(17)) << "every other one of the 32 is for Basic Ingest";
}

TEST_F(TopicRules, OfAThousandRulesOneMatches) {
  for (int i = 0; i < 1000; ++i) {
    const auto n = std::to_string(i);
    create_ok("rule_" + n, "SELECT * FROM 'fleet/" + n + "/+'", {republish("out/" + n)});
  }
  const ApiResult one_more = create("one_more", "SELECT * FROM 'a'", {});
  EXPECT_EQ(one_more.error, "InvalidRequestException") << "the quota of an account (RU-1)";
  const Recorder seen = emu.record("out/#");
  emu.publish("fleet/707/state", "{}");
  emu.publish("fleet/1000/state", "{}");
  emu.publish("fleet/707", "{}");
  const auto messages = seen.messages();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].topic, "out/707");
}

TEST_F(TopicRules, ChangesTakeEffectAtOnce) {  // RU-3
  const Recorder seen = emu.record("out/#");
  create_ok("r", "SELECT 1 AS v FROM 'in'", {republish("out/1")});
  emu.publish("in", "{}");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"v", 1}}));
  ASSERT_THAT(
      emu.api("ReplaceTopicRule",
              {{"ruleName", "r"},
               {"topicRulePayload",
                {{"sql", "SELECT 2 AS v FROM 'in'"}, {"actions", Json::array({republish("out/2")})}}}}),
      IsOk());
  emu.publish("in", "{}");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"v", 1}}, Json{{"v", 2}}));
  ASSERT_THAT(emu.api("DisableTopicRule", {{"ruleName", "r"}}), IsOk());
  emu.publish("in", "{}");
  EXPECT_THAT(seen.messages(), SizeIs(2)) << "disabled";
  ASSERT_THAT(emu.api("EnableTopicRule", {{"ruleName", "r"}}), IsOk());
  emu.publish("in", "{}");
  EXPECT_THAT(seen.messages(), SizeIs(3));
  ASSERT_THAT(emu.api("DeleteTopicRule", {{"ruleName", "r"}}), IsOk());
  emu.publish("in", "{}");
  EXPECT_THAT(seen.messages(), SizeIs(3)) << "deleted";
}

TEST_F(TopicRules, ResetForgetsThem) {
  create_ok("r", "SELECT * FROM 'in'", {republish("out")});
  emu.reset();
  EXPECT_THAT(emu.api("ListTopicRules")["rules"], IsEmpty());
  const Recorder seen = emu.record("out");
  emu.publish("in", "{}");
  EXPECT_THAT(seen.messages(), IsEmpty());
}

TEST_F(TopicRules, RulesRunEachForItself) {  // RU-7
  create_ok("bad",
            "SELECT aws_lambda('arn:aws:lambda:us-east-1:123456789012:function:nobody', {}) AS x FROM 'in'",
            {republish("out/bad")}, republish("out/error"));
  create_ok("good", "SELECT * FROM 'in'", {republish("out/good")});
  const Recorder seen = emu.record("out/#");
  emu.publish("in", R"({"a":1})");
  const auto messages = seen.messages();
  ASSERT_THAT(messages, SizeIs(1)) << "SQL that fails ends its rule, and is no failure of an action (RU-28)";
  EXPECT_EQ(messages[0].topic, "out/good");
}

TEST_F(TopicRules, AnAnswerOfALambdaFunctionIsSelected) {
  emu.on_function("double", [](const Json& event) { return Json{{"twice", event.at("n").get<int>() * 2}}; });
  create_ok("r",
            "SELECT aws_lambda('arn:aws:lambda:us-east-1:123456789012:function:double', {'n': n}).twice AS t "
            "FROM 'in'",
            {republish("out")});
  const Recorder seen = emu.record("out");
  emu.publish("in", R"({"n":21})");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"t", 42}}));
}

TEST_F(TopicRules, TheRegistryIsAsked) {
  emu.api("CreateThing",
          {{"thingName", "pump"}, {"attributePayload", {{"attributes", {{"site", "north"}}}}}});
  create_ok("r",
            std::string{"SELECT get_registry_data('DescribeThing', topic(2), '"} + kRole +
                "').attributes.site AS site FROM 'things/+'",
            {republish("out")});
  const Recorder seen = emu.record("out");
  emu.publish("things/pump", "{}");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"site", "north"}}));
}

TEST_F(TopicRules, TheErrorActionGetsAllFailuresOnce) {  // RU-28, RU-29
  create_ok("Fails", "SELECT * FROM 'in/+'",
            {lambda("nobody"), republish("out/${topic(2)}"), republish("$aws/things/x")},
            republish("errors/${topic(2)}"));
  const Recorder seen = emu.record("errors/#");
  const Recorder out = emu.record("out/#");
  Device device = active_device("d");
  connect(device);
  device.publish("in/7", R"({"a":1})", 1);
  EXPECT_THAT(out.messages(), SizeIs(1));
  const auto messages = seen.messages();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].topic, "errors/7");
  const Json document = Json::parse(messages[0].payload);
  EXPECT_EQ(document.at("ruleName"), "Fails");
  EXPECT_EQ(document.at("topic"), "in/7");
  EXPECT_EQ(document.at("clientId"), "d");
  EXPECT_EQ(document.at("base64OriginalPayload"), "eyJhIjoxfQ==");
  EXPECT_THAT(document.at("cloudwatchTraceId").get<std::string>(), SizeIs(36));
  EXPECT_THAT(document, SizeIs(6));
  const Json& failures = document.at("failures");
  ASSERT_THAT(failures, SizeIs(2));
  EXPECT_EQ(failures[0].at("failedAction"), "LambdaAction");
  EXPECT_EQ(failures[0].at("failedResource"), "arn:aws:lambda:us-east-1:123456789012:function:nobody");
  EXPECT_THAT(failures[0].at("errorMessage").get<std::string>(), HasSubstr("--function nobody="));
  EXPECT_EQ(failures[1].at("failedAction"), "RepublishAction");
  EXPECT_EQ(failures[1].at("failedResource"), "$aws/things/x");
  EXPECT_THAT(failures[1].at("errorMessage").get<std::string>(), HasSubstr("write $$aws/things/x"));
}

TEST_F(TopicRules, NoErrorActionForAMessageThatWhereDoesNotWant) {  // RU-28
  create_ok("r", "SELECT * FROM 'in' WHERE a = 2", {lambda("nobody")}, republish("errors"));
  const Recorder seen = emu.record("errors");
  emu.publish("in", R"({"a":1})");
  emu.publish("in", "no JSON");
  EXPECT_THAT(seen.messages(), IsEmpty());
}

TEST_F(TopicRules, BytesAreNoEventForAFunction) {  // RU-26
  listen("f");
  create_ok("r", "SELECT * FROM 'in'", {lambda("f")}, republish("errors"));
  create_ok("coded", "SELECT encode(*, 'base64') AS data FROM 'in'", {lambda("f")});
  const Recorder seen = emu.record("errors");
  emu.publish("in", "\x01\x02");
  EXPECT_THAT(events(), ElementsAre(Json{{"data", "AQI="}}));
  ASSERT_THAT(seen.json(), SizeIs(1));
  EXPECT_THAT(seen.json()[0]["failures"][0]["errorMessage"].get<std::string>(), HasSubstr("no JSON"));
}

TEST_F(TopicRules, BasicIngestRunsOneRuleAndNobodyElseHearsOfIt) {  // RU-33, RU-35
  listen("ingest");
  listen("other");
  create_ok("ingest", "SELECT a, topic() AS topic, topic(1) AS first, clientid() AS client FROM 'elsewhere'",
            {lambda("ingest")});
  create_ok("without_from", "SELECT a", {lambda("ingest")});
  create_ok("other", "SELECT * FROM 'x/y'", {lambda("other")});
  create_ok("all", "SELECT * FROM '#'", {lambda("other")});
  Device device = active_device("d");
  connect(device);
  Device listener = active_device("listener");
  connect(listener);
  EXPECT_THAT(listener.subscribe({{"#", 1}, {"$aws/#", 1}}).suback, ElementsAre(1, 1));

  EXPECT_THAT(device.publish("$aws/rules/ingest/x/y", R"({"a":1})", 1), Accepted());
  ASSERT_THAT(emu.api("Publish", {{"topic", "$aws/rules/without_from"}, {"payload", R"({"a":2})"}}), IsOk());
  emu.publish("$aws/rules/without_from/x", R"({"a":3})");
  EXPECT_THAT(calls(), UnorderedElementsAre(
                           std::pair{std::string{"ingest"},
                                     Json{{"a", 1}, {"topic", "x/y"}, {"first", "x"}, {"client", "d"}}},
                           std::pair{std::string{"ingest"}, Json{{"a", 2}}},
                           std::pair{std::string{"ingest"}, Json{{"a", 3}}}));
  EXPECT_THAT(listener.messages(), Each(Field(&ReceivedMessage::topic, StartsWith("$aws/events/"))))
      << "but what is told of clients";
  EXPECT_THAT(listener.subscribe("$aws/rules/#", 1), RefusedBecause(Refusal::reserved_topic));
}

TEST_F(TopicRules, BasicIngestOfARuleThatIsNotThereIsAcknowledgedAndDropped) {  // RU-34
  listen("f");
  create_ok("asleep", "SELECT * FROM 'x'", {lambda("f")});
  emu.api("DisableTopicRule", {{"ruleName", "asleep"}});
  Device device = active_device("d");
  connect(device);
  EXPECT_THAT(device.publish("$aws/rules/nobody/x", "{}", 1), Accepted());
  EXPECT_THAT(device.publish("$aws/rules/asleep/x", "{}", 1), Accepted());
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(TopicRules, BasicIngestNeedsTheRightToPublish) {  // RU-33
  Device device =
      active_device("d", {allow("iot:Connect", "*"), allow("iot:Publish", arn("topic/$aws/rules/mine/*"))});
  connect(device);
  EXPECT_THAT(device.publish("$aws/rules/mine/x", "{}", 1), Accepted());
  EXPECT_THAT(device.publish("$aws/rules/other/x", "{}", 1), RefusedBecause(Refusal::publish_denied));
}

TEST_F(TopicRules, WillsAndEventsOfTheServiceAreSources) {  // RU-5, LE-9
  listen("f");
  create_ok("events", "SELECT eventType, clientId FROM '$aws/events/presence/#'", {lambda("f")});
  create_ok("wills", "SELECT *, clientid() AS client FROM 'wills/+'", {lambda("f")});
  Device device = active_device("d");
  connect(device, {.will = WillOptions{.topic = "wills/d", .payload = R"({"gone":true})"}});
  ASSERT_THAT(emu.api("DeleteConnection", {{"clientId", "d"}}), IsOk());
  EXPECT_THAT(events(), UnorderedElementsAre(Json{{"eventType", "connected"}, {"clientId", "d"}},
                                             Json{{"eventType", "disconnected"}, {"clientId", "d"}},
                                             Json{{"gone", true}, {"client", "d"}}));
}

TEST_F(TopicRules, RegistryEventsAreSources) {  // RU-5
  listen("f");
  emu.api("UpdateEventConfigurations", {{"eventConfigurations", {{"THING", {{"Enabled", true}}}}}});
  create_ok("things", "SELECT operation, thingName FROM '$aws/events/thing/+/created'", {lambda("f")});
  emu.api("CreateThing", {{"thingName", "pump"}});
  EXPECT_THAT(events(), ElementsAre(Json{{"operation", "CREATED"}, {"thingName", "pump"}}));
}

TEST_F(TopicRules, RetainedCopiesAreNoSource) {  // RU-6
  listen("f");
  Device device = active_device("d");
  connect(device);
  device.publish("kept", R"({"n":1})", 1, true);
  create_ok("r", "SELECT * FROM 'kept'", {lambda("f")});
  device.subscribe("kept", 1);
  EXPECT_THAT(device.messages(), SizeIs(1));
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(TopicRules, APublishByHttpIsASourceWithoutAClient) {  // RU-5
  listen("f");
  create_ok("r", "SELECT *, clientid() AS client, traceid() AS trace FROM 'in'", {lambda("f")});
  ASSERT_THAT(emu.api("Publish", {{"topic", "in"}, {"payload", R"({"n":1})"}}), IsOk());
  EXPECT_THAT(events(), ElementsAre(Json{{"n", 1}, {"client", "n/a"}}));
}

TEST_F(TopicRules, APublisherIsKnownByItsCertificateAndAddress) {
  listen("f");
  create_ok("r", "SELECT principal() AS who, sourceip() AS ip FROM 'in'", {lambda("f")});
  Device device = active_device("d");
  connect(device);
  device.publish("in", "{}", 1);
  EXPECT_THAT(events(), ElementsAre(Json{{"who", device.identity().certificate_id}, {"ip", "127.0.0.1"}}));
}

TEST_F(TopicRules, RulesOfOneRealmDoNotSeeTheMessagesOfAnother) {
  create_ok("r", "SELECT * FROM 'in'", {republish("out")});
  const Recorder seen = emu.record("out");
  ASSERT_TRUE(emu.api("Publish", {{"topic", "in"}, {"payload", "{}"}}, {.region = "eu-west-1"}).ok);
  EXPECT_THAT(seen.messages(), IsEmpty());
}

}  // namespace
}  // namespace iotemu::tests
