#include "emulator/sinks/http_action.h"

#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using Outcome = ActionRecord::Outcome;

class OpenDestinations final : public HttpDestinations {
 public:
  [[nodiscard]] Status may_send(const Realm& /*realm*/, const std::string& /*url*/,
                                const std::string& /*confirmation_url*/) const override {
    if (closed) return Error{Errc::invalid_request, "the topic rule destination is DISABLED"};
    return Ok{};
  }
  bool closed{false};
};

class KeptFailures final : public rules::BatchFailures {
 public:
  void batch_failed(const rules::ActionRequest& last, std::string document) override {
    documents.push_back(std::move(document));
    last_payloads.push_back(last.payload);
  }
  std::vector<std::string> documents{};
  std::vector<std::string> last_payloads{};
};

http::Outcome answer(unsigned status) {
  return {.answer = {.status = status}};
}

class HttpActionTest : public SinksTest {
 protected:
  void run(Json parameters, std::string payload = R"({"t":1})", bool is_json = true,
           std::string topic = "plant/1", bool is_error_action = false) {
    parameters.emplace("url", "https://hook.test/in");
    auto action = an_action("http", std::move(parameters), std::move(payload), is_json);
    action.topic = std::move(topic);
    action.is_error_action = is_error_action;
    http.run(shared(std::move(action)), [this](Ended ended) { ends.push_back(std::move(ended)); });
  }
  static Json batching(Json config = Json::object()) {
    return {{"enableBatching", true}, {"batchConfig", std::move(config)}};
  }
  std::string header(std::size_t call, std::string_view name) {
    const auto* found = http::find_header(client.sent.at(call).headers, name);
    return found == nullptr ? "(none)" : *found;
  }

  FakeClient client;
  OpenDestinations destinations;
  KeptFailures failures;
  HttpPoster poster{client, clock, timers,
                    [](const Realm& /*realm*/, const std::string& role) -> Result<http::AwsCredentials> {
                      if (!role.starts_with("arn:")) return Error{Errc::invalid_request, "it is no role"};
                      return http::AwsCredentials{
                          .access_key = "KEY", .secret = role, .session_token = "TOKEN"};
                    }};
  HttpAction http{poster, destinations, failures, timers};
  std::vector<Ended> ends;
};

TEST_F(HttpActionTest, PostsTheResult) {  // RU-30
  run({{"url", "http://127.0.0.1:8080/in?x=1"}});
  ASSERT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(client.sent[0].method, "POST");
  EXPECT_EQ(client.sent[0].url.text(), "http://127.0.0.1:8080/in?x=1");
  EXPECT_EQ(client.sent[0].body, R"({"t":1})");
  EXPECT_EQ(header(0, "Content-Type"), "application/json");
  EXPECT_EQ(ends.at(0).outcome, Outcome::delivered);
  EXPECT_EQ(ends[0].target, "http://127.0.0.1:8080/in?x=1");
}

TEST_F(HttpActionTest, PostsBytesAsBytes) {
  run(Json::object(), "\xff", false);
  EXPECT_EQ(header(0, "Content-Type"), "application/octet-stream");
}

TEST_F(HttpActionTest, SendsTheHeadersOfTheAction) {
  run({{"headers",
        Json::array({{{"key", "content-type"}, {"value", "text/odd"}}, {{"key", "X-A"}, {"value", "b"}}})}});
  EXPECT_EQ(header(0, "Content-Type"), "text/odd");
  EXPECT_EQ(header(0, "X-A"), "b");
}

TEST_F(HttpActionTest, RefusesHeadersThatWouldSmuggle) {
  const auto refused = [&](const std::string& key, const std::string& value) {
    run({{"headers", Json::array({{{"key", key}, {"value", value}}})}});
    return ends.back().failure ? ends.back().failure->message : "it was sent";
  };
  EXPECT_THAT(refused("X", "a\r\nY: b"), HasSubstr("holds a control character"));
  EXPECT_THAT(refused("X Y", "a"), HasSubstr("is no name of a header"));
  EXPECT_THAT(refused("Transfer-Encoding", "chunked"), HasSubstr("is set by the service itself"));
  EXPECT_THAT(refused("host", "other"), HasSubstr("is set by the service itself"));
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(HttpActionTest, RefusesUrlsThatItCannotAsk) {
  for (const auto* url : {"ftp://x", "file:///etc/passwd", "http://", "http://u:p@host/", "http://h:0/",
                          "http://h/a b", "http://h/\xc3\xa4"}) {
    run({{"url", url}});
    ASSERT_TRUE(ends.back().failure) << url;
    EXPECT_THAT(ends.back().failure->message,
                HasSubstr("HttpAction failed to make a request to the specified endpoint. Reason: the URL"));
  }
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(HttpActionTest, ShowsNoPasswordOfAUrl) {
  for (const auto* url : {"http://user:canary@host/", "ftp://user:canary@host/", "ftp://host/?key=canary",
                          "http://h/ ?canary"}) {
    run({{"url", url}});
    EXPECT_THAT(ends.back().reason, testing::Not(HasSubstr("canary")));
  }
}

TEST_F(HttpActionTest, SignsWithCredentialsOfTheRole) {
  run({{"auth",
        {{"sigv4",
          {{"roleArn", "arn:r"}, {"signingRegion", "eu-west-1"}, {"serviceName", "execute-api"}}}}}});
  EXPECT_THAT(
      header(0, "Authorization"),
      testing::StartsWith("AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/execute-api/aws4_request"));
  EXPECT_EQ(header(0, "X-Amz-Security-Token"), "TOKEN");
}

TEST_F(HttpActionTest, FailsWhereItCannotSign) {
  const auto refused = [&](const std::string& role, const std::string& region, const std::string& service) {
    run({{"auth", {{"sigv4", {{"roleArn", role}, {"signingRegion", region}, {"serviceName", service}}}}}});
    return ends.back().failure ? ends.back().failure->message : "it was sent";
  };
  EXPECT_THAT(refused("r", "eu-west-1", "s"), HasSubstr("auth.sigv4: it is no role"));
  EXPECT_THAT(refused("arn:r", "eu\r\nX: y", "s"), HasSubstr("signingRegion must be of letters"));
  EXPECT_THAT(refused("arn:r", "eu-west-1", "a/b"), HasSubstr("serviceName must be of letters"));
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(HttpActionTest, FailsWhileItsDestinationIsNotEnabled) {
  destinations.closed = true;
  run(Json::object());
  ASSERT_TRUE(ends.at(0).failure);
  EXPECT_EQ(ends[0].failure->failed_action, "HttpAction");
  EXPECT_EQ(ends[0].failure->failed_resource, "https://hook.test/in");
  EXPECT_THAT(ends[0].failure->message, HasSubstr("is DISABLED"));
  EXPECT_TRUE(client.sent.empty());
}

TEST_F(HttpActionTest, TriesThreeTimesOn429And5xx) {  // RU-31
  client.answers = {answer(500), answer(429), answer(503), answer(200)};
  run(Json::object());
  advance(10s);
  EXPECT_EQ(client.sent.size(), 3U);
  ASSERT_TRUE(ends.at(0).failure);
  EXPECT_EQ(ends[0].failure->message,
            "HttpAction failed to make a request to the specified endpoint. StatusCode: 503. Reason: Service "
            "Unavailable.");
}

TEST_F(HttpActionTest, StaysWithinItsThreeSeconds) {  // RU-31
  client.answers = {answer(500), answer(500)};
  run(Json::object());
  EXPECT_EQ(client.sent[0].time_limit, 3s);
  advance(100ms);
  EXPECT_EQ(client.sent.at(1).time_limit, 2900ms);
}

TEST_F(HttpActionTest, TriesOnceWhereTheAnswerIsFinal) {  // RU-31
  const std::vector<http::Outcome> final_answers{
      answer(404),
      answer(302),
      {.ending = http::Ending::too_long, .answer = {.status = 500}},
      {.ending = http::Ending::garbled, .why = "closed"}};
  for (const auto& one : final_answers) {
    client.sent.clear();
    client.answers = {one};
    run(Json::object());
    advance(10s);
    EXPECT_EQ(client.sent.size(), 1U);
    EXPECT_TRUE(ends.back().failure);
  }
}

TEST_F(HttpActionTest, BatchesUntilTheirTimeIsOver) {  // RU-32
  run(batching(), "{\"a\":1}");
  run(batching(), "2");
  advance(19ms);
  EXPECT_TRUE(client.sent.empty());
  advance(1ms);
  ASSERT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(client.sent[0].body, "[{\"a\":1},2]");
  EXPECT_EQ(ends.size(), 2U);
}

TEST_F(HttpActionTest, BatchesUntilTheyAreFull) {  // RU-32
  for (int i = 0; i < 3; ++i) run(batching({{"maxBatchSize", 2}}), std::to_string(i));
  ASSERT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(client.sent[0].body, "[0,1]");
  advance(20ms);
  ASSERT_EQ(client.sent.size(), 2U);
  EXPECT_EQ(client.sent[1].body, "[2]");
}

TEST_F(HttpActionTest, BatchesHoldNoMoreThanTheirBytes) {  // RU-32
  const auto half = "\"" + std::string(60, 'x') + "\"";
  const auto config = batching({{"maxBatchSizeBytes", 100}});
  run(config, half);
  run(config, half);
  ASSERT_EQ(client.sent.size(), 1U);
  EXPECT_EQ(client.sent[0].body, "[" + half + "]");
  run(config, "\"" + std::string(200, 'y') + "\"");
  EXPECT_EQ(client.sent.size(), 3U);
}

TEST_F(HttpActionTest, BatchesAreOfOneTopicUnlessTheyGoAcross) {  // RU-32
  run(batching(), "1", true, "a");
  run(batching(), "2", true, "b");
  advance(20ms);
  EXPECT_EQ(client.sent.size(), 2U);
  run(batching({{"batchAcrossTopics", true}}), "1", true, "a");
  run(batching({{"batchAcrossTopics", true}}), "2", true, "b");
  advance(20ms);
  ASSERT_EQ(client.sent.size(), 3U);
  EXPECT_EQ(client.sent[2].body, "[1,2]");
}

TEST_F(HttpActionTest, ABatchHasTheHeadersOfItsLastMessageAndIsJson) {  // RU-32
  for (const auto* value : {"one", "two"}) {
    auto parameters = batching();
    parameters["headers"] =
        Json::array({{{"key", "X-A"}, {"value", value}}, {{"key", "Content-Type"}, {"value", "text/plain"}}});
    run(parameters);
  }
  advance(20ms);
  EXPECT_EQ(header(0, "X-A"), "two");
  EXPECT_EQ(header(0, "Content-Type"), "application/json");
}

TEST_F(HttpActionTest, BytesCannotBePartOfABatch) {  // RU-32
  run(batching(), "\xff", false);
  ASSERT_TRUE(ends.at(0).failure);
  EXPECT_THAT(ends[0].failure->message, HasSubstr("cannot be part of a batch"));
}

TEST_F(HttpActionTest, AFailedBatchRunsOneErrorAction) {  // RU-32
  client.answers = {answer(500), answer(500), answer(500)};
  run(batching(), "1");
  run(batching(), "2");
  advance(10s);
  ASSERT_EQ(failures.documents.size(), 1U);
  EXPECT_EQ(failures.last_payloads[0], "2");
  EXPECT_EQ(
      failures.documents[0],
      R"({"ruleName":"hot","topic":"plant/1","payloadsWithMetadata":[)"
      R"({"id":1,"cloudwatchTraceId":"trace-1","clientId":"pump","sourceIp":"192.0.2.1",)"
      R"("base64OriginalPayload":"eyJyYXciOjF9"},)"
      R"({"id":2,"cloudwatchTraceId":"trace-1","clientId":"pump","sourceIp":"192.0.2.1",)"
      R"("base64OriginalPayload":"eyJyYXciOjF9"}],)"
      R"("failures":[{"affectedIds":[1,2],"failedAction":"HttpAction","failedResource":"https://hook.test/in",)"
      R"("errorMessage":"HttpAction failed to make a request to the specified endpoint. StatusCode: 500. )"
      R"(Reason: Internal Server Error."}]})");
  ASSERT_EQ(ends.size(), 2U);
  for (const auto& ended : ends) {
    EXPECT_EQ(ended.outcome, Outcome::failed);
    EXPECT_FALSE(ended.failure) << "the engine was told once, for all of them";
  }
}

TEST_F(HttpActionTest, ABatchAcrossTopicsSaysTheTopicOfEachMessage) {  // RU-32
  client.answers = {answer(400)};
  run(batching({{"batchAcrossTopics", true}}), "1", true, "plant/1");
  run(batching({{"batchAcrossTopics", true}}), "2", true, "plant/2");
  advance(1s);
  const auto document = Json::parse(failures.documents.at(0));
  EXPECT_FALSE(document.contains("topic"));
  EXPECT_EQ(document["payloadsWithMetadata"][0]["topic"], "plant/1");
  EXPECT_EQ(document["payloadsWithMetadata"][1]["topic"], "plant/2");
}

TEST_F(HttpActionTest, AFailedBatchOfAnErrorActionEndsThere) {  // RU-29
  client.answers = {answer(400)};
  run(batching(), "1", true, "plant/1", true);
  run(batching(), "2", true, "plant/1", true);
  advance(10s);
  EXPECT_TRUE(failures.documents.empty()) << "it would run itself again for ever";
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].outcome, Outcome::failed);
}

TEST_F(HttpActionTest, AnErrorActionHasBatchesOfItsOwn) {
  run(batching(), "1");
  run(batching(), "2", true, "plant/1", true);
  advance(1s);
  EXPECT_EQ(client.sent.size(), 2U);
}

TEST_F(HttpActionTest, AResetForgetsWhatWaitsToBeTriedAgain) {
  client.answers = {answer(500), answer(500)};
  run(Json::object());
  run(batching());
  advance(20ms);
  ASSERT_EQ(client.sent.size(), 2U);
  poster.reset();
  http.reset();
  advance(1s);
  EXPECT_EQ(client.sent.size(), 2U);
  EXPECT_EQ(ends.size(), 2U) << "nothing stays under way";
  EXPECT_TRUE(failures.documents.empty()) << "no error action is run behind a reset";
}

TEST_F(HttpActionTest, AResetForgetsOpenBatches) {
  run(batching());
  http.reset();
  EXPECT_EQ(ends.size(), 1U) << "nothing stays under way";
  advance(1s);
  EXPECT_TRUE(client.sent.empty());
}

}  // namespace
}  // namespace iotemu::sinks
