// The functions of SQL that ask the FunctionHost: what it is asked, what its answers become, and how its
// refusals end the rule (M 7.6, RU-28).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/seeded_random.h"
#include "rules/sql/statement.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Remembers each question as one line; answers what it was told to.
class RememberingHost final : public FunctionHost {
 public:
  Result<std::string> invoke_lambda(std::string_view arn, std::string event, std::string_view rule) override {
    return asked("lambda", arn, event, rule);
  }
  Result<std::string> dynamodb_item(std::string_view table, const DynamoKey& partition,
                                    const std::optional<DynamoKey>& sort, std::string_view role) override {
    const auto text = [](const DynamoKey& key) {
      return key.name + "=" + key.value + (key.is_number ? " (number)" : "");
    };
    return asked("dynamodb", table, text(partition) + (sort ? " " + text(*sort) : ""), role);
  }
  Result<std::string> thing_shadow(std::string_view thing, std::string_view shadow,
                                   std::string_view role) override {
    return asked("shadow", thing, shadow, role);
  }
  Result<std::string> registry_data(std::string_view api, std::string_view thing,
                                    std::string_view role) override {
    return asked("registry", api, thing, role);
  }
  Result<std::string> secret(std::string_view id, bool binary, std::string_view role) override {
    return asked("secret", id, binary ? "binary" : "string", role);
  }
  Result<std::string> predict(std::string_view model, std::string_view role, std::string record) override {
    return asked("predict", model, record, role);
  }
  Result<std::string> descriptor_file(std::string_view bucket, std::string_view file) override {
    return asked("descriptor", bucket, file);
  }

  Result<std::string> answer{std::string{"{\"answer\":1}"}};
  std::vector<std::string> questions{};

 private:
  template <class... Parts>
  Result<std::string> asked(const Parts&... parts) {
    std::string line;
    ((line += (line.empty() ? "" : "|") + std::string{parts}), ...);
    questions.push_back(line);
    return answer;
  }
};

class HostFunctions : public ::testing::Test {
 protected:
  Result<std::optional<Selected>> run(std::string_view sql, Version version = Version::v2016_03_23) {
    auto statement = Statement::compile(sql, version);
    if (!statement) return statement.error();
    may_wait = statement->may_wait();
    Message message;
    message.topic = "a/b";
    message.payload = payload;
    const Surroundings surroundings{
        .account = "123456789012", .region = "us-east-1", .rule = "r", .now_ms = 0};
    SeededRandom random{1};
    Evaluation evaluation{*statement, message, surroundings, random, host_is_there ? &host : nullptr};
    return evaluation.run();
  }
  std::string out(std::string_view sql, Version version = Version::v2016_03_23) {
    const auto result = run(sql, version);
    if (!result) return "fails: " + result.error().message;
    return *result ? (*result)->payload : "dropped";
  }

  RememberingHost host{};
  bool host_is_there{true};
  bool may_wait{false};
  std::string payload{R"({"id": "d-1", "n": 7, "deep": {"x": [1, "a"]}})"};
};

TEST_F(HostFunctions, SendTheEventToTheLambdaFunction) {
  EXPECT_EQ(out("SELECT aws_lambda('arn:f', {'v': n}).answer AS a FROM 'a/b'"), R"({"a":1})");
  EXPECT_EQ(out("SELECT aws_lambda('arn:f', deep).answer AS a FROM 'a/b'"), R"({"a":1})");
  EXPECT_EQ(out("SELECT aws_lambda('arn:f', *) AS a FROM 'a/b'", Version::v2015_10_08),
            R"({"a":{"answer":1}})");
  EXPECT_THAT(host.questions, ElementsAre(R"(lambda|arn:f|{"v":7}|r)", R"(lambda|arn:f|{"x":[1,"a"]}|r)",
                                          "lambda|arn:f|" + payload + "|r"))
      << "and are asked on behalf of the rule";
  EXPECT_TRUE(may_wait);
}

TEST_F(HostFunctions, EndTheRuleWhereALambdaFunctionFailsOrAnswersNoJson) {
  host.answer = Error{Errc::unavailable, "the function arn:f did not answer within 2000 ms"};
  EXPECT_EQ(out("SELECT aws_lambda('arn:f', *) AS a FROM 'a/b'"),
            "fails: aws_lambda(): the function arn:f did not answer within 2000 ms");
  host.answer = std::string{"plain text"};
  EXPECT_EQ(out("SELECT aws_lambda('arn:f', *) AS a FROM 'a/b'"),
            "fails: aws_lambda(): the answer is not JSON");
}

TEST_F(HostFunctions, EndTheRuleWhereAnAnswerHasMoreThan128KiB) {
  host.answer = '"' + std::string(128 * 1024, 'x') + '"';
  EXPECT_THAT(out("SELECT aws_lambda('arn:f', *) AS a FROM 'a/b'"), HasSubstr("more than 131072"));
}

TEST_F(HostFunctions, ReadAnItemByItsKeys) {
  EXPECT_EQ(out("SELECT get_dynamodb('T', 'pk', id, 'arn:role').answer AS a FROM 'a/b'"), R"({"a":1})");
  EXPECT_EQ(out("SELECT get_dynamodb('T', 'pk', n, 'sk', 'x', 'arn:role').answer AS a FROM 'a/b'"),
            R"({"a":1})");
  EXPECT_THAT(host.questions,
              ElementsAre("dynamodb|T|pk=d-1|arn:role", "dynamodb|T|pk=7 (number) sk=x|arn:role"));
}

TEST_F(HostFunctions, AreUndefinedForItemsAndKeysThatAreNotThere) {
  host.answer = std::string{};
  EXPECT_EQ(out("SELECT get_dynamodb('T', 'pk', id, 'arn:role') AS a FROM 'a/b'"), "{}");
  EXPECT_EQ(out("SELECT get_dynamodb('T', 'pk', nothing, 'arn:role') AS a FROM 'a/b'"), "{}");
  EXPECT_EQ(out("SELECT get_dynamodb('T', 'pk', id, 'sk', 'arn:role') AS a FROM 'a/b'"), "{}");
  EXPECT_EQ(host.questions.size(), 1U);
}

TEST_F(HostFunctions, EndTheRuleAtTheSecondItemOfAStatement) {
  EXPECT_EQ(
      out("SELECT get_dynamodb('T', 'pk', id, 'r') AS a, get_dynamodb('T', 'pk', n, 'r') AS b FROM 'a/b'"),
      "fails: get_dynamodb(): it may be called once in one statement");
  EXPECT_EQ(host.questions.size(), 1U);
}

TEST_F(HostFunctions, EndTheRuleAtAnItemOfMoreThan8KiB) {
  host.answer = R"({"a": ")" + std::string(8192, 'x') + "\"}";
  EXPECT_THAT(out("SELECT get_dynamodb('T', 'pk', id, 'r') AS a FROM 'a/b'"), HasSubstr("more than 8192"));
}

TEST_F(HostFunctions, ReadTheClassicShadowOrANamedOne) {
  EXPECT_EQ(out("SELECT get_thing_shadow(id, 'r').answer AS a, get_thing_shadow(id, 's', 'r').answer AS b "
                "FROM 'a/b'"),
            R"({"a":1,"b":1})");
  EXPECT_THAT(host.questions, ElementsAre("shadow|d-1||r", "shadow|d-1|s|r"));
}

TEST_F(HostFunctions, AskTheRegistryForTwoOperationsOnly) {
  EXPECT_EQ(out("SELECT get_registry_data('DescribeThing', id, 'r') AS a FROM 'a/b'"),
            R"({"a":{"answer":1}})");
  EXPECT_EQ(out("SELECT get_registry_data('ListThingGroupsForThing', id, 'r') AS a FROM 'a/b'"),
            R"({"a":{"answer":1}})");
  EXPECT_THAT(out("SELECT get_registry_data('DeleteThing', id, 'r') AS a FROM 'a/b'"),
              HasSubstr("DescribeThing or ListThingGroupsForThing"));
  EXPECT_EQ(out("SELECT get_registry_data('DescribeThing', id, 'r') AS a, "
                "get_registry_data('DescribeThing', id, 'r') AS b FROM 'a/b'"),
            "fails: get_registry_data(): it may be called once in one statement");
}

TEST_F(HostFunctions, GiveSecretsAsTheyAreOrOneOfTheirKeys) {
  host.answer = std::string{R"({"user": "u", "password": "p"})"};
  EXPECT_EQ(out("SELECT get_secret('s', 'SecretString', 'r').user AS a FROM 'a/b'"), R"({"a":"u"})");
  EXPECT_EQ(out("SELECT get_secret('s', 'SecretString', 'password', 'r') AS a FROM 'a/b'"), R"({"a":"p"})");
  host.answer = std::string{"plain"};
  EXPECT_EQ(out("SELECT get_secret('s', 'SecretString', 'r') AS a FROM 'a/b'", Version::v2015_10_08),
            R"({"a":"plain"})");
  host.answer = std::string{"AAEC"};
  EXPECT_EQ(out("SELECT get_secret('s', 'SecretBinary', 'r') AS a FROM 'a/b'"), R"({"a":"AAEC"})");
  EXPECT_THAT(host.questions, ElementsAre("secret|s|string|r", "secret|s|string|r", "secret|s|string|r",
                                          "secret|s|binary|r"));
}

TEST_F(HostFunctions, EndTheRuleAtKeysThatASecretCannotHaveWithoutTellingTheSecret) {
  host.answer = std::string{"canary-secret"};
  const std::vector<std::string> calls{"get_secret('s', 'SecretString', 'k', 'r')",
                                       "get_secret('s', 'SecretBinary', 'k', 'r')",
                                       "get_secret('s', 'Other', 'r')"};
  for (const auto& call : calls) {
    const auto text = out("SELECT " + call + " AS a FROM 'a/b'");
    EXPECT_THAT(text, HasSubstr("fails: get_secret(): ")) << call;
    EXPECT_THAT(text, Not(HasSubstr("canary"))) << call;
  }
  host.answer = std::string{R"({"canary": "canary"})"};
  EXPECT_EQ(out("SELECT get_secret('s', 'SecretString', 'k', 'r') AS a FROM 'a/b'"),
            "fails: get_secret(): the secret has no key 'k'");
}

TEST_F(HostFunctions, FlattenTheRecordOfAPrediction) {
  EXPECT_EQ(out("SELECT machinelearning_predict('m', 'r', *).answer AS a FROM 'a/b'"), R"({"a":1})");
  EXPECT_THAT(host.questions, ElementsAre(R"(predict|m|{"id":"d-1","n":7,"deep":"{\"x\":[1,\"a\"]}"}|r)"));
}

TEST_F(HostFunctions, AreRescuedByGetOrDefault) {
  host.answer = Error{Errc::not_found, "no such thing"};
  EXPECT_EQ(out("SELECT get_or_default(get_thing_shadow(id, 'r'), 'none') AS a, "
                "get_or_default(aws_lambda('f', *)) AS b FROM 'a/b'"),
            R"({"a":"none"})");
  EXPECT_EQ(host.questions.size(), 2U);
}

TEST_F(HostFunctions, MayNotBeTheDefaultOfGetOrDefault) {
  EXPECT_THAT(out("SELECT get_or_default(x, aws_lambda('f', *)) AS a FROM 'a/b'"),
              HasSubstr("get_or_default()"));
  EXPECT_THAT(host.questions, IsEmpty());
}

TEST_F(HostFunctions, EndTheRuleWhereThereIsNoHost) {
  host_is_there = false;
  EXPECT_EQ(out("SELECT aws_lambda('f', *) AS a FROM 'a/b'"),
            "fails: aws_lambda(): nobody answers it where the rule runs");
}

TEST_F(HostFunctions, AskNobodyForArgumentsThatAreNoStrings) {
  EXPECT_EQ(out("SELECT aws_lambda(n, *) AS a, get_thing_shadow(n, 'r') AS b, get_secret('s', n, 'r') AS c, "
                "machinelearning_predict('m', 'r', n) AS d, aws_lambda('f', nothing) AS e FROM 'a/b'"),
            "{}");
  EXPECT_THAT(host.questions, IsEmpty());
}

TEST_F(HostFunctions, FetchNoDescriptorForBase64) {
  EXPECT_EQ(out("SELECT decode('aGk=', 'base64') AS a FROM 'a/b'"), R"({"a":"hi"})");
  EXPECT_FALSE(may_wait);
  EXPECT_EQ(out("SELECT decode(encode(*, 'base64'), scheme, 'b', 'f', 'p', 'M') AS a FROM 'a/b'"), "{}");
  EXPECT_TRUE(may_wait);
  EXPECT_THAT(host.questions, IsEmpty());
}

TEST_F(HostFunctions, FetchTheDescriptorOfAProtobufMessage) {
  host.answer = Error{Errc::not_found, "no file f in bucket b"};
  EXPECT_EQ(out("SELECT decode(*, 'proto', 'b', 'f', 'p', 'M') AS a FROM 'a/b'"),
            "fails: decode(): no file f in bucket b");
  EXPECT_TRUE(may_wait);
  host.answer = std::string{"not a descriptor"};
  EXPECT_THAT(out("SELECT decode(encode(*, 'base64'), 'proto', 'b', 'f', 'p', 'M') AS a FROM 'a/b'"),
              HasSubstr("fails: decode(): the file is not a file descriptor set"));
  EXPECT_THAT(host.questions, ElementsAre("descriptor|b|f", "descriptor|b|f"));
}

TEST_F(HostFunctions, DecodeProtobufTwiceInAStatementAtMost) {
  const std::string once = "decode(*, 'proto', 'b', 'f', 'p', 'M')";
  const auto statement =
      Statement::compile("SELECT " + once + " AS a, " + once + " AS b FROM 'a/b'", Version::v2016_03_23);
  ASSERT_TRUE(statement.ok()) << statement.error().message;
  EXPECT_THAT(out("SELECT " + once + " AS a, " + once + " AS b, " + once + " AS c FROM 'a/b'"),
              HasSubstr("at most twice"));
  EXPECT_FALSE(Template::compile("${" + once + "}", *statement).ok());
}

}  // namespace
}  // namespace iotemu::rules::sql
