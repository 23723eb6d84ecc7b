// Functions of SQL that ask services beside IoT (M section 7.6), which an HTTP server of the test plays.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <regex>

#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seeded_random.h"
#include "emulator/http/server.h"
#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto kRole = "'arn:aws:iam::123456789012:role/rules'";

/// Answers by X-Amz-Target, or else by path.
class Upstream {
 public:
  Upstream() : port_{*server_.listen("127.0.0.1", 0)} {}

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void answer(const std::string& to, std::string body) {
    const std::lock_guard lock{mutex_};
    answers_[to] = std::move(body);
  }
  std::vector<http::Request> asked(const std::string& by) {
    const std::lock_guard lock{mutex_};
    std::vector<http::Request> result;
    for (const auto& request : asked_) {
      if (name_of(request) == by) result.push_back(request);
    }
    return result;
  }

 private:
  static std::string name_of(const http::Request& request) {
    const auto* target = http::find_header(request.headers, "X-Amz-Target");
    return target == nullptr ? request.target : *target;
  }
  void handle(http::Request request, const http::Responder& respond) {
    const std::lock_guard lock{mutex_};
    const auto found = answers_.find(name_of(request));
    asked_.push_back(std::move(request));
    respond(found == answers_.end() ? http::Response{.status = 404} : http::Response{.body = found->second});
  }

  SystemClock clock_;
  SeededRandom random_{7};
  WorkCounter work_;
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::vector<http::Request> asked_;
  http::Server server_{
      {},
      [this](http::Request request, const http::Responder& respond) { handle(std::move(request), respond); },
      clock_,
      random_,
      work_};
  const std::uint16_t port_;
};

class RuleQuestions : public ::testing::Test {
 protected:
  RuleQuestions() {
    options.switches.http_action_confirmation = false;
    log::set_level(log::Level::trace);
    ::testing::internal::CaptureStderr();
  }
  ~RuleQuestions() override {
    (void)::testing::internal::GetCapturedStderr();
    log::set_level(log::Level::warn);
  }

  /// A rule on 'in' that republishes to 'out', and what is there behind one message.
  std::vector<Json> select(const std::string& expressions, std::string_view payload = "{}") {
    Emulator emu{options};
    rule(emu, expressions,
         {{"republish", {{"topic", "out"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}});
    const auto seen = emu.record("out");
    emu.publish("in", payload);
    return seen.json();
  }
  static void rule(Emulator& emu, const std::string& expressions, const Json& action) {
    const Json payload{{"sql", "SELECT " + expressions + " FROM 'in'"},
                       {"awsIotSqlVersion", "2016-03-23"},
                       {"actions", Json::array({action})}};
    ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
  }
  /// What was logged since the last call.
  std::string logged() {
    auto text = ::testing::internal::GetCapturedStderr();
    ::testing::internal::CaptureStderr();
    return text;
  }

  Upstream upstream;
  Options options = test_options();
};

const std::string kTarget = "secretsmanager.GetSecretValue";

TEST_F(RuleQuestions, ASecretIsFetchedSignedAndKeptFor15Minutes) {
  options.upstreams["secretsmanager"] = upstream.url();
  upstream.answer(kTarget, R"({"SecretString":"{\"user\":\"u\",\"password\":\"one\"}"})");
  Emulator emu{options};
  rule(emu, "get_secret('db', 'SecretString', 'password', " + std::string{kRole} + ") AS p",
       {{"republish", {{"topic", "out"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}});
  const auto seen = emu.record("out");
  emu.publish("in", "{}");
  EXPECT_TRUE(emu.settle());
  upstream.answer(kTarget, R"({"SecretString":"{\"password\":\"two\"}"})");
  emu.publish("in", "{}");
  EXPECT_TRUE(emu.settle());
  emu.advance(15min);
  emu.publish("in", "{}");
  EXPECT_TRUE(emu.settle());
  EXPECT_THAT(seen.json(), ElementsAre(Json{{"p", "one"}}, Json{{"p", "one"}}, Json{{"p", "two"}}));
  const auto asked = upstream.asked(kTarget);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].body, R"({"SecretId":"db"})");
  EXPECT_THAT(*http::find_header(asked[0].headers, "Authorization"),
              HasSubstr("/us-east-1/secretsmanager/aws4_request"));
}

TEST_F(RuleQuestions, ASecretStandsInNoLogAndNoRecord) {
  options.upstreams["secretsmanager"] = upstream.url();
  upstream.answer(kTarget, R"({"SecretString":"{\"password\":\"canary\"}"})");
  upstream.answer("/hook", "fine");
  {
    Emulator emu{options};
    const auto secret = "get_secret('db', 'SecretString', 'password', " + std::string{kRole} + ")";
    rule(emu, "isUndefined(" + secret + ") AS missing",
         {{"http",
           {{"url", upstream.url() + "/hook"},
            {"headers", Json::array({{{"key", "X-Key"}, {"value", "${" + secret + "}"}}})}}}});
    emu.publish("in", "{}");
    EXPECT_TRUE(emu.settle());
    ASSERT_EQ(upstream.asked("/hook").size(), 1U);
    EXPECT_EQ(*http::find_header(upstream.asked("/hook")[0].headers, "X-Key"), "canary");
    ASSERT_EQ(emu.actions().size(), 1U);
    EXPECT_EQ(emu.actions()[0].payload, R"({"missing":false})");
    const auto shown =
        http::RawClient{emu.api_port()}.ask("GET /_iot/actions HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(shown.status, 200);
    EXPECT_THAT(shown.body, AllOf(HasSubstr("\"http\""), Not(HasSubstr("canary"))));
    ASSERT_THAT(emu.api("DeleteTopicRule", {{"ruleName", "r"}}), IsOk());
    // The ways in which asking for it fails.
    rule(emu, "get_secret('db', 'SecretString', 'nothing', " + std::string{kRole} + ") AS p",
         {{"republish", {{"topic", "out"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}});
    emu.publish("in", "{}");
    EXPECT_TRUE(emu.settle());
  }
  EXPECT_THAT(logged(), AllOf(HasSubstr("the secret has no key 'nothing'"), Not(HasSubstr("canary"))));
}

TEST_F(RuleQuestions, ASecretStandsInNoRecordHoweverRequestsWriteIt) {
  const testing::TemporaryDirectory folder;
  const std::string value = R"(ca"na/ry + \mine)";
  options.upstreams["secretsmanager"] = upstream.url();
  options.record_actions = (folder / "actions").string();
  upstream.answer(kTarget, Json{{"SecretString", Json{{"password", value}}.dump()}}.dump());
  const std::string role = "arn:aws:iam::123456789012:role/rules";
  const auto secret = "get_secret('db', 'SecretString', 'password', " + std::string{kRole} + ")";
  std::string shown;
  {
    Emulator emu{options};
    const Json payload{
        {"sql", "SELECT " + secret + " AS p, encode(" + secret + ", 'base64') AS e FROM 'in'"},
        {"awsIotSqlVersion", "2016-03-23"},
        {"actions",
         Json::array(
             {{{"kinesis", {{"streamName", "s"}, {"partitionKey", "${" + secret + "}"}, {"roleArn", role}}}},
              {{"sns", {{"targetArn", "arn:aws:sns:us-east-1:123456789012:t"}, {"roleArn", role}}}},
              {{"sqs",
                {{"queueUrl", "https://sqs.us-east-1.amazonaws.com/123456789012/none"},
                 {"useBase64", true},
                 {"roleArn", role}}}},
              {{"firehose", {{"deliveryStreamName", "s"}, {"roleArn", role}}}},
              {{"s3", {{"bucketName", "b"}, {"key", "k/${" + secret + "}"}, {"roleArn", role}}}},
              {{"republish", {{"topic", "out/${" + secret + "}"}, {"roleArn", role}}}},
              {{"lambda", {{"functionArn", "arn:aws:lambda:us-east-1:123456789012:function:none"}}}}})},
        {"errorAction", {{"cloudwatchLogs", {{"logGroupName", "g"}, {"roleArn", role}}}}}};
    ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
    emu.publish("in", R"({"n":1})");
    EXPECT_TRUE(emu.settle());
    EXPECT_GE(emu.actions().size(), 7U);
    shown = http::RawClient{emu.api_port()}.ask("GET /_iot/actions HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
  }
  std::ifstream file{folder / "actions"};
  const std::string recorded{std::istreambuf_iterator<char>{file}, {}};
  const auto said = logged();
  for (const auto& text : {shown, recorded, said}) {
    for (const auto* part : {"ca\"na", "ca\\\"na", "ry +", "ry%20", "ry+", "mine", "na/ry", "na%2Fry"}) {
      EXPECT_THAT(text, Not(HasSubstr(part)));
    }
  }
  EXPECT_THAT(recorded, AllOf(HasSubstr("kinesis"), HasSubstr("***")));
  // No text that is base64 holds it.
  for (const auto& text : {shown, recorded}) {
    const std::regex encoded{"[A-Za-z0-9+/]{8,}={0,2}"};
    for (std::sregex_iterator found{text.begin(), text.end(), encoded}; found != std::sregex_iterator{};
         ++found) {
      EXPECT_THAT(from_base64(found->str()).value_or(""), Not(HasSubstr("mine"))) << found->str();
    }
  }
}

TEST_F(RuleQuestions, WithoutAnybodyToAskTheRuleEndsWithASentence) {  // RU-28
  EXPECT_THAT(select("get_secret('db', 'SecretString', " + std::string{kRole} + ") AS s"), IsEmpty());
  EXPECT_THAT(logged(), HasSubstr("--upstream secretsmanager=URL"));
  EXPECT_THAT(select("machinelearning_predict('m', " + std::string{kRole} + ", *) AS s"), IsEmpty());
  EXPECT_THAT(logged(), HasSubstr("--upstream machinelearning=URL"));
  EXPECT_THAT(select("get_thing_shadow('pump', " + std::string{kRole} + ") AS s"), IsEmpty());
  EXPECT_THAT(logged(), HasSubstr("device shadows are not built yet"));
  EXPECT_THAT(select("decode(*, 'proto', 'b', 'm.desc', 'm', 'M') AS s"), IsEmpty());
  EXPECT_THAT(logged(), HasSubstr("--bucket-folder DIR, with 'b' as its sub-folder"));
}

TEST_F(RuleQuestions, APredictionIsSelected) {
  options.upstreams["machinelearning"] = upstream.url();
  upstream.answer("AmazonML_20141212.Predict", R"({"Prediction":{"predictedLabel":"1"}})");
  EXPECT_THAT(
      select("machinelearning_predict('ml-1', " + std::string{kRole} + ", *).Prediction.predictedLabel AS l",
             R"({"temp":61,"at":{"x":1}})"),
      ElementsAre(Json{{"l", "1"}}));
  const auto asked = upstream.asked("AmazonML_20141212.Predict");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(Json::parse(asked[0].body)["Record"], (Json{{"temp", "61"}, {"at", R"({"x":1})"}}));
}

/// plant/machine.proto: Machine{string name = 1; int32 temperature = 2}.
std::string descriptor_set() {
  using Field = google::protobuf::FieldDescriptorProto;
  google::protobuf::FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("plant/machine.proto");
  file.set_package("plant");
  file.set_syntax("proto3");
  auto& machine = *file.add_message_type();
  machine.set_name("Machine");
  for (const auto& [name, number, type] :
       {std::tuple{"name", 1, Field::TYPE_STRING}, std::tuple{"temperature", 2, Field::TYPE_INT32}}) {
    auto& field = *machine.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_type(type);
    field.set_label(Field::LABEL_OPTIONAL);
  }
  return set.SerializeAsString();
}

class BucketFolder : public EmulatorTest {
 protected:
  BucketFolder() : EmulatorTest{with_folder()} {
    std::filesystem::create_directories(folder() / "schemas");
    std::ofstream{folder() / "schemas/machine.desc", std::ios::binary} << descriptor_set();
  }
  static std::filesystem::path folder() {
    static const testing::TemporaryDirectory directory;
    return directory.path();
  }
  static Options with_folder() {
    auto options = test_options();
    options.bucket_folder = folder().string();
    return options;
  }
};

TEST_F(BucketFolder, AProtobufMessageOfADeviceIsRepublishedAsJson) {
  const Json payload{
      {"sql",
       "SELECT VALUE decode(*, 'proto', 'schemas', 'machine.desc', 'machine.proto', 'Machine') FROM 'in' "
       "WHERE decode(*, 'proto', 'schemas', 'machine.desc', 'machine.proto', 'Machine').temperature > 50"},
      {"awsIotSqlVersion", "2016-03-23"},
      {"actions",
       Json::array({{{"republish", {{"topic", "out"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}}})}};
  ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
  Device device = active_device("d");
  connect(device);
  device.subscribe("out", 1);
  device.publish("in", std::string_view{"\x0a\x05lathe\x10\x3d", 9}, 1);
  device.publish("in", std::string_view{"\x0a\x05lathe\x10\x0c", 9}, 1);
  EXPECT_EQ(payloads(device.messages()), std::vector<std::string>{R"({"name":"lathe","temperature":61})"});
}

TEST_F(RuleQuestions, ADescriptorIsFetchedFromS3Signed) {
  options.upstreams["s3"] = upstream.url();
  upstream.answer("/schemas/machine.desc", descriptor_set());
  EXPECT_THAT(select("decode(*, 'proto', 'schemas', 'machine.desc', 'machine', 'Machine').name AS n",
                     std::string_view{"\x0a\x05lathe\x10\x3d", 9}),
              ElementsAre(Json{{"n", "lathe"}}));
  const auto asked = upstream.asked("/schemas/machine.desc");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_THAT(*http::find_header(asked[0].headers, "Authorization"), HasSubstr("/us-east-1/s3/aws4_request"));
}

TEST_F(RuleQuestions, AnItemOfDynamodbIsAskedSignedOfItsUpstream) {
  options.upstreams["dynamodb"] = upstream.url();
  const std::string target = "DynamoDB_20120810.GetItem";
  upstream.answer(target, R"({"Item":{"id":{"S":"lathe"},"limit":{"N":"50"}}})");
  EXPECT_THAT(
      select("get_dynamodb('machines', 'id', name, 'day', 7, " + std::string{kRole} + ").limit AS most",
             R"({"name":"lathe"})"),
      ElementsAre(Json{{"most", 50}}));
  const auto asked = upstream.asked(target);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(Json::parse(asked[0].body),
            Json::parse(R"({"TableName":"machines","Key":{"id":{"S":"lathe"},"day":{"N":"7"}}})"));
  ASSERT_NE(asked[0].header("Authorization"), nullptr);
  EXPECT_THAT(*asked[0].header("Authorization"), HasSubstr("/us-east-1/dynamodb/aws4_request"));
}

}  // namespace
}  // namespace iotemu::tests
