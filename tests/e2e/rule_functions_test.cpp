// Functions of SQL that ask the registry, DynamoDB and Lambda functions of this emulator (M section 7.6), and
// who may invoke those (P4.2).

#include <gmock/gmock.h>

#include "base/base64.h"
#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"
#include "tests/unit/emulator/neighbours/zip_of.h"

namespace iotemu::tests {
namespace {

using http::RawAnswer;
using http::RawClient;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kRole = "arn:aws:iam::123456789012:role/rules";
const std::string kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";

class RuleFunctions : public EmulatorTest {
 protected:
  /// Another service, on the API's port.
  RawAnswer ask(const std::string& service, const std::string& method, const std::string& path,
                const Json& input, const std::string& fields = "") {
    const auto body = input.dump();
    return RawClient{emu.api_port()}.ask(
        method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
        "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + service +
        "/aws4_request, SignedHeaders=host, Signature=00\r\n" + fields +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  void dynamodb(const std::string& operation, const Json& input) {
    const auto answer = ask(
        "dynamodb", "POST", "/", input,
        "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810." + operation + "\r\n");
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  /// The function f, by this machine's Python.
  void create_function(const std::string& body) {
    const auto zip =
        neighbours::zip_of({{.name = "index.py", .content = "def handler(event, context):\n" + body}});
    const auto answer = ask("lambda", "POST", "/2015-03-31/functions",
                            {{"FunctionName", "f"},
                             {"Role", kRole},
                             {"Runtime", "python3.11"},
                             {"Handler", "index.handler"},
                             {"Timeout", 3},
                             {"Code", {{"ZipFile", to_base64(zip)}}}});
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  void let_the_rule_call_it() {
    const auto allowed = ask("lambda", "POST", "/2015-03-31/functions/f/policy",
                             {{"StatementId", "allow-1"},
                              {"Action", "lambda:InvokeFunction"},
                              {"Principal", "iot.amazonaws.com"},
                              {"SourceArn", arn("rule/r")}});
    ASSERT_EQ(allowed.status, 201) << allowed.body;
  }
  void rule(const std::string& sql, const Json& action) {
    const Json payload{{"sql", sql}, {"awsIotSqlVersion", "2016-03-23"}, {"actions", Json::array({action})}};
    ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
  }
  /// A rule on in/+ that republishes what it selects to 'out'.
  void select(const std::string& expressions) {
    rule("SELECT " + expressions + " FROM 'in/+'", {{"republish", {{"topic", "out"}, {"roleArn", kRole}}}});
  }
  static std::string quoted(const std::string& text) { return "'" + text + "'"; }
  static std::string get_dynamodb(const std::string& arguments) {
    return "get_dynamodb(" + arguments + ", " + quoted(kRole) + ")";
  }
  /// What is logged while `step` runs and all that comes of it.
  template <class Step>
  std::string logged(const Step& step) {
    ::testing::internal::CaptureStderr();
    step();
    EXPECT_TRUE(emu.settle());
    return ::testing::internal::GetCapturedStderr();
  }

  void create_tables() {
    dynamodb("CreateTable", {{"TableName", "machines"},
                             {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
                             {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
                             {"BillingMode", "PAY_PER_REQUEST"}});
    dynamodb("PutItem",
             {{"TableName", "machines"}, {"Item", {{"id", {{"S", "lathe"}}}, {"limit", {{"N", "50"}}}}}});
    dynamodb("CreateTable", {{"TableName", "shifts"},
                             {"AttributeDefinitions",
                              {{{"AttributeName", "day"}, {"AttributeType", "N"}},
                               {{"AttributeName", "name"}, {"AttributeType", "S"}}}},
                             {"KeySchema",
                              {{{"AttributeName", "day"}, {"KeyType", "HASH"}},
                               {{"AttributeName", "name"}, {"KeyType", "RANGE"}}}},
                             {"BillingMode", "PAY_PER_REQUEST"}});
    dynamodb("PutItem", {{"TableName", "shifts"},
                         {"Item",
                          {{"day", {{"N", "7"}}},
                           {"name", {{"S", "late"}}},
                           {"staff", {{"L", {{{"S", "ann"}}, {{"N", "2"}}}}}}}}});
  }
};

TEST_F(RuleFunctions, AnItemOfDynamodbIsReadByATextKey) {
  create_tables();
  select(get_dynamodb("'machines', 'id', topic(2)") + ".limit AS most");
  const auto seen = emu.record("out");
  emu.publish("in/lathe", "{}");
  ASSERT_TRUE(emu.settle());  // rules that ask others run side by side
  emu.publish("in/nobody", "{}");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"most", 50}}, Json::object()));
}

TEST_F(RuleFunctions, AnItemOfDynamodbIsReadByANumberAndASortKey) {
  create_tables();
  select(get_dynamodb("'shifts', 'day', day, 'name', topic(2)") + " AS shift");
  const auto seen = emu.record("out");
  emu.publish("in/late", R"({"day":7})");
  EXPECT_THAT(seen.json(),
              ElementsAre(Json{{"shift", {{"day", 7}, {"name", "late"}, {"staff", {"ann", 2}}}}}));
}

TEST_F(RuleFunctions, DynamodbIsAskedOnceInAStatement) {  // RU-28
  create_tables();
  const auto one = get_dynamodb("'machines', 'id', 'lathe'");
  select(one + " AS a, " + one + " AS b");
  const auto seen = emu.record("out");
  EXPECT_THAT(logged([&] { emu.publish("in/x", "{}"); }),
              AllOf(HasSubstr("get_dynamodb"), HasSubstr("once in one statement")));
  EXPECT_THAT(seen.messages(), IsEmpty());
}

TEST_F(RuleFunctions, ATableThatIsNotThereEndsTheRule) {  // RU-28
  select(get_dynamodb("'nothing', 'id', 'lathe'") + " AS a");
  const auto seen = emu.record("out");
  EXPECT_THAT(logged([&] { emu.publish("in/x", "{}"); }),
              AllOf(HasSubstr("get_dynamodb"), HasSubstr("resource not found")));
  EXPECT_THAT(seen.messages(), IsEmpty());
}

TEST_F(RuleFunctions, GroupsOfAThingAreSelected) {
  emu.api("CreateThing", {{"thingName", "pump"}});
  emu.api("CreateThingGroup", {{"thingGroupName", "north"}});
  emu.api("AddThingToThingGroup", {{"thingName", "pump"}, {"thingGroupName", "north"}});
  select("get(get_registry_data('ListThingGroupsForThing', topic(2), " + quoted(kRole) +
         ").thingGroups, 0).groupName AS g");
  const auto seen = emu.record("out");
  emu.publish("in/pump", "{}");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"g", "north"}}));
  EXPECT_THAT(logged([&] { emu.publish("in/nobody", "{}"); }), HasSubstr("get_registry_data"));
  EXPECT_EQ(seen.messages().size(), 1U) << "a thing that is not there ends the rule";
}

TEST_F(RuleFunctions, ADeviceOverHttpsIsKnownByItsCertificateAndAddress) {  // RU-5, T-17
  select("principal() AS who, sourceip() AS ip, clientid() AS client");
  const auto seen = emu.record("out");
  const auto sender = active_device("sender", {allow("iot:Publish", arn("topic/in/x"))}).identity();
  const testing::TestIdentity used{sender.certificate_pem, sender.private_key_pem};
  const auto answer = RawClient{emu.https_port(), testing::TlsClientOptions{.identity = &used}}.ask(
      "POST /topics/in/x?qos=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(seen.json(),
              ElementsAre(Json{{"who", sender.certificate_id}, {"ip", "127.0.0.1"}, {"client", "n/a"}}));
}

TEST_F(RuleFunctions, ALambdaFunctionThatWasCreatedAnswersSql) {
  create_function("  return {'twice': event['n'] * 2}\n");
  select("aws_lambda(" + quoted(kFunction) + ", {'n': n}).twice AS t");
  const auto seen = emu.record("out");
  EXPECT_THAT(logged([&] { emu.publish("in/x", R"({"n":21})"); }), HasSubstr("aws lambda add-permission"));
  EXPECT_THAT(seen.messages(), IsEmpty()) << "P4.2";
  let_the_rule_call_it();
  emu.publish("in/x", R"({"n":21})");
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"t", 42}}));
}

TEST_F(RuleFunctions, ALambdaFunctionHasTwoSecondsToAnswerSql) {
  create_function("  while True: pass\n");
  let_the_rule_call_it();
  select("aws_lambda(" + quoted(kFunction) + ", {}) AS t");
  const auto seen = emu.record("out");
  const auto said = logged([&] { emu.publish("in/x", "{}"); });
  EXPECT_THAT(said, HasSubstr("aws_lambda(" + kFunction + "): no answer within 2000 ms"))
      << "its own Timeout is three seconds";
  EXPECT_THAT(seen.messages(), IsEmpty());
}

TEST_F(RuleFunctions, AnActionReachesACreatedFunctionOnlyWithItsPermission) {  // P4.2
  create_function("  return {}\n");
  rule("SELECT * FROM 'in/+'", {{"lambda", {{"functionArn", kFunction}}}});
  emu.publish("in/x", "{}");
  EXPECT_TRUE(emu.settle());
  const auto shown = ask("iot", "GET", "/_iot/actions", {});
  ASSERT_EQ(shown.status, 200);
  EXPECT_THAT(shown.body,
              AllOf(HasSubstr("aws lambda add-permission --function-name f"),
                    HasSubstr("--principal iot.amazonaws.com"), HasSubstr("--source-arn " + arn("rule/r"))));
  let_the_rule_call_it();
  emu.publish("in/x", "{}");
  EXPECT_TRUE(emu.settle());
  const auto actions = emu.actions();
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].outcome, ActionRecord::Outcome::failed);
  EXPECT_EQ(actions[1].outcome, ActionRecord::Outcome::delivered) << actions[1].reason;
}

}  // namespace
}  // namespace iotemu::tests
