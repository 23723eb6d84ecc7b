#include "emulator/sinks/aws_sink.h"

#include <algorithm>

#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;
using Outcome = ActionRecord::Outcome;

HttpAnswer answer(unsigned status, std::string body = "{}") {
  return {.status = status, .body = std::move(body)};
}

class AwsSinkTest : public SinksTest {
 protected:
  /// Runs the action and gives its end, if it has ended.
  std::optional<Ended>& run(const rules::ActionRequest& action) {
    const auto row = std::ranges::find(aws_actions(), action.kind, &AwsAction::kind);
    sink_ = std::make_unique<AwsSink>(*row, requests, clock, random, timers);
    ended_.reset();
    sink_->run(shared(action), [this](Ended ended) { ended_ = std::move(ended); });
    return ended_;
  }
  static rules::ActionRequest sqs() { return an_action("sqs", {{"queueUrl", "http://q"}}, "hello", false); }

  FakeRequests requests;

 private:
  std::unique_ptr<AwsSink> sink_;
  std::optional<Ended> ended_;
};

TEST_F(AwsSinkTest, RecordsWhatNobodyPlaysAndCallsItDone) {
  const auto& ended = run(sqs());
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->outcome, Outcome::recorded);
  EXPECT_FALSE(ended->failure);
  EXPECT_EQ(ended->target, "http://q");
  EXPECT_EQ(ended->operation, "sqs:SendMessage");
  EXPECT_EQ(ended->payload, "hello");
  EXPECT_THAT(ended->request_body, HasSubstr("Action=SendMessage"));
  EXPECT_TRUE(requests.sent.empty());
}

TEST_F(AwsSinkTest, SendsWhereSomebodyPlaysTheService) {
  requests.played = "sqs";
  const auto& ended = run(sqs());
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->outcome, Outcome::delivered);
  EXPECT_EQ(requests.sent.size(), 1U);
}

TEST_F(AwsSinkTest, FailsOnBytesWhereTheServiceNeedsJson) {  // RU-26
  for (const auto* kind : {"dynamoDBv2", "stepFunctions", "timestream", "iotEvents"}) {
    const auto& ended = run(an_action(kind, Json::object(), "\xff", false));
    ASSERT_TRUE(ended && ended->failure) << kind;
    EXPECT_THAT(ended->failure->message, HasSubstr("The action needs JSON"));
    EXPECT_EQ(ended->payload, "\xff");
  }
}

TEST_F(AwsSinkTest, SaysWhatTheServiceHasSaid) {  // RU-29
  requests.played = "s3";
  requests.answers.push_back(
      answer(404,
             "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>"
             "<RequestId>7</RequestId></Error>"));
  const auto& ended = run(an_action("s3", {{"bucketName", "bucket"}, {"key", "k"}}));
  ASSERT_TRUE(ended && ended->failure);
  EXPECT_EQ(ended->outcome, Outcome::failed);
  EXPECT_EQ(ended->failure->failed_action, "S3Action");
  EXPECT_EQ(ended->failure->failed_resource, "bucket");
  EXPECT_EQ(
      ended->failure->message,
      "Failed to put S3 object. The error received was The specified bucket does not exist (Service: s3; "
      "Status Code: 404; Error Code: NoSuchBucket; Request ID: 7). Message arrived on: plant/1, Action: s3");
}

TEST_F(AwsSinkTest, TriesAgainWhatMayPassWithGrowingPauses) {  // RU-28
  requests.played = "kinesis";
  requests.answers = {answer(400, R"({"__type":"ProvisionedThroughputExceededException","message":"slow"})"),
                      Error{Errc::io, "Connection refused"}};
  const auto& ended = run(an_action("kinesis", {{"streamName", "s"}, {"partitionKey", "k"}}));
  EXPECT_FALSE(ended);
  advance(std::chrono::milliseconds{199});
  EXPECT_EQ(requests.sent.size(), 1U);
  advance(std::chrono::milliseconds{1});
  EXPECT_EQ(requests.sent.size(), 2U);
  advance(std::chrono::milliseconds{399});
  EXPECT_FALSE(ended);
  advance(std::chrono::milliseconds{1});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->outcome, Outcome::delivered);
}

TEST_F(AwsSinkTest, GivesUpAfterThreeAttempts) {
  requests.played = "sqs";
  requests.answers = {answer(503), answer(500), answer(502, "<Code>Bad</Code>"), answer(200)};
  const auto& ended = run(sqs());
  advance(std::chrono::seconds{10});
  ASSERT_TRUE(ended && ended->failure);
  EXPECT_EQ(requests.sent.size(), 3U);
  EXPECT_THAT(ended->failure->message, HasSubstr("Status Code: 502"));
}

TEST_F(AwsSinkTest, DoesNotTryAgainWhatWillNotPass) {
  requests.played = "sqs";
  requests.answers = {answer(400, "<Code>InvalidMessageContents</Code>")};
  const auto& ended = run(sqs());
  ASSERT_TRUE(ended && ended->failure);
  requests.answers = {Error{Errc::unavailable, "the emulator is ending"}};
  EXPECT_TRUE(run(sqs()));
  EXPECT_EQ(requests.sent.size(), 2U);
}

TEST_F(AwsSinkTest, MakesALogStreamThatIsMissing) {
  requests.played = "logs";
  requests.answers = {answer(400, R"({"__type":"ResourceNotFoundException","message":"no stream"})"),
                      answer(200), answer(200)};
  const auto& ended = run(an_action("cloudwatchLogs", {{"logGroupName", "g"}}));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->outcome, Outcome::delivered);
  ASSERT_EQ(requests.sent.size(), 3U);
  EXPECT_EQ(requests.sent[1].operation, "CreateLogStream");
  EXPECT_EQ(requests.sent[2].operation, "PutLogEvents");
}

TEST_F(AwsSinkTest, DoesNotMakeALogStreamTwice) {
  requests.played = "logs";
  const auto missing = answer(400, R"({"__type":"ResourceNotFoundException","message":"no group"})");
  requests.answers = {missing, missing, missing};
  const auto& ended = run(an_action("cloudwatchLogs", {{"logGroupName", "g"}}));
  ASSERT_TRUE(ended && ended->failure);
  EXPECT_THAT(ended->failure->message, HasSubstr("no group"));
}

TEST_F(AwsSinkTest, AnAnswerThatRefusesAPartIsAFailure) {
  requests.played = "ioteventsdata";
  requests.answers = {answer(200, R"({"BatchPutMessageErrorEntries":[{"errorCode":"Throttling"}]})"),
                      answer(200, R"({"BatchPutMessageErrorEntries":[]})")};
  const auto action = an_action("iotEvents", {{"inputName", "i"}});
  const auto& ended = run(action);
  ASSERT_TRUE(ended && ended->failure);
  EXPECT_THAT(ended->failure->message, HasSubstr("refused a part"));
  EXPECT_EQ(run(action)->outcome, Outcome::delivered);
}

TEST_F(AwsSinkTest, RepeatsNothingOfABodyThatIsNoError) {
  requests.played = "sns";
  requests.answers = {answer(400, "<html>you sent: canary</html>")};
  EXPECT_THAT(run(an_action("sns", {{"targetArn", "arn:t"}}))->reason, testing::Not(HasSubstr("canary")));
  requests.played = "ioteventsdata";
  requests.answers = {
      answer(200, R"({"BatchPutMessageErrorEntries":[{"errorCode":"Throttling","payload":"canary"}]})")};
  const auto reason = run(an_action("iotEvents", {{"inputName", "i"}}))->reason;
  EXPECT_THAT(reason, testing::Not(HasSubstr("canary")));
  EXPECT_THAT(reason, HasSubstr("BatchPutMessageErrorEntries, Throttling"));
}

TEST_F(AwsSinkTest, ADeviceTopicDoesNotClimbOutOfItsPath) {
  requests.played = "s3";
  const auto& ended = run(an_action("s3", {{"bucketName", "b"}, {"key", "x/../../other"}}));
  ASSERT_TRUE(ended && ended->failure);
  EXPECT_THAT(ended->reason, HasSubstr("would lead to another path"));
  EXPECT_TRUE(requests.sent.empty());
}

TEST_F(AwsSinkTest, KafkaIsRecordedAndFailsClearlyWhereAnUpstreamIsNamed) {
  const auto action = an_action("kafka", {{"destinationArn", "arn:d"}, {"topic", "t"}});
  EXPECT_EQ(run(action)->outcome, Outcome::recorded);
  requests.played = "kafka";
  EXPECT_THAT(run(action)->reason, HasSubstr("the protocol of kafka is not spoken here"));
}

}  // namespace
}  // namespace iotemu::sinks
