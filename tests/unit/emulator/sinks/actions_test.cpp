#include "emulator/sinks/actions.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "emulator/sinks/record_file.h"
#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;
using testing::Not;
using Outcome = ActionRecord::Outcome;

/// Keeps every action until it is told how it ends.
class PatientSink final : public Sink {
 public:
  explicit PatientSink(std::vector<Done>& waiting) : waiting_{waiting} {}
  void run(RequestPtr /*request*/, Done done) override { waiting_.push_back(std::move(done)); }

 private:
  std::vector<Done>& waiting_;
};

class FailingEngineSink final : public rules::ActionSink {
 public:
  void run(rules::ActionRequest /*request*/, Done done) override {
    done(rules::ActionFailure{.failed_action = "LambdaAction", .message = "no such function"});
  }
};

class ActionsTest : public SinksTest {
 protected:
  ActionsTest() { fill(actions); }
  void fill(Actions& to) { to.add("sqs", std::make_unique<PatientSink>(waiting)); }

  /// The failures that the engine was told; nothing for a success.
  rules::ActionSink::Done told() {
    return [this](std::optional<rules::ActionFailure> failure) { ends.push_back(std::move(failure)); };
  }

  ActionRecorder recorder;
  Actions actions{recorder, clock};
  std::vector<Sink::Done> waiting;
  std::vector<std::optional<rules::ActionFailure>> ends;
};

TEST_F(ActionsTest, KeepWhatBecameOfEach) {
  actions.run(an_action("sqs", {{"queueUrl", "q"}}), told());
  EXPECT_EQ(actions.under_way(), 1U);
  waiting[0]({.target = "q", .operation = "sqs:SendMessage", .payload = "final"});
  EXPECT_EQ(actions.under_way(), 0U);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_FALSE(ends[0]);
  const auto records = recorder.list();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].rule_name, "hot");
  EXPECT_EQ(records[0].action, "sqs");
  EXPECT_EQ(records[0].payload, "final");
  EXPECT_EQ(records[0].topic, "plant/1");
  EXPECT_EQ(records[0].trace_id, "trace-1");
  EXPECT_EQ(records[0].time, ManualClock::kStart);
}

TEST_F(ActionsTest, KeepWhatTheEngineOwnSinksSay) {
  actions.add("lambda", std::make_unique<FailingEngineSink>());
  actions.run(an_action("lambda", {{"functionArn", "arn:f"}}), told());
  ASSERT_TRUE(ends.at(0));
  EXPECT_EQ(recorder.list().at(0).outcome, Outcome::failed);
  EXPECT_EQ(recorder.list().at(0).target, "arn:f");
  EXPECT_EQ(recorder.list().at(0).reason, "no such function");
}

TEST_F(ActionsTest, FailWhatNobodyTakes) {
  actions.run(an_action("teleport", Json::object()), told());
  ASSERT_TRUE(ends.at(0));
  EXPECT_THAT(ends[0]->message, HasSubstr("'teleport' is not emulated"));
}

TEST_F(ActionsTest, FailWhatIsTooManyAtOnce) {
  Actions few{recorder, clock, {.actions = 2, .bytes = 10}};
  fill(few);
  few.run(an_action("sqs", Json::object(), "12345", false), told());
  few.run(an_action("sqs", Json::object(), "123456", false), told());
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_THAT(ends[0]->message, HasSubstr("too many actions are under way"));
  few.run(an_action("sqs", Json::object(), "1", false), told());
  few.run(an_action("sqs", Json::object(), "1", false), told());
  EXPECT_EQ(ends.size(), 2U);
  for (const auto& done : waiting) done({});
  EXPECT_EQ(few.under_way(), 0U);
  few.run(an_action("sqs", Json::object(), "1234567890", false), told());
  EXPECT_EQ(ends.size(), 4U);
}

TEST_F(ActionsTest, LeaveNoRecordBehindAReset) {
  actions.run(an_action("sqs", Json::object()), told());
  actions.reset();
  waiting[0]({});
  EXPECT_EQ(ends.size(), 1U);
  EXPECT_TRUE(recorder.list().empty());
}

TEST_F(ActionsTest, KeepNoSecret) {
  Json headers = Json::array({{{"key", "Authorization"}, {"value", "Bearer canary"}},
                              {{"key", "X-Api-Key"}, {"value", "canary"}},
                              {{"key", "Accept"}, {"value", "plain"}}});
  actions.add("http", std::make_unique<PatientSink>(waiting));
  actions.add("salesforce", std::make_unique<PatientSink>(waiting));
  actions.add("kafka", std::make_unique<PatientSink>(waiting));
  actions.run(an_action("http", {{"headers", headers}}), told());
  actions.run(an_action("salesforce", {{"token", "canary"}, {"url", "u"}}), told());
  actions.run(an_action("kafka", {{"clientProperties", {{"sasl.plain.password", "canary"}, {"acks", "1"}}}}),
              told());
  for (const auto& done : waiting) done({});
  const auto text = to_text(recorder.to_json("", "", 100));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, HasSubstr("plain"));
  EXPECT_THAT(text, HasSubstr("\"acks\":\"1\""));
}

TEST_F(ActionsTest, KeepNoQueryOfAUrl) {
  actions.add("http", std::make_unique<PatientSink>(waiting));
  const auto* url = "https://u:canary@hook.test/in?key=canary";
  actions.run(an_action("http", {{"url", url}, {"confirmationUrl", url}}), told());
  waiting[0]({.target = url});
  EXPECT_EQ(recorder.list().at(0).target, "https://hook.test/in?***");
  EXPECT_THAT(to_text(recorder.to_json("", "", 100)), Not(HasSubstr("canary")));
}

TEST_F(ActionsTest, CountTheBytesOfTheirParameters) {
  Actions few{recorder, clock, {.actions = 10, .bytes = 10}};
  fill(few);
  few.run(an_action("sqs", {{"a", Json::array({{{"key", "12345678901"}}})}}, "", false), told());
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_THAT(ends[0]->message, HasSubstr("too many actions are under way"));
}

TEST(RecordFile, IsNotWhatOthersCanWriteTo) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("iotemu-record-" + std::to_string(::getpid()) + ".jsonl"))
          .string();
  WorkCounter work;
  {
    const auto file = RecordFile::open(path, work);
    ASSERT_TRUE(file.ok()) << file.error().message;
    (*file)->add(std::make_shared<const ActionRecord>(ActionRecord{.action = "sqs"}));
  }
  std::ifstream written{path};
  std::string line;
  EXPECT_TRUE(std::getline(written, line));
  EXPECT_THAT(line, HasSubstr("\"sqs\""));
  std::filesystem::permissions(path, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const auto refused = RecordFile::open(path, work);
  std::filesystem::remove(path);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("others can write to it"));
}

TEST(ActionRecorder, DropsTheOldestAndCountsThem) {
  ActionRecorder recorder{{.records = 2}};
  for (const auto* rule : {"a", "b", "c"}) recorder.add({.rule_name = rule, .action = "sqs"});
  const auto json = recorder.to_json("", "", 100);
  EXPECT_EQ(json["dropped"], 1);
  ASSERT_EQ(json["actions"].size(), 2U);
  EXPECT_EQ(json["actions"][0]["ruleName"], "c");
  EXPECT_EQ(json["actions"][1]["ruleName"], "b");
  recorder.clear();
  EXPECT_EQ(recorder.to_json("", "", 100), (Json{{"actions", Json::array()}, {"dropped", 0}}));
}

TEST(ActionRecorder, IsBoundedByBytesToo) {
  ActionRecorder recorder{{.bytes = 10'000}};
  for (int i = 0; i < 5; ++i) recorder.add({.payload = std::string(4'000, 'x')});
  EXPECT_EQ(recorder.list().size(), 2U);
  EXPECT_EQ(recorder.dropped(), 3U);
}

TEST(ActionRecorder, FiltersByRuleAndAction) {
  ActionRecorder recorder;
  recorder.add({.rule_name = "a", .action = "sqs"});
  recorder.add({.rule_name = "a", .action = "s3"});
  recorder.add({.rule_name = "b", .action = "s3"});
  EXPECT_EQ(recorder.to_json("a", "", 100)["actions"].size(), 2U);
  EXPECT_EQ(recorder.to_json("", "s3", 100)["actions"].size(), 2U);
  EXPECT_EQ(recorder.to_json("a", "s3", 100)["actions"].size(), 1U);
  EXPECT_EQ(recorder.to_json("c", "", 100)["actions"].size(), 0U);
  EXPECT_EQ(recorder.to_json("a", "", 1)["actions"][0]["action"], "s3");
}

TEST(ActionRecorder, ShowsPayloadsInTheFormThatTheyHave) {
  EXPECT_EQ(to_json(ActionRecord{.payload = R"({"a":1})"})["payload"], (Json{{"a", 1}}));
  EXPECT_EQ(to_json(ActionRecord{.payload = "{no json"})["payloadText"], "{no json");
  EXPECT_EQ(to_json(ActionRecord{.payload = "\xff"})["payloadBase64"], "/w==");
}

}  // namespace
}  // namespace iotemu::sinks
