// The life of a bulk registration task, over real registries and an input that the test holds back.

#include "emulator/bulk/registration_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/event_bus.h"
#include "base/json.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"

namespace iotemu::bulk {
namespace {

using registry::PageRequest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kBody = R"({"Parameters": {"ThingName": {"Type": "String"}},
  "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}}}})";

/// Files by key; what is not there fails. While `held`, a reading waits until it is stopped or let go.
class FakeFiles final : public InputFiles {
 public:
  Result<std::string> read(const Realm& /*realm*/, const InputFile& file,
                           const std::function<bool()>& stopped) override {
    while (held && !stopped()) std::this_thread::yield();
    if (stopped()) return Error{Errc::unavailable, "stopped"};
    const auto found = files.find(file.key);
    if (found == files.end()) return Error{Errc::not_found, "there is no " + file.key};
    return found->second;
  }

  std::map<std::string, std::string> files;
  std::atomic<bool> held{false};
};

std::string line(const std::string& thing) {
  return Json{{"ThingName", thing}}.dump() + "\n";
}

class RegistrationTasksTest : public ::testing::Test {
 protected:
  explicit RegistrationTasksTest(TaskLimits limits = {}) : tasks{make(limits)} {}
  ~RegistrationTasksTest() override { files->held = false; }

  Result<std::string> start(const std::string& key, registry::Registry& in) {
    return tasks->start(in, {.template_body = kBody,
                             .input = {.bucket = "bucket", .key = key},
                             .role_arn = "arn:aws:iam::123456789012:role/bulk"});
  }
  std::string started(const std::string& key) {
    auto id = start(key, registry);
    EXPECT_TRUE(id.ok());
    return id ? *id : "";
  }
  std::string done(const std::string& content) {
    files->files["in"] = content;
    auto id = started("in");
    settle();
    return id;
  }
  void settle() { ASSERT_TRUE(work.wait_idle(std::chrono::milliseconds{30'000})); }
  [[nodiscard]] TaskState state(const std::string& id) const { return *tasks->task({}, id); }
  [[nodiscard]] std::vector<Json> report(const std::string& id, ReportType type) const {
    std::vector<Json> lines;
    std::istringstream text{*tasks->report(id, type, key_of(id, type))};
    for (std::string one; std::getline(text, one);) lines.push_back(Json::parse(one));
    return lines;
  }
  [[nodiscard]] std::string key_of(const std::string& id, ReportType type) const {
    return tasks->report_key({}, id, type)->value();
  }
  [[nodiscard]] std::size_t things() const { return registry.list_things({.size = 250})->items.size(); }

  std::unique_ptr<RegistrationTasks> make(TaskLimits limits) {
    auto owned = std::make_unique<FakeFiles>();
    files = owned.get();
    return std::make_unique<RegistrationTasks>(std::move(owned), clock, random, secrets, work, limits);
  }

  ManualClock clock;
  SeededRandom random{7};
  SeededRandom secrets{8};
  registry::MemoryStore store;
  EventBus bus;
  registry::Registry registry{Realm{}, clock, random, store, bus};
  registry::Registry elsewhere{Realm{.region = "eu-west-1"}, clock, random, store, bus};
  WorkCounter work;
  FakeFiles* files{nullptr};
  std::unique_ptr<RegistrationTasks> tasks;
};

TEST_F(RegistrationTasksTest, RegisterADeviceALine) {  // P5.9
  const auto id = done(line("a") + line("b"));
  const auto ended = state(id);
  EXPECT_EQ(ended.status, TaskStatus::completed);
  EXPECT_EQ(ended.successes, 2U);
  EXPECT_EQ(ended.failures, 0U);
  EXPECT_EQ(ended.percent, 100);
  EXPECT_EQ(ended.message, "");
  EXPECT_EQ(ended.created_at, clock.now());
  EXPECT_EQ(things(), 2U);
  const auto results = report(id, ReportType::results);
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_EQ(results[1].at("response").at("ResourceArns").at("thing"),
            "arn:aws:iot:us-east-1:123456789012:thing/b");
  EXPECT_FALSE(tasks->report_key({}, id, ReportType::errors)->has_value());
}

TEST_F(RegistrationTasksTest, GiveTheirReportsOnlyToWhoeverHasTheKey) {
  const auto id = done(line("a"));
  const auto other = done(line("b"));
  const auto key = key_of(id, ReportType::results);
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(key, SeededRandom{8}.hex(16)) << "from the secrets, not from what makes the ids";
  EXPECT_TRUE(tasks->report(id, ReportType::results, key).ok());
  const auto unknown = tasks->report("no-such-id", ReportType::results, key);
  for (const std::string& wrong :
       {std::string{}, key.substr(1), key + "0", key_of(other, ReportType::results)}) {
    const auto refused = tasks->report(id, ReportType::results, wrong);
    ASSERT_FALSE(refused.ok()) << wrong;
    EXPECT_EQ(refused.error().code, Errc::not_found);
    EXPECT_EQ(refused.error().message, unknown.error().message) << "as if there were none";
  }
}

TEST_F(RegistrationTasksTest, GoOnAfterALineThatFails) {  // P5.9
  const auto id = done(line("a") + "nonsense\n" + line("a b") + line("c"));
  const auto ended = state(id);
  EXPECT_EQ(ended.status, TaskStatus::completed);
  EXPECT_EQ(ended.successes, 2U);
  EXPECT_EQ(ended.failures, 2U);
  EXPECT_THAT(ended.message, HasSubstr("Lines that failed: 2"));
  const auto errors = report(id, ReportType::errors);
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_EQ(errors[0].at("lineNumber"), 2);
  EXPECT_EQ(errors[0].at("offset"), line("a").size());
  EXPECT_THAT(errors[0].at("errorMessage").get<std::string>(), HasSubstr("not JSON"));
  EXPECT_EQ(errors[1].at("lineNumber"), 3);
}

TEST_F(RegistrationTasksTest, OfAnEmptyFileCompleteAtOnce) {
  const auto id = done("");
  EXPECT_EQ(state(id).status, TaskStatus::completed);
  EXPECT_EQ(state(id).percent, 100);
  EXPECT_FALSE(tasks->report_key({}, id, ReportType::results)->has_value());
  EXPECT_FALSE(tasks->report(id, ReportType::results, SeededRandom{8}.hex(16)).ok());
}

TEST_F(RegistrationTasksTest, FailWithTheReasonWhenThereIsNoInput) {  // P5.9
  const auto id = started("none");
  settle();
  EXPECT_EQ(state(id).status, TaskStatus::failed);
  EXPECT_EQ(state(id).message, "there is no none");
}

TEST_F(RegistrationTasksTest, AreRefusedWithAMalformedTemplateOrRole) {
  const StartTask good{.template_body = kBody, .role_arn = "arn:aws:iam::123456789012:role/bulk"};
  auto request = good;
  request.template_body = "{";
  EXPECT_EQ(tasks->start(registry, request).error().code, Errc::invalid_request);
  request = good;
  request.role_arn = "arn:aws:iam::123456789012:user/bulk";
  EXPECT_EQ(tasks->start(registry, request).error().code, Errc::invalid_request);
  EXPECT_TRUE(tasks->list({}, {})->items.empty());
}

TEST_F(RegistrationTasksTest, RunOneAtATimeInARealm) {  // P5.9
  files->held = true;
  files->files["in"] = line("a");
  const auto id = started("in");
  const auto second = start("in", registry);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::invalid_request);
  EXPECT_THAT(second.error().message, AllOf(HasSubstr("Only one"), HasSubstr(id), HasSubstr("InProgress")));
  EXPECT_TRUE(start("in", elsewhere).ok());
  files->held = false;
  settle();
  EXPECT_TRUE(start("in", registry).ok());
  settle();
}

TEST_F(RegistrationTasksTest, AreCancelledBetweenTwoLines) {  // P5.9
  files->held = true;
  files->files["in"] = line("a");
  const auto id = started("in");
  EXPECT_EQ(state(id).status, TaskStatus::in_progress);
  // Until it is let go, the task is between Cancelling and Cancelled.
  ASSERT_TRUE(tasks->cancel({}, id).ok());
  EXPECT_THAT(state(id).status, ::testing::AnyOf(TaskStatus::cancelling, TaskStatus::cancelled));
  settle();
  EXPECT_EQ(state(id).status, TaskStatus::cancelled);
  EXPECT_EQ(things(), 0U);
  EXPECT_TRUE(tasks->cancel({}, id).ok());
  EXPECT_EQ(state(id).status, TaskStatus::cancelled);
}

TEST_F(RegistrationTasksTest, ThatCompletedStayCompletedWhenCancelled) {
  const auto id = done(line("a"));
  EXPECT_TRUE(tasks->cancel({}, id).ok());
  EXPECT_EQ(state(id).status, TaskStatus::completed);
}

TEST_F(RegistrationTasksTest, BelongToTheirRealm) {
  const auto id = done(line("a"));
  const Realm other = elsewhere.realm();
  EXPECT_EQ(tasks->task(other, id).error().code, Errc::not_found);
  EXPECT_EQ(tasks->cancel(other, id).error().code, Errc::not_found);
  EXPECT_EQ(tasks->report_key(other, id, ReportType::results).error().code, Errc::not_found);
  EXPECT_TRUE(tasks->list(other, {})->items.empty());
  EXPECT_EQ(tasks->report("no-such-id", ReportType::results, "").error().code, Errc::not_found);
}

TEST_F(RegistrationTasksTest, AreListedOldestFirstInPagesAndByStatus) {  // P10.4
  std::vector<std::string> ids;
  for (const auto* key : {"in", "none", "in"}) {
    files->files["in"] = line("a");
    ids.push_back(started(key));
    settle();
    clock.advance(Duration{1000});
  }
  const auto first = *tasks->list({}, {.size = 2, .marker = {}});
  EXPECT_THAT(first.items, ElementsAre(ids[0], ids[1]));
  const auto second = *tasks->list({}, {.size = 2, .marker = first.next_marker});
  EXPECT_THAT(second.items, ElementsAre(ids[2]));
  EXPECT_EQ(second.next_marker, "");
  EXPECT_THAT(tasks->list({}, {}, TaskStatus::failed)->items, ElementsAre(ids[1]));
  EXPECT_EQ(tasks->list({}, {.size = 2, .marker = "bm9uZQ=="}).error().code, Errc::invalid_request);
}

TEST_F(RegistrationTasksTest, AreForgottenByAResetThatWaitsForTheLineUnderWay) {
  files->held = true;
  files->files["in"] = line("a");
  const auto id = started("in");
  tasks->reset();
  EXPECT_EQ(tasks->task({}, id).error().code, Errc::not_found);
  files->held = false;
  settle();
  EXPECT_EQ(things(), 0U);
  EXPECT_TRUE(start("in", registry).ok());
  settle();
  EXPECT_EQ(things(), 1U);
}

TEST_F(RegistrationTasksTest, RegisterNothingMoreOnceAResetHasReturned) {
  std::string content;
  for (int i = 0; i < 2'000; ++i) content += line("t" + std::to_string(i));
  files->files["in"] = content;
  const auto id = started("in");
  while (state(id).successes == 0) std::this_thread::yield();
  tasks->reset();
  const auto registered = registry.list_things({.size = 5'000})->items.size();
  settle();
  EXPECT_EQ(registry.list_things({.size = 5'000})->items.size(), registered);
}

TEST_F(RegistrationTasksTest, EndPromptlyWithTheEmulator) {
  files->held = true;
  files->files["in"] = line("a");
  started("in");
  ASSERT_TRUE(start("in", elsewhere).ok());
  tasks->stop();
  EXPECT_EQ(start("in", registry).error().code, Errc::unavailable);
  tasks.reset();  // joins, although the input is still held back
  EXPECT_EQ(things(), 0U);
  tasks = make({});
}

class FewKept : public RegistrationTasksTest {
 protected:
  FewKept() : RegistrationTasksTest{TaskLimits{.kept_tasks = 2, .report_bytes = 300}} {}
};

TEST_F(FewKept, TheOldestTasksAreForgotten) {
  const auto first = done(line("a"));
  const auto second = done(line("b"));
  const auto third = done(line("c"));
  EXPECT_THAT(tasks->list({}, {})->items, ::testing::UnorderedElementsAre(second, third));
  EXPECT_EQ(tasks->task({}, first).error().code, Errc::not_found);
}

TEST_F(FewKept, AReportThatIsTooLongIsCutAndTheMessageSaysSo) {
  const auto id = done(line("a") + line("b") + line("c") + line("d"));
  EXPECT_EQ(state(id).successes, 4U);
  EXPECT_LT(report(id, ReportType::results).size(), 4U);
  EXPECT_THAT(state(id).message, HasSubstr("reports are cut"));
}

TEST(TaskStatus, HasTheWordsOfTheModel) {  // P appendix A
  for (const auto* word : {"InProgress", "Completed", "Failed", "Cancelled", "Cancelling"}) {
    const auto status = parse_task_status(word);
    ASSERT_TRUE(status.has_value()) << word;
    EXPECT_EQ(to_text(*status), word);
  }
  EXPECT_FALSE(parse_task_status("INPROGRESS").has_value());
}

}  // namespace
}  // namespace iotemu::bulk
