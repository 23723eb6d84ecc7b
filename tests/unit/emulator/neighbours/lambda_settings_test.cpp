// Versions of functions, and what is set on functions: aliases, permissions, tags, concurrency (P9.7).

#include "lambda_fixture.h"

namespace iotemu::neighbours {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kInvalid = "400 InvalidParameterValueException";
constexpr const char* kBroken = "400 ValidationException";

TEST_F(LambdaTest, PublishesVersionsThatNeverChange) {
  create("f");
  const auto one = good("POST", kFunctions + "/f/versions", {{"Description", "first"}});
  EXPECT_EQ(one["Version"], "1");
  EXPECT_EQ(one["FunctionArn"], kArn + "f:1");
  EXPECT_EQ(good("POST", kFunctions + "/f/versions", {{"Description", "first"}})["Version"], "2");
  good("PUT", kFunctions + "/f/configuration", {{"Timeout", 9}});
  EXPECT_EQ(good("GET", kFunctions + "/f/configuration?Qualifier=1")["Timeout"], 3);
  EXPECT_THAT(good("GET", kFunctions + "/f/versions")["Versions"], SizeIs(3));
  EXPECT_EQ(fault(ask("PUT", kFunctions + "/f:1/configuration", {{"Timeout", 5}})), kInvalid);
  EXPECT_EQ(ask("DELETE", kFunctions + "/f?Qualifier=1").status, 204U);
  EXPECT_EQ(fault(ask("GET", kFunctions + "/f:1")), "404 ResourceNotFoundException");
}

TEST_F(LambdaTest, PointsAnAliasAtAVersion) {
  create("f", {{"Publish", true}});
  EXPECT_EQ(good("POST", kFunctions + "/f/aliases", {{"Name", "live"}, {"FunctionVersion", "1"}})["AliasArn"],
            kArn + "f:live");
  EXPECT_EQ(fault(ask("POST", kFunctions + "/f/aliases", {{"Name", "live"}, {"FunctionVersion", "1"}})),
            "409 ResourceConflictException");
  EXPECT_EQ(fault(ask("POST", kFunctions + "/f/aliases", {{"Name", "7"}, {"FunctionVersion", "1"}})),
            kBroken);
  EXPECT_EQ(fault(ask("POST", kFunctions + "/f/aliases", {{"Name", "x"}, {"FunctionVersion", "8"}})),
            "404 ResourceNotFoundException");
  reply_with("{}");
  EXPECT_EQ(header(invoke("f:live", Json::object()), "X-Amz-Executed-Version"), "1");
  EXPECT_EQ(header(invoke("f", Json::object()), "X-Amz-Executed-Version"), "$LATEST");
  good("PUT", kFunctions + "/f/aliases/live", {{"FunctionVersion", "$LATEST"}});
  EXPECT_EQ(header(invoke("f:live", Json::object()), "X-Amz-Executed-Version"), "$LATEST");
  EXPECT_THAT(good("GET", kFunctions + "/f/aliases")["Aliases"], SizeIs(1));
  EXPECT_EQ(ask("DELETE", kFunctions + "/f/aliases/live").status, 204U);
  EXPECT_EQ(fault(ask("GET", kFunctions + "/f/aliases/live")), "404 ResourceNotFoundException");
}

// Permissions.

TEST_F(LambdaTest, WritesAResourcePolicyStatementByStatement) {  // P9.7, P4.2
  create("f");
  EXPECT_EQ(fault(ask("GET", kFunctions + "/f/policy")), "404 ResourceNotFoundException");
  const std::string rule = "arn:aws:iot:us-east-1:123456789012:rule/jitr";
  const Json input{{"StatementId", "rule"},
                   {"Action", "lambda:InvokeFunction"},
                   {"Principal", "iot.amazonaws.com"},
                   {"SourceArn", rule},
                   {"SourceAccount", "123456789012"}};
  const auto may = [&](const std::string& source) {
    return may_invoke({}, "f", "iot.amazonaws.com", source);
  };
  const auto before = may(rule);
  ASSERT_FALSE(before);
  EXPECT_THAT(before.error().message, HasSubstr("aws lambda add-permission --function-name f"));
  const auto added = ask("POST", kFunctions + "/f/policy", input);
  EXPECT_EQ(added.status, 201U);
  const auto statement = Json::parse(Json::parse(added.body)["Statement"].get<std::string>());
  EXPECT_EQ(statement["Principal"]["Service"], "iot.amazonaws.com");
  EXPECT_EQ(statement["Resource"], kArn + "f");
  EXPECT_EQ(fault(ask("POST", kFunctions + "/f/policy", input)), "409 ResourceConflictException");
  EXPECT_TRUE(may(rule));
  EXPECT_FALSE(may(rule + "2"));
  EXPECT_FALSE(may_invoke({}, "f", "sns.amazonaws.com", rule));
  EXPECT_EQ(may_invoke({}, "none", "iot.amazonaws.com", rule).error().code, Errc::not_found);
  EXPECT_THAT(good("GET", kFunctions + "/f/policy")["Policy"].get<std::string>(),
              HasSubstr("\"Sid\":\"rule\""));
  EXPECT_EQ(ask("DELETE", kFunctions + "/f/policy/rule").status, 204U);
  EXPECT_FALSE(may(rule));
  EXPECT_EQ(fault(ask("DELETE", kFunctions + "/f/policy/rule")), "404 ResourceNotFoundException");
}

TEST_F(LambdaTest, LetsPatternsAndMissingConditionsIn) {
  create("f");
  const auto add = [&](Json more) {
    Json input{{"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "iot.amazonaws.com"}};
    input.update(more);
    good("POST", kFunctions + "/f/policy", input);
  };
  const auto may = [&](const std::string& source) {
    return may_invoke({}, kArn + "f", "iot.amazonaws.com", source).ok();
  };
  add({{"SourceArn", "arn:aws:iot:us-east-1:123456789012:rule/*"}});
  EXPECT_TRUE(may("arn:aws:iot:us-east-1:123456789012:rule/a"));
  EXPECT_FALSE(may("arn:aws:iot:eu-west-1:123456789012:rule/a"));
  good("DELETE", kFunctions + "/f/policy/s");
  add({{"SourceAccount", "999999999999"}});
  EXPECT_FALSE(may("arn:aws:iot:us-east-1:123456789012:rule/a"));
  good("DELETE", kFunctions + "/f/policy/s");
  add(Json::object());
  EXPECT_TRUE(may("arn:aws:iot:us-east-1:123456789012:rule/a"));
}

TEST_F(LambdaTest, RefusesPermissionsThatMakeNoSense) {
  create("f");
  const auto add = [&](Json more) {
    Json input{{"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "iot.amazonaws.com"}};
    input.update(more);
    return fault(ask("POST", kFunctions + "/f/policy", input));
  };
  EXPECT_EQ(add({{"StatementId", "a b"}}), kBroken);
  EXPECT_EQ(add({{"Action", "iot:Publish"}}), kBroken);
  EXPECT_EQ(add({{"Principal", "nobody"}}), kInvalid);
  EXPECT_EQ(add({{"SourceArn", "here"}}), kBroken);
  EXPECT_EQ(add({{"SourceAccount", "1"}}), kBroken);
  EXPECT_EQ(add({{"PrincipalOrgID", "o-1234567890"}}), kInvalid);
}

TEST_F(LambdaTest, KeepsTagsAndConcurrency) {
  create("f");
  const auto tags = "/2017-03-31/tags/" + kArn + "f";
  EXPECT_EQ(ask("POST", tags, {{"Tags", {{"a", "1"}, {"b", "2"}}}}).status, 204U);
  EXPECT_EQ(ask("DELETE", tags + "?tagKeys=a&tagKeys=x").status, 204U);
  EXPECT_EQ(good("GET", tags)["Tags"], (Json{{"b", "2"}}));
  const std::string concurrency = "/2017-10-31/functions/f/concurrency";
  good("PUT", concurrency, {{"ReservedConcurrentExecutions", 0}});
  EXPECT_EQ(fault(invoke("f", Json::object())), "429 TooManyRequestsException");
  good("PUT", concurrency, {{"ReservedConcurrentExecutions", 5}});
  EXPECT_EQ(good("GET", "/2019-09-30/functions/f/concurrency")["ReservedConcurrentExecutions"], 5);
  reply_with("{}");
  invoke("f", Json::object());
  EXPECT_EQ(runtime.seen.back().function->concurrency, 5U);
  EXPECT_EQ(fault(ask("PUT", concurrency, {{"ReservedConcurrentExecutions", 901}})), kInvalid);
  EXPECT_EQ(ask("DELETE", concurrency).status, 204U);
}

}  // namespace
}  // namespace iotemu::neighbours
