// A rule compiled once: its actions, their templates, and what an execution makes of them (RU-2, RU-27,
// RU-29).

#include "rules/plan/rule.h"

#include "tests/unit/rules/plan/plan_support.h"

namespace iotemu::rules::plan::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Error error_of(const Result<RulePtr>& rule) {
  return rule ? Error{Errc::internal, "it compiled"} : rule.error();
}

TEST(Rule, KeepsItsFilterAndItsActionsInTheirOrder) {
  const auto rule = compile("SELECT a FROM 'x/+'", {republish("one"), republish("two")}, republish("three"));
  ASSERT_TRUE(rule.ok()) << rule.error().message;
  EXPECT_EQ((*rule)->filter(), "x/+");
  ASSERT_THAT((*rule)->actions(), SizeIs(2));
  EXPECT_EQ((*rule)->actions()[1].parameters().at("topic"), "two");
  EXPECT_EQ((*rule)->error_action()->parameters().at("topic"), "three");
  EXPECT_FALSE((*rule)->may_wait());
}

TEST(Rule, WaitsWhereItsSqlOrATemplateAsksSomebody) {
  const std::string call = "aws_lambda('arn:aws:lambda:us-east-1:123456789012:function:f', {'a': 1})";
  EXPECT_TRUE((*compile("SELECT " + call + " AS x FROM 'in'"))->may_wait());
  EXPECT_TRUE((*compile("SELECT * FROM 'in'", {republish("a/${" + call + "}")}))->may_wait());
  const auto in_error_action = *compile("SELECT * FROM 'in'", {}, republish("a/${" + call + "}"));
  EXPECT_FALSE(in_error_action->may_wait());
  EXPECT_TRUE(in_error_action->error_action()->may_wait());
}

TEST(Rule, RefusesWhatItCannotRun) {
  struct Case {
    std::string sql;
    std::vector<Json> actions;
    Json error_action;
    Errc code;
    std::string says;
  };
  const std::string sql = "SELECT * FROM 'in'";
  for (const auto& [text, actions, error_action, code, says] : std::vector<Case>{
           {"SELECT", {}, {}, Errc::sql_parse, "Line 1"},
           {"SELECT * FROM '$aws/rules/r'", {}, {}, Errc::sql_parse, "$aws/rules"},
           {sql, {Json::object()}, {}, Errc::invalid_request, "actions[0] names no action"},
           {sql,
            {republish("a"), {{"smtp", Json::object()}}},
            {},
            Errc::invalid_request,
            "actions[1] names the action 'smtp'"},
           {sql,
            {{{"sqs", Json::object()}, {"sns", Json::object()}}},
            {},
            Errc::invalid_request,
            "sns and sqs"},
           {sql, {}, Json{{"x", 1}}, Errc::invalid_request, "errorAction names the action 'x'"},
           {sql, {republish("a/${topic(}")}, {}, Errc::sql_parse, "actions[0].republish.topic: "},
           {sql, {}, republish("${"), Errc::sql_parse, "errorAction.republish.topic: "}}) {
    const auto error = error_of(compile(text, actions, error_action));
    EXPECT_EQ(error.code, code) << text << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr(says));
  }
  EXPECT_THAT(error_of(Rule::compile({.name = "r", .sql = sql, .sql_version = "2020-01-01"})).message,
              HasSubstr("2020-01-01"));
}

class ExecutionTest : public ::testing::Test {
 protected:
  Result<std::optional<Outcome>> run(const Rule& rule) {
    execution.emplace(rule, message, surroundings, random, nullptr);
    return execution->run();
  }

  Message message{.topic = "in/7", .payload = R"({"a":5,"b":"x"})", .client_id = "d"};
  Surroundings surroundings{.account = "123456789012", .region = "us-east-1", .now_ms = 1000};
  SeededRandom random{1};
  std::optional<Execution> execution;
};

TEST_F(ExecutionTest, TemplatesSeeTheMessageNotWhatIsSelected) {  // RU-27
  const auto rule =
      *compile("SELECT a AS b FROM 'in/+'", {republish("out/${b}/${topic(2)}/${a + 1}/${none}")});
  const auto outcome = run(*rule);
  ASSERT_TRUE(outcome.ok() && outcome->has_value());
  EXPECT_EQ((*outcome)->selected.payload, R"({"b":5})");
  ASSERT_THAT((*outcome)->actions, SizeIs(1));
  const auto& due = (*outcome)->actions[0];
  ASSERT_TRUE(due.parameters.ok());
  EXPECT_EQ(due.parameters->at("topic"), "out/x/7/6/");
  EXPECT_EQ(due.action->resource(*due.parameters), "out/x/7/6/");
}

TEST_F(ExecutionTest, OnlyTheFieldsThatMayAreTemplates) {  // M section 7.8
  const auto rule = *compile(
      "SELECT * FROM 'in/+'",
      {{{"http",
         {{"url", "https://h/${a}"},
          {"headers", {{{"key", "${a}"}, {"value", "v${a}"}}, {{"key", "k"}, {"value", "plain"}}}}}}},
       {{"dynamoDBv2", {{"roleArn", "${a}"}, {"putItem", {{"tableName", "t${a}"}}}}}},
       {{"kafka", {{"destinationArn", "${a}"}, {"topic", "t"}, {"clientProperties", {{"acks", "${a}"}}}}}}});
  const auto outcome = run(*rule);
  ASSERT_TRUE(outcome.ok() && outcome->has_value());
  EXPECT_EQ(*(*outcome)->actions[0].parameters,
            (Json{{"url", "https://h/5"},
                  {"headers", {{{"key", "${a}"}, {"value", "v5"}}, {{"key", "k"}, {"value", "plain"}}}}}));
  EXPECT_EQ(*(*outcome)->actions[1].parameters,
            (Json{{"roleArn", "${a}"}, {"putItem", {{"tableName", "t5"}}}}));
  EXPECT_EQ((*outcome)->actions[1].action->resource(*(*outcome)->actions[1].parameters), "t5");
  EXPECT_EQ(*(*outcome)->actions[2].parameters,
            (Json{{"destinationArn", "${a}"}, {"topic", "t"}, {"clientProperties", {{"acks", "5"}}}}));
}

TEST_F(ExecutionTest, WhereThatIsNotTrueIsNoOutcome) {  // RU-11
  const auto rule = *compile("SELECT * FROM 'in/+' WHERE a > 5", {republish("out")});
  const auto outcome = run(*rule);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->has_value());
}

TEST_F(ExecutionTest, TheErrorActionSeesTheMessageToo) {
  const auto rule = *compile("SELECT * FROM 'in/+'", {republish("out")}, republish("errors/${topic(2)}"));
  ASSERT_TRUE(run(*rule).ok());
  const auto parameters = execution->error_parameters();
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(parameters->at("topic"), "errors/7");
}

TEST(ErrorDocument, IsAsDocumentedDownToTheOrderOfItsMembers) {  // RU-29
  // sourceIp is a member of the document for a batch alone.
  const Message message{.topic = "t", .payload = "\x01{", .client_id = "c", .source_ip = "192.0.2.1"};
  EXPECT_EQ(error_document("R", message, "trace",
                           {{"S3Action", "bucket", "no such bucket"}, {"LambdaAction", "f", "gone"}}),
            R"({"ruleName":"R","topic":"t","cloudwatchTraceId":"trace","clientId":"c",)"
            R"("base64OriginalPayload":"AXs=","failures":[)"
            R"({"failedAction":"S3Action","failedResource":"bucket","errorMessage":"no such bucket"},)"
            R"({"failedAction":"LambdaAction","failedResource":"f","errorMessage":"gone"}]})");
  EXPECT_THAT(error_document("R", {}, "", {}), HasSubstr(R"("clientId":"n/a")"));
}

TEST(ActionKinds, AreNamedOnceEach) {
  std::vector<std::string_view> seen;
  for (const auto& kind : action_kinds()) {
    EXPECT_THAT(seen, ::testing::Not(::testing::Contains(kind.name)));
    seen.push_back(kind.name);
    EXPECT_EQ(find_action_kind(kind.name), &kind);
    EXPECT_TRUE(kind.failed_action.ends_with("Action"));
  }
  EXPECT_EQ(find_action_kind("Lambda"), nullptr);
}

}  // namespace
}  // namespace iotemu::rules::plan::testing
