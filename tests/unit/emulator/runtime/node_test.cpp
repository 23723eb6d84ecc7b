// Functions of Node.js: what a handler may look like, what it is told, and what becomes of its errors.

#include "tests/unit/emulator/runtime/runtime_fixture.h"

namespace iotemu::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class NodeFunctions : public RuntimeTest {};

TEST_F(NodeFunctions, AnswerByCallbackByPromiseAndByTheContextOfTheFirstYears) {
  EXPECT_EQ(
      answer(node("exports.handler = (event, context, done) => done(null, {got: event.a});"), R"({"a":1})"),
      (Json{{"got", 1}}));
  EXPECT_EQ(answer(node("exports.handler = async (event) => ({got: event.a});"), R"({"a":2})"),
            (Json{{"got", 2}}));
  EXPECT_EQ(
      answer(node("exports.handler = (event, context) => context.succeed({got: event.a});"), R"({"a":3})"),
      (Json{{"got", 3}}));
  EXPECT_EQ(answer(node("exports.handler = (event, context) => context.done(null, 'done');")), Json("done"));
  EXPECT_EQ(answer(node("exports.handler = async () => undefined;")), Json(nullptr));
  EXPECT_EQ(answer(node("exports.handler = () => {};")), Json(nullptr));
}

TEST_F(NodeFunctions, AreFoundInEsModulesAndInNestedFoldersUnderAnyRuntimeName) {
  EXPECT_EQ(answer(function("nodejs18.x", "index.mjs", "export const handler = async () => 'mjs';",
                            "index.handler")),
            Json("mjs"));
  const auto typed =
      function("nodejs22.x", "app.js", "export const handler = async () => 'esm';", "app.handler");
  add_file(*typed, "package.json", R"({"type":"module"})");
  EXPECT_EQ(answer(typed), Json("esm"));
  const auto nested = function("nodejs8.10", "src/deep/app.js",
                               "exports.api = {run: (e, c, d) => d(null, 'deep')};", "src/deep/app.api.run");
  EXPECT_EQ(answer(nested), Json("deep"));
}

TEST_F(NodeFunctions, AreToldWhoTheyAreAndHowMuchTimeIsLeft) {
  const auto told = node(R"(
    exports.handler = async (event, context) => ({
      name: context.functionName, version: context.functionVersion, memory: context.memoryLimitInMB,
      arn: context.invokedFunctionArn, id: context.awsRequestId, group: context.logGroupName,
      left: context.getRemainingTimeInMillis(), stream: context.logStreamName });)");
  const Json context = answer(told);
  EXPECT_EQ(context["name"], told->name);
  EXPECT_EQ(context["version"], "$LATEST");
  EXPECT_EQ(context["memory"], "128");
  EXPECT_EQ(context["arn"], told->arn);
  EXPECT_EQ(context["id"], "00000000-0000-4000-8000-100000000000");
  EXPECT_EQ(context["group"], "/aws/lambda/" + told->name);
  EXPECT_GT(context["left"], 20'000);
  EXPECT_LE(context["left"], 30'000);
  EXPECT_THAT(context["stream"].get<std::string>(), HasSubstr("[$LATEST]"));
}

TEST_F(NodeFunctions, ThatThrowOrRejectAreAnsweredErrorsAndTheNextEventIsServedByTheSameProcess) {
  const auto code = node(R"(
    exports.handler = (event, context, done) => {
      if (event.how === 'throw') throw new TypeError('thrown');
      if (event.how === 'reject') return Promise.reject(new RangeError('rejected'));
      if (event.how === 'callback') return done(new Error('called back'));
      if (event.how === 'string') return done('just text');
      done(null, process.pid);
    };)");
  const Json pid = answer(code);
  const auto failed = [&](const std::string& how) {
    const Outcome outcome = invoke(code, R"({"how":")" + how + R"("})");
    EXPECT_EQ(outcome.function_error, "Unhandled");
    return *parse_json(outcome.payload);
  };
  const Json thrown = failed("throw");
  EXPECT_EQ(thrown["errorType"], "TypeError");
  EXPECT_EQ(thrown["errorMessage"], "thrown");
  EXPECT_THAT(thrown["trace"][1].get<std::string>(), HasSubstr("index.js"));
  EXPECT_EQ(failed("reject")["errorType"], "RangeError");
  EXPECT_EQ(failed("callback")["errorMessage"], "called back");
  EXPECT_EQ(failed("string")["errorType"], "string");
  EXPECT_EQ(answer(code), pid);
}

TEST_F(NodeFunctions, WhoseErrorNobodyCatchesAreAnsweredErrorsAndTheNextEventIsServed) {
  const auto code = node(R"(
    exports.handler = (event, context, done) => {
      if (event.how === 'late') return setTimeout(() => { undefinedFunction(); }, 1);
      if (event.how === 'stray') { Promise.reject(new Error('nobody waits')); return; }
      done(null, 'served');
    };)");
  const Outcome late = invoke(code, R"({"how":"late"})");
  EXPECT_EQ(late.function_error, "Unhandled");
  EXPECT_EQ((*parse_json(late.payload))["errorType"], "ReferenceError");
  EXPECT_EQ((*parse_json(late.payload))["errorMessage"], "undefinedFunction is not defined");
  EXPECT_EQ(answer(code), Json("served"));
  const Json stray = answer(code, R"({"how":"stray"})");
  EXPECT_EQ(stray["errorType"], "Runtime.UnhandledPromiseRejection");
  EXPECT_EQ(stray["errorMessage"], "Error: nobody waits");
  EXPECT_EQ(answer(code), Json("served"));
}

TEST_F(NodeFunctions, WaitForAnEmptyEventLoopAfterTheCallbackUnlessTheyAreToldNotTo) {
  const auto code = node(R"(
    exports.handler = (event, context, done) => {
      context.callbackWaitsForEmptyEventLoop = event.wait;
      setTimeout(() => console.log('last words'), 200);
      done(null, 1);
    };)");
  EXPECT_THAT(invoke(code, R"({"wait":true})").log, HasSubstr("last words"));
  EXPECT_THAT(invoke(code, R"({"wait":false})").log, Not(HasSubstr("last words")));
}

TEST_F(NodeFunctions, ThatCannotBeLoadedSayWhy) {
  const auto type_of = [&](const std::shared_ptr<Function>& broken) {
    const Outcome outcome = invoke(broken);
    EXPECT_EQ(outcome.function_error, "Unhandled");
    return (*parse_json(outcome.payload))["errorType"];
  };
  EXPECT_EQ(type_of(node("require('no-such-module');")), "Runtime.ImportModuleError");
  EXPECT_EQ(type_of(node("exports.other = 1;")), "Runtime.HandlerNotFound");
  EXPECT_EQ(type_of(node("exports.handler = 1;")), "Runtime.HandlerNotFound");
  EXPECT_EQ(type_of(node("this is no code")), "Runtime.UserCodeSyntaxError");
  EXPECT_EQ(type_of(node("throw new EvalError('at once');")), "EvalError");
  EXPECT_EQ(type_of(function("nodejs20.x", "index.js", "", "handler")), "Runtime.MalformedHandlerName");
  EXPECT_EQ(type_of(function("nodejs20.x", "index.js", "", "missing.handler")), "Runtime.ImportModuleError");
}

TEST_F(NodeFunctions, WriteLinesWithTimeRequestIdAndLevel) {
  const auto code =
      node("exports.handler = async () => { console.warn('two\\nlines'); console.error({a: 1}); };");
  const Outcome outcome = invoke(code);
  const std::string id = "00000000-0000-4000-8000-100000000000";
  EXPECT_THAT(outcome.log,
              AllOf(HasSubstr("START RequestId: " + id + " Version: $LATEST\n"),
                    HasSubstr("Z\t" + id + "\tWARN\ttwo\nlines\n"),
                    HasSubstr("Z\t" + id + "\tERROR\t{ a: 1 }\n"), HasSubstr("END RequestId: " + id + "\n"),
                    HasSubstr("REPORT RequestId: " + id + "\tDuration: "), HasSubstr("Init Duration: ")));
  EXPECT_THAT(invoke(code).log, Not(HasSubstr("Init Duration: ")));
  const Json lines = pool->logs(code->name);
  EXPECT_EQ(lines.front()["message"], "START RequestId: " + id + " Version: $LATEST");
  EXPECT_EQ(lines.front()["function"], code->name);
  EXPECT_EQ(pool->logs("another"), Json::array());
}

TEST_F(NodeFunctions, KnowTheArnThatWasAskedForAndTheirVersion) {
  const auto code = node(
      "exports.handler = async (event, context) => [context.invokedFunctionArn, context.functionVersion, "
      "context.logStreamName.replace(/.*\\[/, '[').slice(0, 3)];");
  const std::string arn = code->arn;
  code->arn += ":7";
  code->version = "7";
  EXPECT_EQ(answer(code), Json::array({arn + ":7", "7", "[7]"}));
  std::string said;
  pool->invoke(code, {.request_id = "1", .payload = "{}", .invoked_arn = arn + ":live"},
               [&](const Result<Outcome>& outcome) { said = outcome ? outcome->payload : "error"; });
  settle();
  EXPECT_THAT(said, HasSubstr(arn + ":live"));
  EXPECT_FALSE(pool->logs(arn).empty()) << "without a qualifier all versions are meant";
  EXPECT_FALSE(pool->logs(arn + ":7").empty());
  EXPECT_TRUE(pool->logs(arn + ":8").empty());
}

/// As much of the SDK's second version as is looked at: configurations with keys and defaults, and services.
constexpr const char* kLikeSdk = R"(
  function Config(options) {
    for (const key of Object.keys(this.keys)) {
      this[key] = options && options[key] !== undefined ? options[key] : this.keys[key];
    }
  }
  Config.prototype.keys = {endpoint: undefined, region: undefined, s3ForcePathStyle: false};
  function Service() {}
  module.exports = {Config, Service, config: new Config()};)";

TEST_F(NodeFunctions, ReachTheEmulatorWithTheSdkThatDoesNotKnowItsVariable) {
  const auto code = node(R"(
    const AWS = require('aws-sdk');
    exports.handler = async () => {
      const first = AWS.config.endpoint;
      AWS.config = new AWS.Config({region: 'eu-west-1'});
      return {first, second: AWS.config.endpoint, region: AWS.config.region,
              own: new AWS.Config({endpoint: 'http://mine'}).endpoint, path: AWS.config.s3ForcePathStyle};
    };)");
  add_file(*code, "node_modules/aws-sdk/index.js", kLikeSdk);
  EXPECT_EQ(answer(code), (Json{{"first", "http://127.0.0.1:4566"},
                                {"second", "http://127.0.0.1:4566"},
                                {"region", "eu-west-1"},
                                {"own", "http://mine"},
                                {"path", true}}));
}

TEST_F(NodeFunctions, FindModulesThatTheirCodeDoesNotCarryInTheModuleFolder) {
  const auto code = node("exports.handler = async () => require('shared').name;");
  EXPECT_THAT(answer(code)["errorMessage"].get<std::string>(), HasSubstr("Cannot find module 'shared'"));
  const auto modules = folder / "modules";
  std::filesystem::create_directories(modules / "node_modules/shared");
  std::ofstream{modules / "node_modules/shared/index.js"} << "exports.name = 'from the folder';";
  open({.programs = {.modules = modules.string()}});
  EXPECT_EQ(answer(code), Json("from the folder"));
  const auto esm = function("nodejs20.x", "index.mjs",
                            "import shared from 'shared'; export const handler = async () => shared.name;",
                            "index.handler");
  EXPECT_EQ(answer(esm), Json("from the folder"));
}

}  // namespace
}  // namespace iotemu::runtime
