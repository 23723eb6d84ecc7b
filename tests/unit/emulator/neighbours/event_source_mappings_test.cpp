// Queues that invoke functions.

#include "emulator/neighbours/lambda/event_source_mappings.h"

#include "lambda_fixture.h"

namespace iotemu::neighbours {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MappingTest : public LambdaTest {
 protected:
  MappingTest() {
    queue("CreateQueue", {{"QueueName", "jobs"}, {"Attributes", {{"VisibilityTimeout", "10"}}}});
  }
  std::string map(const Json& more = Json::object()) {
    if (ask("GET", kFunctions + "/f").status == 404) create("f");
    const auto answer = ask("POST", kMappings, mapping(more));
    EXPECT_EQ(answer.status, 202U) << answer.body;
    return Json::parse(answer.body)["UUID"];
  }
  Json mapping(const Json& more = Json::object()) {
    Json input{{"EventSourceArn", kQueueArn + "jobs"}, {"FunctionName", "f"}};
    input.update(more);
    return input;
  }
  void put(const std::string& body, Json more = Json::object()) {
    more["QueueUrl"] = "/123456789012/jobs";
    more["MessageBody"] = body;
    queue("SendMessage", more);
    pool.run_all();
  }
  Json event(std::size_t n) { return Json::parse(runtime.seen.at(n).invocation.payload); }
  std::vector<std::string> event_bodies(std::size_t n) {
    std::vector<std::string> result;
    const auto seen = event(n);
    for (const auto& record : seen["Records"]) result.push_back(record["body"]);
    return result;
  }
  std::size_t left() {
    const auto attributes =
        queue("GetQueueAttributes", {{"QueueUrl", "/123456789012/jobs"}, {"AttributeNames", {"All"}}});
    const auto number = [&](const char* name) {
      return std::stoul(attributes["Attributes"][name].get<std::string>());
    };
    return number("ApproximateNumberOfMessages") + number("ApproximateNumberOfMessagesNotVisible");
  }
  const std::string kMappings = "/2015-03-31/event-source-mappings/";
};

TEST_F(MappingTest, InvokesForAMessageAndDeletesItWhenTheFunctionSucceeds) {
  map();
  reply_with("null");
  put("hello", {{"MessageAttributes", {{"city", {{"DataType", "String"}, {"StringValue", "Oslo"}}}}}});
  ASSERT_THAT(runtime.seen, SizeIs(1));
  const auto record = event(0)["Records"][0];
  EXPECT_EQ(record["body"], "hello");
  EXPECT_EQ(record["eventSource"], "aws:sqs");
  EXPECT_EQ(record["eventSourceARN"], kQueueArn + "jobs");
  EXPECT_EQ(record["awsRegion"], "us-east-1");
  EXPECT_EQ(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(record["attributes"]["ApproximateReceiveCount"], "1");
  EXPECT_EQ(record["messageAttributes"]["city"],
            Json::parse(R"({"stringValue": "Oslo", "dataType": "String", "stringListValues": [],
                            "binaryListValues": []})"));
  EXPECT_EQ(left(), 0U);
}

TEST_F(MappingTest, TriesAgainAfterTheVisibilityTimeoutWhenTheFunctionFails) {
  map();
  reply_with("{}", "Unhandled");
  put("hello");
  EXPECT_EQ(left(), 1U);
  advance(seconds{9});
  EXPECT_THAT(runtime.seen, SizeIs(1));
  advance(seconds{1});
  EXPECT_THAT(runtime.seen, SizeIs(2));
  EXPECT_EQ(event(1)["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
  reply_with("{}");
  advance(seconds{10});
  EXPECT_EQ(left(), 0U);
}

TEST_F(MappingTest, WaitsForTheDelayOfTheQueue) {  // the flow behind a queue with 5 s
  map();
  reply_with("{}");
  put("slow", {{"DelaySeconds", 5}});
  advance(seconds{4});
  EXPECT_THAT(runtime.seen, IsEmpty());
  advance(seconds{1});
  EXPECT_THAT(runtime.seen, SizeIs(1));
}

TEST_F(MappingTest, GathersABatchUntilItIsFullOrItsWindowEnds) {
  map({{"BatchSize", 3}, {"MaximumBatchingWindowInSeconds", 5}});
  reply_with("{}");
  put("1");
  put("2");
  EXPECT_THAT(runtime.seen, IsEmpty());
  put("3");
  EXPECT_THAT(event_bodies(0), testing::ElementsAre("1", "2", "3"));
  put("4");
  advance(seconds{4});
  EXPECT_THAT(runtime.seen, SizeIs(1));
  advance(seconds{1});
  EXPECT_THAT(event_bodies(1), testing::ElementsAre("4"));
  EXPECT_EQ(left(), 0U);
}

TEST_F(MappingTest, KeepsWhatTheFunctionNamesAsFailed) {
  map({{"BatchSize", 2},
       {"MaximumBatchingWindowInSeconds", 1},
       {"FunctionResponseTypes", {"ReportBatchItemFailures"}}});
  runtime.reply = [](const auto&, const runtime::Invocation& invocation) {
    auto failures = Json::array();
    const auto seen = Json::parse(invocation.payload);
    for (const auto& record : seen["Records"]) {
      if (record["body"] == "bad") failures.push_back({{"itemIdentifier", record["messageId"]}});
    }
    return runtime::Outcome{.payload = to_text(Json{{"batchItemFailures", failures}})};
  };
  put("good");
  put("bad");
  EXPECT_EQ(left(), 1U);
  runtime.reply = [](const auto&, const auto&) { return runtime::Outcome{.payload = "nonsense"}; };
  advance(seconds{11});
  EXPECT_EQ(left(), 1U) << "an answer that makes no sense fails the whole batch";
  reply_with("");
  advance(seconds{12});
  EXPECT_EQ(left(), 0U);
}

TEST_F(MappingTest, RunsAFewBatchesAtOnceAndNoMore) {
  map({{"BatchSize", 1}, {"ScalingConfig", {{"MaximumConcurrency", 2}}}});
  for (const char* body : {"1", "2", "3"}) put(body);
  EXPECT_THAT(runtime.calls, SizeIs(2));
  runtime.answer(runtime::Outcome{});
  pool.run_all();
  EXPECT_THAT(runtime.calls, SizeIs(2));
  EXPECT_THAT(runtime.calls[1].invocation.payload, HasSubstr(R"("body":"3")"));
}

TEST_F(MappingTest, CanBeSwitchedOffAndChangedAndDeleted) {
  const auto uuid = map({{"Enabled", false}});
  reply_with("{}");
  put("waiting");
  EXPECT_THAT(runtime.seen, IsEmpty());
  EXPECT_EQ(good("GET", kMappings + uuid)["State"], "Disabled");
  good("PUT", kMappings + uuid, {{"Enabled", true}});
  pool.run_all();
  EXPECT_THAT(runtime.seen, SizeIs(1));
  EXPECT_EQ(good("GET", kMappings + uuid)["State"], "Enabled");
  EXPECT_THAT(good("GET", kMappings + "?FunctionName=f")["EventSourceMappings"], SizeIs(1));
  EXPECT_THAT(good("GET", kMappings + "?EventSourceArn=" + kQueueArn + "none")["EventSourceMappings"],
              IsEmpty());
  EXPECT_EQ(good("DELETE", kMappings + uuid)["State"], "Deleting");
  put("nobody's");
  EXPECT_THAT(runtime.seen, SizeIs(1));
  EXPECT_EQ(fault(ask("GET", kMappings + uuid)), "404 ResourceNotFoundException");
}

TEST_F(MappingTest, GivesPoisonUpToTheDeadLetterQueue) {
  queue("CreateQueue", {{"QueueName", "dead"}});
  queue("SetQueueAttributes", {{"QueueUrl", "/123456789012/jobs"},
                               {"Attributes",
                                {{"RedrivePolicy", to_text(Json{{"deadLetterTargetArn", kQueueArn + "dead"},
                                                                {"maxReceiveCount", 2}})}}}});
  map();
  reply_with("{}", "Unhandled");
  put("poison");
  advance(seconds{30});
  EXPECT_THAT(runtime.seen, SizeIs(2));
  EXPECT_THAT(received("dead"), SizeIs(1));
}

TEST_F(MappingTest, RefusesWhatCannotWork) {
  create("f");
  const auto refused = [&](const Json& more) { return fault(ask("POST", kMappings, mapping(more))); };
  const std::string invalid = "400 InvalidParameterValueException";
  EXPECT_EQ(refused({{"EventSourceArn", kQueueArn + "none"}}), invalid);
  EXPECT_EQ(refused({{"EventSourceArn", "arn:aws:kinesis:us-east-1:123456789012:stream/s"}}), invalid);
  EXPECT_EQ(refused({{"FunctionName", "none"}}), "404 ResourceNotFoundException");
  EXPECT_EQ(refused({{"BatchSize", 11}}), invalid);
  EXPECT_EQ(refused({{"BatchSize", 0}}), "400 ValidationException");
  EXPECT_EQ(refused({{"FilterCriteria", {{"Filters", {{{"Pattern", "{}"}}}}}}}), invalid);
  EXPECT_EQ(refused({{"StartingPosition", "LATEST"}}), invalid);
  EXPECT_EQ(refused({{"BisectBatchOnFunctionError", true}}), invalid);
  good("PUT", kFunctions + "/f/configuration", {{"Timeout", 11}});
  EXPECT_THAT(ask("POST", kMappings, mapping()).body,
              HasSubstr("Queue visibility timeout: 10 seconds is less"));
  good("PUT", kFunctions + "/f/configuration", {{"Timeout", 3}});
  map();
  EXPECT_EQ(refused(Json::object()), "409 ResourceConflictException");
}

TEST_F(MappingTest, EndsWithTheEmulatorAndWithAReset) {
  map();
  put("1");
  neighbours.reset();
  EXPECT_THAT(good("GET", kMappings)["EventSourceMappings"], IsEmpty());
  runtime.answer(runtime::Outcome{});
  pool.run_all();
  neighbours.stop();
}

}  // namespace
}  // namespace iotemu::neighbours
