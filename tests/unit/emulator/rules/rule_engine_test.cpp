// The engine with sinks that remember and a registry of its own: what runs, where, and what is dropped.

#include "emulator/rules/descendants.h"
#include "emulator/rules/function_host.h"
#include "mqtt/codec/properties.h"
#include "tests/unit/emulator/rules/rule_engine_fixture.h"

namespace iotemu::rule_engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(RuleEngineTest, WantsWhatARuleMatchesAndWhatNamesOne) {
  EXPECT_FALSE(engine.wants("in"));
  create("r", "SELECT * FROM 'in'", {});
  EXPECT_TRUE(engine.wants("in"));
  EXPECT_FALSE(engine.wants("out"));
  EXPECT_TRUE(engine.wants("$aws/rules/any/x"));
}

TEST_F(RuleEngineTest, GivesASinkEverythingItMayNeed) {
  create("r", "SELECT a FROM 'in/+'", {s3("0"), s3("${topic(2)}")});
  engine.on_message(std::make_shared<const mqtt::Message>(
                        mqtt::Message{.topic = "in/7", .payload = R"({"a":1,"b":2})", .hops = 3}),
                    std::make_unique<mqtt::ConnectionFacts>(
                        mqtt::ConnectionFacts{.client_id = "d", .principal = "p", .address = "192.0.2.1"})
                        .get());
  EXPECT_THAT(keys(), ElementsAre("0", "7"));
  const auto request = sink->requests()[1];
  EXPECT_EQ(request.realm, Realm{});
  EXPECT_EQ(request.rule_name, "r");
  EXPECT_EQ(request.kind, "s3");
  EXPECT_FALSE(request.is_error_action);
  EXPECT_EQ(request.position, 1U);
  EXPECT_EQ(request.parameters, (Json{{"bucketName", "b"}, {"key", "7"}, {"roleArn", "r"}}));
  EXPECT_EQ(request.payload, R"({"a":1})");
  EXPECT_TRUE(request.is_json);
  EXPECT_EQ(request.topic, "in/7");
  EXPECT_EQ(request.client_id, "d");
  EXPECT_EQ(request.source_ip, "192.0.2.1");
  EXPECT_THAT(request.trace_id, SizeIs(36));
  EXPECT_EQ(*request.original_payload, R"({"a":1,"b":2})");
  EXPECT_EQ(request.depth, 3U);
}

TEST_F(RuleEngineTest, CutsAMessageThatTooManyOthersLedTo) {  // RU-8
  create("r", "SELECT * FROM 'in'", {s3("k")});
  publish("in", "{}", RuleEngine::kMaxDepth - 1);
  publish("in", "{}", RuleEngine::kMaxDepth);
  EXPECT_THAT(keys(), SizeIs(1));
}

TEST_F(RuleEngineTest, AKindThatNobodyTakesIsAFailure) {
  create("r", "SELECT * FROM 'in'", {{{"lambda", {{"functionArn", "f"}}}}},
         {{"sqs", {{"queueUrl", "q"}, {"roleArn", "r"}}}});
  publish("in");
  settle();
  ASSERT_THAT(error_sink->requests(), SizeIs(1));
  const auto failure = Json::parse(error_sink->requests()[0].payload).at("failures").at(0);
  EXPECT_EQ(failure.at("failedAction"), "LambdaAction");
  EXPECT_EQ(failure.at("failedResource"), "f");
}

TEST_F(RuleEngineTest, TheErrorActionWaitsForTheLastActionAndRunsOnce) {  // RU-28, RU-29
  sink->keeps = true;
  create("r", "SELECT * FROM 'in'", {s3("0"), s3("1"), s3("2")},
         {{"sqs", {{"queueUrl", "q/${topic()}"}, {"roleArn", "r"}}}});
  publish("in", R"({"a":1})");
  settle();
  EXPECT_THAT(error_sink->requests(), IsEmpty());
  sink->end_kept();
  settle();
  ASSERT_THAT(error_sink->requests(), SizeIs(1));
  const auto request = error_sink->requests()[0];
  EXPECT_TRUE(request.is_error_action);
  EXPECT_EQ(request.parameters.at("queueUrl"), "q/in");
  const auto failures = Json::parse(request.payload).at("failures");
  ASSERT_THAT(failures, SizeIs(2));
  EXPECT_EQ(failures[0].at("failedResource"), "0") << "in the order of the actions, whoever ended first";
  EXPECT_EQ(failures[1].at("failedResource"), "1");
}

TEST_F(RuleEngineTest, AFailingErrorActionIsTheEnd) {  // RU-28
  sink->fails = error_sink->fails = true;
  create("r", "SELECT * FROM 'in'", {s3("0")}, {{"sqs", {{"queueUrl", "q"}, {"roleArn", "r"}}}});
  publish("in");
  settle();
  EXPECT_THAT(error_sink->requests(), SizeIs(1));
}

TEST_F(RuleEngineTest, ABatchThatFailedRunsTheErrorActionOfItsRule) {  // RU-32
  create("r", "SELECT * FROM 'in/+'", {}, {{"sqs", {{"queueUrl", "${topic(2)}/${a}"}, {"roleArn", "r"}}}});
  engine.run_error_action({.rule_name = "r",
                           .topic = "in/7",
                           .original_payload = std::make_shared<const std::string>(R"({"a":1})")},
                          "the document");
  engine.run_error_action({.rule_name = "gone"}, "the document");
  settle();
  ASSERT_THAT(error_sink->requests(), SizeIs(1));
  EXPECT_EQ(error_sink->requests()[0].parameters.at("queueUrl"), "7/1");
  EXPECT_EQ(error_sink->requests()[0].payload, "the document");
}

TEST_F(RuleEngineTest, TheErrorActionOfABatchMayAskAllOfItsLastMessage) {  // RU-29, RU-32
  sink->keeps = true;
  create("r", "SELECT * FROM 'in'", {s3("k")},
         {{"sqs",
           {{"queueUrl",
             "${clientid()}|${principal()}|${sourceip()}|${traceid()}|"
             "${get_mqtt_property('content_type')}|${get_user_properties('unit')}|${a}"},
            {"roleArn", "r"}}}});
  mqtt::PropertyWriter properties;
  properties.add(mqtt::PropertyId::content_type, "text/odd").add_user_property("unit", "C");
  const mqtt::ConnectionFacts pump{.client_id = "pump", .principal = "principal-1", .address = "192.0.2.7"};
  engine.on_message(std::make_shared<const mqtt::Message>(mqtt::Message{
                        .topic = "in", .payload = R"({"a":1})", .properties = properties.encoded()}),
                    &pump);
  settle();
  ASSERT_THAT(sink->requests(), SizeIs(1));
  const auto last = sink->requests()[0];
  sink->end_kept();
  engine.run_error_action(last, "the document");
  settle();
  ASSERT_THAT(error_sink->requests(), SizeIs(1));
  EXPECT_EQ(error_sink->requests()[0].parameters.at("queueUrl"),
            "pump|principal-1|192.0.2.7|" + last.trace_id + "|text/odd|[\"C\"]|1");
}

TEST_F(RuleEngineTest, WhatWasAcceptedBeforeAResetIsNotRunBehindIt) {
  create("r", "SELECT * FROM 'in'", {s3("k")});
  std::promise<void> gate;
  rule_work.follow_up(0, [opened = gate.get_future().share()] { opened.wait(); });
  publish("in");
  engine.reset();
  gate.set_value();
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(RuleEngineTest, AnActionThatOutlivesAResetRunsNoErrorAction) {
  sink->keeps = true;
  create("r", "SELECT * FROM 'in'", {s3("0"), s3("1")}, {{"sqs", {{"queueUrl", "q"}, {"roleArn", "r"}}}});
  publish("in");
  settle();
  engine.reset();
  sink->end_kept();
  settle();
  EXPECT_THAT(error_sink->requests(), IsEmpty());
}

TEST_F(RuleEngineTest, MessagesOfOneFamilyShareACount) {  // RU-8
  create("r", "SELECT * FROM 'in'", {s3("0"), s3("1")});
  publish("in");
  settle();
  const auto requests = sink->requests();
  ASSERT_THAT(requests, SizeIs(2));
  ASSERT_NE(requests[0].descendants, nullptr);
  EXPECT_EQ(requests[0].descendants, requests[1].descendants);
  publish("in");
  settle();
  EXPECT_NE(sink->requests()[2].descendants, requests[0].descendants);
  *requests[0].descendants = kMaxDescendants + 1;
  engine.on_message(std::make_shared<const mqtt::Message>(mqtt::Message{
                        .topic = "in", .payload = "{}", .hops = 1, .descendants = requests[0].descendants}),
                    nullptr);
  EXPECT_THAT(keys(), SizeIs(4)) << "when it is spent, none of them runs a rule any more";
}

TEST_F(RuleEngineTest, ARuleThatAsksSomebodyKeepsNobodyWaiting) {
  std::promise<void> gate;
  ports.thing_shadow = [opened = gate.get_future().share()](const Realm&, std::string_view,
                                                            std::string_view) {
    opened.wait();
    return Result<std::string>{std::string{R"({"state":{}})"}};
  };
  create("slow", "SELECT get_thing_shadow('t', 'arn:aws:iam::123456789012:role/r') AS s FROM 'in'",
         {s3("slow")});
  create("fast", "SELECT * FROM 'in'", {s3("fast")});
  publish("in");
  while (sink->requests().empty()) std::this_thread::yield();
  EXPECT_EQ(sink->requests()[0].rule_name, "fast");
  gate.set_value();
  EXPECT_THAT(keys(), ElementsAre("fast", "slow"));
}

class CrampedEngine : public RuleEngineTest {
 protected:
  CrampedEngine() : RuleEngineTest{{.messages = 3, .waiting_rules = 1}} {}
};

TEST_F(CrampedEngine, DropsAndCountsWhatDoesNotFit) {
  create("r", "SELECT * FROM 'in'", {s3("k")});
  std::promise<void> gate;
  rule_work.follow_up(0, [opened = gate.get_future().share()] { opened.wait(); });
  for (int i = 0; i < 5; ++i) publish("in");
  gate.set_value();
  EXPECT_THAT(keys(), SizeIs(3));
  EXPECT_EQ(rule_work.dropped(), 2U);
  publish("in");
  EXPECT_THAT(keys(), SizeIs(4)) << "there is room again";
}

class HeavyEngine : public RuleEngineTest {
 protected:
  HeavyEngine() : RuleEngineTest{{.error_actions = 1, .bytes = 64 * 1024}} {}
};

TEST_F(HeavyEngine, WhatAnErrorActionNeedsHoldsMessagesBack) {
  sink->keeps = true;
  create("plain", "SELECT * FROM 'plain'", {s3("k")}, {{"sqs", {{"queueUrl", "q"}, {"roleArn", "r"}}}});
  create("heavy", "SELECT * FROM 'heavy'", {s3("k")},
         {{"sqs", {{"queueUrl", "q/${topic()}"}, {"roleArn", "r"}}}});
  for (int i = 0; i < 20; ++i) {
    publish("plain");
    settle();
  }
  EXPECT_THAT(sink->requests(), SizeIs(20)) << "nothing is kept for an error action without templates";
  for (int i = 0; i < 20; ++i) {
    publish("heavy");
    settle();
  }
  const auto taken = sink->requests().size();
  EXPECT_GT(taken, 20U);
  EXPECT_LT(taken, 30U) << "an evaluation has 16 KiB and more";
  sink->end_kept();
  settle();
  publish("heavy");
  EXPECT_THAT(keys(), SizeIs(taken + 1)) << "there is room again";
  sink->end_kept();
}

TEST_F(HeavyEngine, ErrorActionsThatDoNotFitAreDroppedAndCounted) {
  std::promise<void> gate;
  EXPECT_TRUE(rule_work.follow_up(0, [opened = gate.get_future().share()] { opened.wait(); }));
  EXPECT_FALSE(rule_work.follow_up(0, [] {}));
  gate.set_value();
  settle();
  EXPECT_FALSE(rule_work.follow_up(65 * 1024, [] {})) << "too many bytes";
  EXPECT_TRUE(rule_work.follow_up(0, [] {}));
  EXPECT_EQ(rule_work.dropped(), 2U);
}

TEST_F(RuleEngineTest, NothingIsTakenOnceTheWorkIsClosed) {
  create("r", "SELECT * FROM 'in'", {s3("k")});
  rule_work.close();
  publish("in");
  EXPECT_THAT(keys(), IsEmpty());
}

}  // namespace
}  // namespace iotemu::rule_engine
