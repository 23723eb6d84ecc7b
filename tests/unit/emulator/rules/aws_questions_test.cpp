// What functions of SQL ask of services beside IoT (M section 7.6), with a service that the test plays.

#include "emulator/rules/aws_questions.h"

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"
#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::rule_engine {
namespace {

using sinks::HttpAnswer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

const Realm kRealm{.account = "111122223333", .region = "eu-west-1"};

class AwsQuestionsTest : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream{folder / name, std::ios::binary} << content;
  }
  void play(const std::string& service, HttpAnswer answer) {
    requests.played = service;
    requests.answers.emplace_back(std::move(answer));
  }

  testing::TemporaryDirectory folder;
  ManualClock clock;
  sinks::FakeRequests requests;
  AwsQuestions questions{requests, clock, ""};
  AwsQuestions with_folder{requests, clock, folder.path().string()};
};

TEST_F(AwsQuestionsTest, WithoutAnybodyToAskNameTheOption) {
  for (const auto& [answer, option] :
       {std::pair{questions.secret(kRealm, "s", false), "--upstream secretsmanager=URL"},
        std::pair{questions.prediction(kRealm, "m", "{}"), "--upstream machinelearning=URL"},
        std::pair{questions.descriptor_file(kRealm, "b", "k"), "--bucket-folder DIR"},
        std::pair{questions.descriptor_file(kRealm, "b", "k"), "--upstream s3=URL"}}) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Errc::not_implemented);
    EXPECT_THAT(answer.error().message, HasSubstr(option));
  }
  EXPECT_TRUE(requests.sent.empty());
}

TEST_F(AwsQuestionsTest, ADescriptorIsAFileOfTheFolder) {
  write("schemas/plant/m.desc", "bytes");
  const auto found = with_folder.descriptor_file(kRealm, "schemas", "plant/m.desc");
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(*found, "bytes");
}

TEST_F(AwsQuestionsTest, ADescriptorNeverLiesOutsideOfTheFolderOrIsTooLong) {
  write("schemas/long", std::string(AwsQuestions::kMostDescriptorBytes + 1, 'x'));
  write("schemas/fits", std::string(AwsQuestions::kMostDescriptorBytes, 'x'));
  std::filesystem::create_symlink("/etc/hostname", folder / "schemas/link");
  EXPECT_TRUE(with_folder.descriptor_file(kRealm, "schemas", "fits").ok());
  for (const auto& [bucket, key] : {std::pair{"schemas", "../schemas/fits"}, std::pair{"..", "etc/hostname"},
                                    std::pair{"schemas", "link"}, std::pair{"schemas", "/etc/hostname"},
                                    std::pair{"schemas", "long"}, std::pair{"schemas", "gone"}}) {
    const auto found = with_folder.descriptor_file(kRealm, bucket, key);
    ASSERT_FALSE(found.ok()) << bucket << ' ' << key;
    EXPECT_THAT(found.error().message, HasSubstr("Option --bucket-folder: ")) << bucket << ' ' << key;
  }
}

TEST_F(AwsQuestionsTest, ADescriptorThatTheFolderDoesNotHaveIsAskedOfS3) {
  play("s3", {.status = 200, .body = "bytes"});
  EXPECT_EQ(*with_folder.descriptor_file(kRealm, "schemas", "a b/m.desc"), "bytes");
  ASSERT_EQ(requests.sent.size(), 1U);
  EXPECT_EQ(requests.sent[0].method, "GET");
  EXPECT_EQ(requests.sent[0].target, "/schemas/a%20b/m.desc");
  EXPECT_TRUE(requests.sent[0].is_signed);
  EXPECT_EQ(requests.sent[0].most_answer_bytes, AwsQuestions::kMostDescriptorBytes);
}

TEST_F(AwsQuestionsTest, WhatS3RefusesIsToldByItsCodeAlone) {
  play("s3", {.status = 404, .body = "<Error><Code>NoSuchKey</Code><Message>x canary</Message></Error>"});
  const auto missing = with_folder.descriptor_file(kRealm, "b", "k");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(
      missing.error().message,
      AllOf(HasSubstr("--bucket-folder"), HasSubstr("s3:GetObject of 'k' in 'b' was answered 404 NoSuchKey"),
            Not(HasSubstr("canary"))));
  play("s3", {.status = 200, .body = "cut", .too_long = true});
  EXPECT_THAT(questions.descriptor_file(kRealm, "b", "k").error().message, HasSubstr("too long"));
  requests.answers.emplace_back(Error{Errc::io, "the server cannot be reached"});
  EXPECT_THAT(questions.descriptor_file(kRealm, "b", "k").error().message, HasSubstr("cannot be reached"));
}

TEST_F(AwsQuestionsTest, ASecretIsAskedByItsRequestAndKeptFor15Minutes) {
  play("secretsmanager", {.status = 200, .body = R"({"Name":"db","SecretString":"one"})"});
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "one");
  ASSERT_EQ(requests.sent.size(), 1U);
  const auto& sent = requests.sent[0];
  EXPECT_EQ(*http::find_header(sent.headers, "X-Amz-Target"), "secretsmanager.GetSecretValue");
  EXPECT_EQ(*http::find_header(sent.headers, "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(sent.body, R"({"SecretId":"db"})");
  play("secretsmanager", {.status = 200, .body = R"({"SecretString":"two"})"});
  clock.advance(15min - 1ms);
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "one");
  clock.advance(1ms);
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "two");
}

TEST_F(AwsQuestionsTest, AnItemOfDynamodbIsAskedOfTheUpstreamAndBecomesPlainJson) {
  const Json key{{"id", {{"S", "a"}}}};
  play("dynamodb",
       {.status = 200, .body = R"({"Item":{"id":{"S":"a"},"n":{"N":"2.5"},"l":{"L":[{"BOOL":true}]}}})"});
  EXPECT_EQ(*questions.dynamodb_item(kRealm, "log", key), R"({"id":"a","l":[true],"n":2.5})");
  ASSERT_EQ(requests.sent.size(), 1U);
  const auto& sent = requests.sent[0];
  EXPECT_EQ(*http::find_header(sent.headers, "X-Amz-Target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(*http::find_header(sent.headers, "Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(Json::parse(sent.body), (Json{{"TableName", "log"}, {"Key", key}}));
  EXPECT_TRUE(sent.is_signed);
  play("dynamodb", {.status = 200, .body = "{}"});
  EXPECT_EQ(*questions.dynamodb_item(kRealm, "log", key), "");
}

TEST_F(AwsQuestionsTest, WhatTheUpstreamOfDynamodbRefusesOrGarblesFails) {
  const auto why = [&](Result<HttpAnswer> answer) {
    requests.answers.push_back(std::move(answer));
    const auto item = questions.dynamodb_item(kRealm, "log", {{"id", {{"S", "a"}}}});
    return item ? "item " + *item : item.error().message;
  };
  EXPECT_THAT(
      why(HttpAnswer{.status = 400, .body = R"({"__type":"x#ResourceNotFoundException","message":"m"})"}),
      AllOf(HasSubstr("get_dynamodb: dynamodb:GetItem of an item of 'log' was answered 400"),
            HasSubstr("ResourceNotFoundException")));
  EXPECT_THAT(why(HttpAnswer{.status = 200, .body = "oh"}), HasSubstr("no JSON object"));
  EXPECT_THAT(why(HttpAnswer{.status = 200, .body = R"({"Item":{"id":"a"}})"}), HasSubstr("no item"));
  EXPECT_THAT(why(HttpAnswer{.status = 200, .body = "{}", .too_long = true}), HasSubstr("too long"));
  EXPECT_THAT(why(Error{Errc::io, "no answer within 10 s"}), HasSubstr("get_dynamodb: dynamodb:GetItem"));
}

TEST_F(AwsQuestionsTest, ASecretIsItsRealmsAndForgottenByAReset) {
  for (const char* text : {"one", "two", "three"}) {
    play("secretsmanager", {.status = 200, .body = Json{{"SecretString", text}}.dump()});
  }
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "one");
  EXPECT_EQ(*questions.secret({.account = "999999999999", .region = "eu-west-1"}, "db", false), "two");
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "one");
  questions.reset();
  EXPECT_EQ(*questions.secret(kRealm, "db", false), "three");
}

TEST_F(AwsQuestionsTest, KeepABoundedNumberOfSecrets) {
  requests.played = "secretsmanager";
  for (std::size_t i = 0; i <= AwsQuestions::kMostSecrets; ++i) {
    requests.answers.emplace_back(HttpAnswer{.status = 200, .body = R"({"SecretString":"s"})"});
    ASSERT_TRUE(questions.secret(kRealm, std::to_string(i), false).ok());
  }
  play("secretsmanager", {.status = 200, .body = R"({"SecretString":"again"})"});
  EXPECT_EQ(*questions.secret(kRealm, "0", false), "again");
}

TEST_F(AwsQuestionsTest, TakeSecretsOutOfWhatIsShown) {
  play("secretsmanager",
       {.status = 200, .body = R"({"SecretString":"{\"a\":\"ca\\\"nary\",\"b\":\"xyz\"}"})"});
  EXPECT_EQ(*questions.secret(kRealm, "db", false), R"({"a":"ca\"nary","b":"xyz"})");
  EXPECT_EQ(questions.without_secrets(R"(ca"nary {"k":"ca\"nary"} xyz)"), R"(*** {"k":"***"} xyz)");
  questions.reset();
  EXPECT_EQ(questions.without_secrets("ca\"nary"), "ca\"nary");
}

TEST_F(AwsQuestionsTest, ASecretIsTextOrBytes) {
  play("secretsmanager", {.status = 200, .body = R"({"SecretBinary":"AQI="})"});
  EXPECT_EQ(*questions.secret(kRealm, "key", true), "AQI=");
  EXPECT_EQ(questions.secret(kRealm, "key", false).error().message, "the secret 'key' has no SecretString");
}

TEST_F(AwsQuestionsTest, NothingOfAnAnswerStandsInAnError) {
  for (const auto& answer :
       {HttpAnswer{.status = 400, .body = R"({"__type":"x#ResourceNotFoundException","message":"canary"})"},
        HttpAnswer{.status = 400, .body = "canary"},
        HttpAnswer{.status = 400, .body = R"({"__type":"canary 1"})"},
        HttpAnswer{.status = 200, .body = "canary"},
        HttpAnswer{.status = 200, .body = R"({"Secret":"canary"})"},
        HttpAnswer{.status = 200, .body = R"({"SecretString":"canary)", .too_long = true}}) {
    questions.reset();
    play("secretsmanager", answer);
    const auto refused = questions.secret(kRealm, "db", false);
    ASSERT_FALSE(refused.ok()) << answer.body;
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("'db'"), Not(HasSubstr("canary"))));
  }
  play("secretsmanager", {.status = 400, .body = R"({"__type":"ResourceNotFoundException"})"});
  questions.reset();
  EXPECT_THAT(questions.secret(kRealm, "db", false).error().message,
              HasSubstr("was answered 400 ResourceNotFoundException"));
}

TEST_F(AwsQuestionsTest, APredictionIsAskedWithARecordOfStrings) {
  play("machinelearning", {.status = 200, .body = R"({"Prediction":{"predictedLabel":"1"}})"});
  EXPECT_EQ(*questions.prediction(kRealm, "ml-1", R"({"a":1.5,"b":"x","c":true})"),
            R"({"Prediction":{"predictedLabel":"1"}})");
  const auto& sent = requests.sent.at(0);
  EXPECT_EQ(*http::find_header(sent.headers, "X-Amz-Target"), "AmazonML_20141212.Predict");
  EXPECT_EQ(Json::parse(sent.body),
            (Json{{"MLModelId", "ml-1"},
                  {"Record", {{"a", "1.5"}, {"b", "x"}, {"c", "true"}}},
                  {"PredictEndpoint", "https://realtime.machinelearning.eu-west-1.amazonaws.com"}}));
}

}  // namespace
}  // namespace iotemu::rule_engine
