// Functions of Python, and functions that bring their own runtime.

#include "tests/unit/emulator/runtime/runtime_fixture.h"

namespace iotemu::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PythonFunctions : public RuntimeTest {
 protected:
  PythonFunctions() : RuntimeTest{{.programs = {.python = "/usr/bin/python3"}}} {}
};

TEST_F(PythonFunctions, AnswerAndAreToldWhoTheyAre) {
  const auto code = python(R"(
def lambda_handler(event, context):
    return {"got": event["a"], "name": context.function_name, "arn": context.invoked_function_arn,
            "id": context.aws_request_id, "memory": context.memory_limit_in_mb,
            "left": context.get_remaining_time_in_millis()}
)");
  const Json told = answer(code, R"({"a":[1]})");
  EXPECT_EQ(told["got"], Json::array({1}));
  EXPECT_EQ(told["name"], code->name);
  EXPECT_EQ(told["arn"], code->arn);
  EXPECT_EQ(told["memory"], "128");
  EXPECT_GT(told["left"], 20'000);
  EXPECT_EQ(
      answer(function("python3.8", "pkg/mod.py", "def run(event, context): return 'nested'", "pkg/mod.run")),
      Json("nested"));
}

TEST_F(PythonFunctions, ThatRaiseAreAnsweredErrorsAndTheNextEventIsServedByTheSameProcess) {
  const auto code = python(R"(
import os
def lambda_handler(event, context):
    if event.get("how") == "raise":
        raise KeyError("missing")
    if event.get("how") == "set":
        return {1, 2}
    return os.getpid()
)");
  const Json pid = answer(code);
  const Outcome raised = invoke(code, R"({"how":"raise"})");
  EXPECT_EQ(raised.function_error, "Unhandled");
  const Json document = *parse_json(raised.payload);
  EXPECT_EQ(document["errorType"], "KeyError");
  EXPECT_EQ(document["errorMessage"], "'missing'");
  EXPECT_EQ(document["requestId"], "00000000-0000-4000-8000-100000000001");
  ASSERT_EQ(document["stackTrace"].size(), 1U);
  EXPECT_THAT(document["stackTrace"][0].get<std::string>(), HasSubstr("lambda_function.py\", line 5"));
  EXPECT_THAT(raised.log, HasSubstr("[ERROR] KeyError: 'missing'\nTraceback (most recent call last):"));
  EXPECT_EQ(answer(code, R"({"how":"set"})")["errorType"], "Runtime.MarshalError");
  EXPECT_EQ(answer(code), pid);
}

TEST_F(PythonFunctions, ThatCannotBeLoadedSayWhy) {
  EXPECT_EQ(answer(python("import no_such_module"))["errorMessage"],
            "Unable to import module 'lambda_function': No module named 'no_such_module'");
  EXPECT_EQ(answer(python("x = 1"))["errorMessage"],
            "Handler 'lambda_handler' missing on module 'lambda_function'");
  EXPECT_EQ(answer(python("this is no code"))["errorType"], "Runtime.UserCodeSyntaxError");
  EXPECT_EQ(answer(function("python3.12", "a.py", "", "a"))["errorType"], "Runtime.MalformedHandlerName");
}

TEST_F(PythonFunctions, PrintAndLogIntoTheirInvocation) {
  const auto code = python(R"(
import logging
def lambda_handler(event, context):
    print("printed")
    logging.getLogger().warning("logged")
)");
  EXPECT_THAT(invoke(code).log,
              AllOf(HasSubstr("\nprinted\n"), HasSubstr("[WARNING]\t"), HasSubstr("\tlogged\n")));
}

TEST_F(PythonFunctions, ReachTheEmulatorWithABoto3ThatDoesNotKnowItsVariable) {
  const auto code = python(R"(
import boto3
def lambda_handler(event, context):
    return [boto3.client("iot").meta.endpoint_url, boto3.client("iot", region_name="eu-west-1").meta.region_name,
            boto3.client("iot", endpoint_url="http://mine").meta.endpoint_url]
)");
  code->memory_mb = 256;
  EXPECT_EQ(answer(code), Json::array({"http://127.0.0.1:4566", "eu-west-1", "http://mine"}));
}

TEST_F(PythonFunctions, ThatExitAreAnsweredByTheStatus) {
  const auto code = python("import sys\ndef lambda_handler(event, context): sys.exit(3)");
  const Json document = answer(code);
  EXPECT_EQ(document["errorType"], "Runtime.ExitError");
  EXPECT_EQ(
      document["errorMessage"],
      "RequestId: 00000000-0000-4000-8000-100000000000 Error: Runtime exited with error: exit status 3");
}

/// A runtime of somebody's own: it answers every event with what is asked of it.
std::string own_runtime(const std::string& answer) {
  return R"(#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    response = api.getresponse()
    return response, response.read()
while True:
    event, body = ask("GET", "invocation/next")
    id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    )" + answer;
}

class OwnRuntimes : public RuntimeTest {};

TEST_F(OwnRuntimes, TalkToTheRuntimeApiAsItIsPublished) {
  const auto echo = function(
      "provided.al2023", "bootstrap",
      own_runtime("print(ask('POST', f'invocation/{id}/response', body)[0].status, flush=True)"), "any");
  EXPECT_EQ(answer(echo, R"({"x":1})"), (Json{{"x", 1}}));
  const auto garbage = function("provided", "bootstrap",
                                own_runtime("ask('POST', f'invocation/{id}/response', b'{garbage')"), "any");
  EXPECT_EQ(answer(garbage)["errorType"], "Runtime.InvalidResponse");
  const auto huge = function("provided", "bootstrap",
                             own_runtime("ask('POST', f'invocation/{id}/response', b'1' * 7000000)"), "any");
  EXPECT_EQ(answer(huge)["errorType"], "Function.ResponseSizeTooLarge");
  const auto error = function(
      "provided", "bootstrap",
      own_runtime(
          "ask('POST', f'invocation/{id}/error', b'{\"errorType\":\"Own\",\"errorMessage\":\"words\"}')"),
      "any");
  EXPECT_EQ(answer(error), (Json{{"errorType", "Own"}, {"errorMessage", "words"}}));
}

TEST_F(OwnRuntimes, ThatMisbehaveAreToldSo) {
  const auto liar = function("provided", "bootstrap",
                             own_runtime(R"(wrong = [ask('POST', 'invocation/other/response', b'1')[0].status,
             ask('GET', 'invocation/next')[0].status, ask('GET', 'nothing')[0].status]
    import json
    ask('POST', f'invocation/{id}/response', json.dumps(wrong)))"),
                             "any");
  EXPECT_EQ(answer(liar), Json::array({400, 403, 404}));
}

TEST_F(OwnRuntimes, AreMissedByName) {
  const auto missing = function("provided.al2", "readme.txt", "no bootstrap here", "any");
  EXPECT_EQ(answer(missing)["errorType"], "Runtime.InvalidEntrypoint");
  EXPECT_FALSE(pool->can_run("java21"));
  EXPECT_THAT(pool->can_run("java21").error().message, HasSubstr("provided.al2023"));
  EXPECT_TRUE(pool->can_run("nodejs8.10"));
}

}  // namespace
}  // namespace iotemu::runtime
