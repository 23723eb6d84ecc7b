// Invocations: synchronous, asynchronous with their retries, and by other parts of the emulator.

#include "emulator/invoke/functions.h"
#include "lambda_fixture.h"

namespace iotemu::neighbours {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(LambdaTest, AnswersWhatTheFunctionAnswers) {  // P9.7
  create("f");
  reply_with(R"({"b":  2})");
  const auto answer = invoke("f", Json{{"a", 1}}, {{"X-Amz-Log-Type", "Tail"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"b":  2})") << "as it is, spaces and all";
  EXPECT_EQ(header(answer, "X-Amz-Executed-Version"), "$LATEST");
  EXPECT_EQ(header(answer, "X-Amz-Function-Error"), "");
  EXPECT_EQ(from_base64(header(answer, "X-Amz-Log-Result")), "START\nEND\n");
  EXPECT_EQ(runtime.seen.at(0).invocation.payload, R"({"a":1})");
  EXPECT_EQ(runtime.seen.at(0).invocation.request_id, "request-id");
  EXPECT_EQ(header(invoke("f", Json::object()), "X-Amz-Log-Result"), "");
}

TEST_F(LambdaTest, AnswersAFailureOfTheFunctionWithItsDocument) {  // P9.7
  create("f");
  reply_with(R"({"errorMessage":"no"})", "Unhandled");
  const auto answer = invoke("f", Json::object());
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(header(answer, "X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(answer.body, R"({"errorMessage":"no"})");
}

TEST_F(LambdaTest, HandsAnEmptyPayloadOnAsAnEmptyObject) {
  create("f");
  reply_with("null");
  invoke("f", Json());
  EXPECT_EQ(runtime.seen.at(0).invocation.payload, "{}");
}

TEST_F(LambdaTest, OnlyLooksInADryRun) {
  create("f");
  EXPECT_EQ(invoke("f", Json::object(), {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204U);
  EXPECT_EQ(invoke("none", Json::object(), {{"X-Amz-Invocation-Type", "DryRun"}}).status, 404U);
  EXPECT_THAT(runtime.seen, IsEmpty());
}

TEST_F(LambdaTest, PassesTheClientContextOn) {
  create("f");
  reply_with("{}");
  invoke("f", Json::object(), {{"X-Amz-Client-Context", to_base64(R"({"client":1})")}});
  EXPECT_EQ(runtime.seen.at(0).invocation.client_context, R"({"client":1})");
  EXPECT_EQ(fault(invoke("f", Json::object(), {{"X-Amz-Client-Context", "!"}})),
            "400 InvalidRequestContentException");
}

TEST_F(LambdaTest, RefusesPayloadsThatAreNoJsonOrTooLong) {
  create("f");
  const auto raw = [&](std::string body, std::vector<http::Header> headers = {}) {
    return fault(*send({.method = "POST",
                        .target = kFunctions + "/f/invocations",
                        .headers = std::move(headers),
                        .body = std::move(body)},
                       "test", "lambda"));
  };
  EXPECT_EQ(raw("{a"), "400 InvalidRequestContentException");
  EXPECT_EQ(raw('"' + std::string(6'291'456, 'x') + '"'), "413 RequestTooLargeException");
  EXPECT_EQ(raw('"' + std::string(262'144, 'x') + '"', {{"X-Amz-Invocation-Type", "Event"}}),
            "413 RequestTooLargeException");
  EXPECT_EQ(raw("{}", {{"X-Amz-Invocation-Type", "Later"}}), "400 ValidationException");
}

TEST_F(LambdaTest, SaysWhenTheRuntimeCannot) {
  create("f");
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::throttled, ""}; };
  EXPECT_EQ(fault(invoke("f", Json::object())), "429 TooManyRequestsException");
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::unavailable, "no process"}; };
  EXPECT_EQ(fault(invoke("f", Json::object())), "500 ServiceException");
}

TEST_F(LambdaTest, SaysWhichConcurrencyIsUsedUp) {
  create("f");
  runtime.reply = [](const auto&, const auto&) {
    return Error{Errc::throttled, "Rate Exceeded. (concurrency of the account: 2)"};
  };
  const auto said = [&] { return Json::parse(invoke("f", Json::object()).body); };
  EXPECT_EQ(said()["Message"], "Rate Exceeded. (concurrency of the account: 2)");
  EXPECT_EQ(said()["Reason"], "ConcurrentInvocationLimitExceeded");
  good("PUT", "/2017-10-31/functions/f/concurrency", {{"ReservedConcurrentExecutions", 0}});
  EXPECT_EQ(said()["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
}

TEST_F(LambdaTest, LetsAnAnswerBeAsLongAsAwsDoes) {
  create("f");
  reply_with('"' + std::string(6'291'554, 'x') + '"');
  EXPECT_EQ(header(invoke("f", Json::object()), "X-Amz-Function-Error"), "");
  reply_with('"' + std::string(6'291'555, 'x') + '"');
  const auto cut = invoke("f", Json::object());
  EXPECT_EQ(header(cut, "X-Amz-Function-Error"), "Unhandled");
  EXPECT_THAT(cut.body, HasSubstr("6291556"));
}

TEST_F(LambdaTest, TellsAFunctionTheArnItWasAskedBy) {  // context.invokedFunctionArn
  create("f", {{"Publish", true}});
  good("POST", kFunctions + "/f/aliases", {{"Name", "live"}, {"FunctionVersion", "1"}});
  reply_with("{}");
  for (const auto& [asked, expected] : std::vector<std::pair<std::string, std::string>>{
           {"f", "f"}, {kArn + "f", "f"}, {"f:1", "f:1"}, {"f:live", "f:live"}, {"f:$LATEST", "f:$LATEST"}}) {
    invoke(asked, Json::object());
    EXPECT_EQ(runtime.seen.back().invocation.invoked_arn, kArn + expected) << asked;
    invoke_event(asked, Json::object());
    EXPECT_EQ(runtime.seen.back().invocation.invoked_arn, kArn + expected) << asked;
  }
}

// Asynchronous.

TEST_F(LambdaTest, AcceptsAnEventAndTriesTwiceMoreWhenTheFunctionFails) {  // P4.2
  create("f");
  reply_with(R"({"errorMessage":"no"})", "Unhandled");
  EXPECT_EQ(invoke_event("f", Json{{"a", 1}}).status, 202U);
  EXPECT_THAT(runtime.seen, SizeIs(1));
  advance(seconds{59});
  EXPECT_THAT(runtime.seen, SizeIs(1));
  advance(seconds{1});
  EXPECT_THAT(runtime.seen, SizeIs(2));
  advance(minutes{2});
  EXPECT_THAT(runtime.seen, SizeIs(3));
  EXPECT_EQ(runtime.seen[0].invocation.request_id, runtime.seen[2].invocation.request_id);
  advance(hours{1});
  EXPECT_THAT(runtime.seen, SizeIs(3));
}

TEST_F(LambdaTest, GivesAnEventUpToItsDeadLetterQueue) {
  queue("CreateQueue", {{"QueueName", "dead"}});
  create("f", {{"DeadLetterConfig", {{"TargetArn", kQueueArn + "dead"}}}});
  good("PUT", "/2019-09-25/functions/f/event-invoke-config", {{"MaximumRetryAttempts", 0}});
  reply_with(R"({"errorMessage":"no"})", "Unhandled");
  invoke_event("f", Json{{"a", 1}});
  const auto letters = received("dead");
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0]["Body"], R"({"a":1})");
  EXPECT_EQ(letters[0]["MessageAttributes"]["ErrorMessage"]["StringValue"], "no");
  EXPECT_EQ(letters[0]["MessageAttributes"]["RequestID"]["StringValue"], "request-id");
}

TEST_F(LambdaTest, TellsItsDestinationsHowItEnded) {
  queue("CreateQueue", {{"QueueName", "good"}});
  queue("CreateQueue", {{"QueueName", "bad"}});
  create("f");
  good("PUT", "/2019-09-25/functions/f/event-invoke-config",
       {{"MaximumRetryAttempts", 1},
        {"DestinationConfig",
         {{"OnSuccess", {{"Destination", kQueueArn + "good"}}},
          {"OnFailure", {{"Destination", kQueueArn + "bad"}}}}}});
  reply_with(R"({"b":2})");
  invoke_event("f", Json{{"a", 1}});
  auto record = Json::parse(received("good").at(0)["Body"].get<std::string>());
  EXPECT_EQ(record["requestContext"]["condition"], "Success");
  EXPECT_EQ(record["requestPayload"], (Json{{"a", 1}}));
  EXPECT_EQ(record["responsePayload"], (Json{{"b", 2}}));
  reply_with(R"({"errorMessage":"no"})", "Unhandled");
  invoke_event("f", Json{{"a", 1}});
  advance(minutes{1});
  record = Json::parse(received("bad").at(0)["Body"].get<std::string>());
  EXPECT_EQ(record["requestContext"]["condition"], "RetriesExhausted");
  EXPECT_EQ(record["requestContext"]["approximateInvokeCount"], 2);
  EXPECT_EQ(record["responseContext"]["functionError"], "Unhandled");
  EXPECT_EQ(
      fault(ask("PUT", "/2019-09-25/functions/f/event-invoke-config",
                {{"DestinationConfig", {{"OnFailure", {{"Destination", "arn:aws:sns:us-east-1:1:t"}}}}}})),
      "400 InvalidParameterValueException");
}

TEST_F(LambdaTest, LetsEventsWaitForTheirTurnWhereTheConcurrencyIsUsedUp) {
  create("f");
  // One at a time.
  const auto one_at_a_time = [&] {
    runtime.reply = [&](const auto&, const auto&) -> Result<runtime::Outcome> {
      return Error{Errc::throttled, ""};
    };
  };
  invoke_event("f", Json{{"n", 1}});
  ASSERT_THAT(runtime.calls, SizeIs(1));
  one_at_a_time();
  invoke_event("f", Json{{"n", 2}});
  invoke_event("f", Json{{"n", 3}});
  runtime.reply = nullptr;
  runtime.answer(runtime::Outcome{.payload = "{}"});
  pool.run_all();
  ASSERT_THAT(runtime.calls, SizeIs(1)) << "without waiting for any time";
  EXPECT_EQ(runtime.calls[0].invocation.payload, R"({"n":2})");
  runtime.answer(runtime::Outcome{.payload = "{}"});
  pool.run_all();
  EXPECT_EQ(runtime.calls.at(0).invocation.payload, R"({"n":3})");
}

TEST_F(LambdaTest, LetsThousandsOfEventsWaitForARuntimeThatEnds) {
  constexpr std::size_t kEvents = 9'999;
  create("f");
  invoke_event("f", Json::object());
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::throttled, ""}; };
  for (std::size_t n = 1; n < kEvents; ++n) invoke_event("f", Json::object());
  runtime.seen.clear();
  // All of them are refused inside the call that runs them.
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::unavailable, "the emulator stops"}; };
  runtime.answer(Error{Errc::unavailable, "the emulator stops"});
  pool.run_all();
  EXPECT_THAT(runtime.seen, SizeIs(kEvents - 1));
}

TEST_F(LambdaTest, BacksOffWhileOthersUseTheConcurrencyAndGivesUpWhenTheEventIsTooOld) {
  queue("CreateQueue", {{"QueueName", "bad"}});
  create("f");
  good("PUT", "/2019-09-25/functions/f/event-invoke-config",
       {{"MaximumEventAgeInSeconds", 60},
        {"DestinationConfig", {{"OnFailure", {{"Destination", kQueueArn + "bad"}}}}}});
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::throttled, ""}; };
  invoke_event("f", Json::object());
  advance(seconds{1});
  EXPECT_THAT(runtime.seen, SizeIs(2));
  advance(minutes{1});
  EXPECT_THAT(received("bad").at(0)["Body"].get<std::string>(), HasSubstr("EventAgeExceeded"));
}

TEST_F(LambdaTest, LeavesNoEventBehindWhenTheOneBeforeItIsGivenUp) {
  queue("CreateQueue", {{"QueueName", "bad"}});
  create("f");
  good("PUT", "/2019-09-25/functions/f/event-invoke-config",
       {{"MaximumEventAgeInSeconds", 60},
        {"DestinationConfig", {{"OnFailure", {{"Destination", kQueueArn + "bad"}}}}}});
  const auto throttle = [&] {
    runtime.reply = [](const auto&, const auto&) { return Error{Errc::throttled, ""}; };
  };
  invoke_event("f", Json{{"n", 1}});  // runs
  throttle();
  for (int n = 2; n <= 4; ++n) invoke_event("f", Json{{"n", n}});  // wait for it
  advance(minutes{2});
  // It comes back throttled, too old for another attempt.
  runtime.answer(Error{Errc::throttled, ""});
  EXPECT_THAT(received("bad"), SizeIs(4)) << "those that waited are as old";
  reply_with("{}");
  invoke_event("f", Json{{"n", 5}});
  EXPECT_EQ(runtime.seen.back().invocation.payload, R"({"n":5})");
}

TEST_F(LambdaTest, CallsTheNextEventWhenTheOneBeforeItIsGivenUp) {
  create("f");
  good("PUT", "/2019-09-25/functions/f/event-invoke-config", {{"MaximumEventAgeInSeconds", 60}});
  invoke_event("f", Json{{"n", 1}});
  advance(seconds{50});
  runtime.reply = [](const auto&, const auto&) { return Error{Errc::throttled, ""}; };
  invoke_event("f", Json{{"n", 2}});
  advance(seconds{20});
  runtime.reply = nullptr;
  runtime.answer(Error{Errc::throttled, ""});
  pool.run_all();
  ASSERT_THAT(runtime.calls, SizeIs(1)) << "without waiting for any time";
  EXPECT_EQ(runtime.calls[0].invocation.payload, R"({"n":2})");
}

TEST_F(LambdaTest, ForgetsEventsOfFunctionsThatAreGone) {
  create("f");
  reply_with(R"({})", "Unhandled");
  invoke_event("f", Json::object());
  good("DELETE", kFunctions + "/f");
  advance(hours{7});
  EXPECT_THAT(runtime.seen, SizeIs(1));
}

// By name, from inside: rules, hooks, authorizers.

class ByNameTest : public LambdaTest {
 protected:
  ByNameTest() { functions.set_others(&neighbours.functions()); }
  std::string call(const std::string& name, invoke::Invocation invocation) {
    std::string said;
    functions.invoke(name, std::move(invocation), [&](const Result<std::string>& answer) {
      said = answer ? "ok " + *answer : "error " + answer.error().message;
    });
    return said;
  }
  invoke::Functions functions;
};

TEST_F(ByNameTest, ReachesFunctionsThatWereCreated) {
  create("hook");
  reply_with(R"({"allow":true})");
  EXPECT_EQ(call(kArn + "hook", {.payload = "{}"}), R"(ok {"allow":true})");
  EXPECT_EQ(call("hook", {.payload = "{}"}), R"(ok {"allow":true})");
  EXPECT_THAT(call("none", {.payload = "{}"}), HasSubstr("create-function"));
  reply_with(R"({"errorMessage":"broken"})", "Unhandled");
  EXPECT_EQ(call("hook", {.payload = "{}"}), "error broken");
}

TEST_F(ByNameTest, AsksTheResourcePolicyWhereAServiceInvokes) {  // P4.2
  create("hook");
  reply_with("{}");
  const invoke::Invocation by_rule{.payload = "{}",
                                   .wants_answer = false,
                                   .principal = "iot.amazonaws.com",
                                   .source_arn = "arn:aws:iot:us-east-1:123456789012:rule/r"};
  EXPECT_THAT(call("hook", by_rule), HasSubstr("aws lambda add-permission"));
  EXPECT_THAT(runtime.seen, IsEmpty());
  good("POST", kFunctions + "/hook/policy",
       {{"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "iot.amazonaws.com"}});
  EXPECT_EQ(call("hook", by_rule), "ok ");
  EXPECT_THAT(runtime.seen, SizeIs(1));
}

TEST_F(ByNameTest, IsAsynchronousWhereNobodyWantsTheAnswer) {
  create("hook");
  reply_with("{}", "Unhandled");
  EXPECT_EQ(call("hook", {.payload = "{}", .wants_answer = false}), "ok ");
  advance(minutes{3});
  EXPECT_THAT(runtime.seen, SizeIs(3));
}

}  // namespace
}  // namespace iotemu::neighbours
