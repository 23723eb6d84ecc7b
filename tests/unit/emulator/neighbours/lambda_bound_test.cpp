// Functions that somebody was named for: as other parts of the emulator call them, and as Lambda's API does.

#include "emulator/invoke/functions.h"
#include "lambda_fixture.h"

namespace iotemu::neighbours {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A function of the user's that nobody created: a webhook, a command, a callback.
class Bound final : public invoke::FunctionInvoker {
 public:
  struct Seen {
    std::vector<invoke::Invocation> calls{};
    Result<std::string> answer{std::string{"1"}};
  };
  explicit Bound(Seen& seen) : seen_{seen} {}
  void invoke(invoke::Invocation invocation, Done done) override {
    seen_.calls.push_back(std::move(invocation));
    done(seen_.answer);
  }
  void reset(const invoke::Hold& /*until*/) override {}

 private:
  Seen& seen_;
};

class BoundTest : public LambdaTest {
 protected:
  BoundTest() {
    EXPECT_TRUE(functions.add("bound", std::make_unique<Bound>(seen)).ok());
    functions.set_others(&neighbours.functions());
    neighbours.set_played_functions(functions);
  }
  std::string call(const std::string& name, invoke::Invocation invocation) {
    std::string said;
    functions.invoke(name, std::move(invocation), [&](const Result<std::string>& answer) {
      said = answer ? "ok " + *answer : "error " + answer.error().message;
    });
    return said;
  }
  Bound::Seen seen;
  invoke::Functions functions;
};

TEST_F(BoundTest, ABoundFunctionIsTriedTwiceMoreWhenItFails) {  // P4.2
  seen.answer = Error{Errc::io, "webhook answered HTTP 500"};
  EXPECT_EQ(call("bound", {.payload = R"({"n":1})", .client_id = "d", .wants_answer = false}), "ok ");
  EXPECT_THAT(seen.calls, SizeIs(1));
  advance(minutes{1});
  EXPECT_THAT(seen.calls, SizeIs(2));
  advance(minutes{10});
  ASSERT_THAT(seen.calls, SizeIs(3));
  EXPECT_EQ(seen.calls[2].payload, R"({"n":1})");
  EXPECT_EQ(seen.calls[2].client_id, "d");
}

TEST_F(BoundTest, ABoundFunctionThatSucceedsIsCalledOnceAndOneWhoseAnswerIsWantedIsNotTriedAgain) {
  EXPECT_EQ(call("bound", {.payload = "{}", .wants_answer = false}), "ok ");
  seen.answer = Error{Errc::io, "broken"};
  EXPECT_EQ(call("bound", {.payload = "{}"}), "error broken");
  advance(minutes{10});
  EXPECT_THAT(seen.calls, SizeIs(2));
}

TEST_F(BoundTest, ABoundFunctionThatWasAlsoCreatedHasItsDestinations) {
  create("bound");
  queue("CreateQueue", {{"QueueName", "failures"}});
  good("PUT", "/2019-09-25/functions/bound/event-invoke-config",
       {{"MaximumRetryAttempts", 0},
        {"DestinationConfig", {{"OnFailure", {{"Destination", kQueueArn + "failures"}}}}}});
  seen.answer = Error{Errc::io, "broken"};
  EXPECT_EQ(call("bound", {.payload = R"({"n":1})", .wants_answer = false}), "ok ");
  advance(minutes{10});
  EXPECT_THAT(seen.calls, SizeIs(1));
  EXPECT_THAT(runtime.seen, IsEmpty());
  const auto told = received("failures");
  ASSERT_THAT(told, SizeIs(1));
  const auto record = Json::parse(told[0].at("Body").get<std::string>());
  EXPECT_EQ(record.at("requestPayload"), Json::parse(R"({"n":1})"));
  EXPECT_EQ(record.at("requestContext").at("condition"), "RetriesExhausted");
  EXPECT_EQ(record.at("responsePayload").at("errorMessage"), "broken");
}

TEST_F(BoundTest, AResetForgetsWhatWouldBeTriedAgain) {
  seen.answer = Error{Errc::io, "broken"};
  call("bound", {.payload = "{}", .wants_answer = false});
  neighbours.reset();
  advance(minutes{10});
  EXPECT_THAT(seen.calls, SizeIs(1));
}

TEST_F(BoundTest, InvokeRunsABoundFunctionThatNobodyCreated) {
  seen.answer = std::string{R"({"b":  2})"};
  for (const auto& name : {std::string{"bound"}, kArn + "bound", std::string{"bound:live"}}) {
    const auto answer = invoke(name, Json{{"a", 1}}, {{"X-Amz-Log-Type", "Tail"}});
    EXPECT_EQ(answer.status, 200U) << name;
    EXPECT_EQ(answer.body, R"({"b":  2})");
    EXPECT_EQ(header(answer, "X-Amz-Executed-Version"), "$LATEST");
    EXPECT_EQ(header(answer, "X-Amz-Function-Error"), "");
    EXPECT_THAT(from_base64(header(answer, "X-Amz-Log-Result")),
                testing::Optional(HasSubstr("whoever plays it")));
  }
  ASSERT_THAT(seen.calls, SizeIs(3));
  EXPECT_EQ(seen.calls[0].payload, R"({"a":1})");
  EXPECT_EQ(seen.calls[0].realm.region, "us-east-1");
  EXPECT_TRUE(seen.calls[0].wants_answer);
  EXPECT_EQ(invoke("bound", Json::object(), {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204U);
  EXPECT_THAT(seen.calls, SizeIs(3));
  seen.answer = std::string{};
  EXPECT_EQ(invoke("bound", Json()).body, "null");
  EXPECT_EQ(seen.calls[3].payload, "{}");
}

TEST_F(BoundTest, InvokeTellsHowABoundFunctionFails) {
  seen.answer = Error{Errc::io, "handler exited 1: no"};
  const auto answer = invoke("bound", Json::object());
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(header(answer, "X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(Json::parse(answer.body),
            (Json{{"errorMessage", "handler exited 1: no"}, {"errorType", "Error"}}));
  seen.answer = Error{Errc::throttled, "more than 10 events wait"};
  EXPECT_EQ(fault(invoke("bound", Json::object())), "429 TooManyRequestsException");
  seen.answer = Error{Errc::unavailable, "the emulator was reset"};
  EXPECT_EQ(fault(invoke("bound", Json::object())), "500 ServiceException");
  EXPECT_EQ(fault(invoke("bound", Json::object(), {{"X-Amz-Client-Context", to_base64("{}")}})),
            "400 InvalidParameterValueException");
  EXPECT_EQ(fault(invoke("other", Json::object())), "404 ResourceNotFoundException");
}

TEST_F(BoundTest, AnEventForABoundFunctionIsTriedTwiceMore) {  // P4.2
  seen.answer = Error{Errc::io, "broken"};
  EXPECT_EQ(invoke_event("bound", Json{{"n", 1}}).status, 202U);
  advance(minutes{10});
  ASSERT_THAT(seen.calls, SizeIs(3));
  EXPECT_EQ(seen.calls[2].payload, R"({"n":1})");
}

TEST_F(BoundTest, ABoundFunctionIsShownAndSaysWhyItHasNoSettings) {
  create("made");
  ASSERT_TRUE(functions.add("bound:live", std::make_unique<Bound>(seen)).ok());
  std::vector<std::string> names;
  const auto listed = good("GET", kFunctions);
  for (const auto& one : listed.at("Functions")) names.push_back(one.at("FunctionName"));
  EXPECT_THAT(names, testing::ElementsAre("made", "bound"));
  const auto shown = good("GET", kFunctions + "/bound").at("Configuration");
  EXPECT_EQ(shown.at("FunctionArn"), kArn + "bound");
  EXPECT_EQ(shown.at("State"), "Active");
  EXPECT_EQ(good("GET", kFunctions + "/bound/configuration"), shown);
  const auto refused = ask("DELETE", kFunctions + "/bound");
  EXPECT_EQ(fault(refused), "404 ResourceNotFoundException");
  EXPECT_THAT(refused.body, HasSubstr("create-function"));
}

TEST_F(BoundTest, WhoeverIsNamedForAFunctionPlaysItThoughItWasCreated) {
  create("bound");
  EXPECT_EQ(invoke("bound", Json::object()).body, "1");
  EXPECT_THAT(runtime.seen, IsEmpty());
  EXPECT_EQ(good("GET", kFunctions + "/bound").at("Configuration").at("Runtime"), "nodejs8.10");
  EXPECT_THAT(good("GET", kFunctions).at("Functions"), SizeIs(1));
}

}  // namespace
}  // namespace iotemu::neighbours
