// How many processes there are, how long they live, and what the pool answers when it is too much.

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <future>
#include <set>
#include <thread>

#include "emulator/runtime/walls.h"
#include "tests/unit/emulator/runtime/runtime_fixture.h"

namespace iotemu::runtime {
namespace {

using ::testing::HasSubstr;

class Pools : public RuntimeTest {
 protected:
  std::size_t failures() {
    const std::lock_guard lock{mutex};
    return static_cast<std::size_t>(std::count_if(outcomes.begin(), outcomes.end(),
                                                  [](const auto& outcome) { return !outcome || !*outcome; }));
  }
  std::set<std::string> payloads() {
    const std::lock_guard lock{mutex};
    std::set<std::string> result;
    for (const auto& outcome : outcomes) {
      if (outcome && *outcome) result.insert((*outcome)->payload);
    }
    return result;
  }
};

TEST_F(Pools, AnswerFiveHundredEventsAtOnceWithAHandfulOfProcesses) {
  const auto code = node("exports.handler = async () => process.pid;");
  for (int i = 0; i < 500; ++i) invoke_later(code);
  settle();
  EXPECT_EQ(failures(), 0U);
  EXPECT_GE(payloads().size(), 1U);
  EXPECT_LE(payloads().size(), 40U);
  EXPECT_EQ(left_behind(), 0);
}

TEST_F(Pools, LetFunctionsThatInvokeOneAnotherThroughWhenAllPlacesAreTaken) {
  open({.processes = 1});
  const auto first =
      node("exports.handler = async () => { await new Promise((r) => setTimeout(r, 300)); return 1; };");
  const auto second = node("exports.handler = async () => 2;");
  invoke_later(first);
  invoke_later(first);
  invoke_later(second);
  settle();
  EXPECT_EQ(payloads(), (std::set<std::string>{"1", "2"}));
}

TEST_F(Pools, ThrottleBeyondTheReservedAndTheAccountsConcurrency) {
  open({.concurrency = 3});
  const auto code = node("exports.handler = async () => 1;");
  code->concurrency = 1;
  const auto none = node("exports.handler = async () => 1;");
  none->concurrency = 0;
  const auto other = node("exports.handler = async () => 1;");
  for (const auto& function : {code, code, none, other, other, other}) invoke_later(function);
  settle();
  std::vector<bool> throttled;
  for (const auto& outcome : outcomes) {
    throttled.push_back(!*outcome && (*outcome).error().code == Errc::throttled);
  }
  EXPECT_EQ(throttled, (std::vector<bool>{false, true, true, false, false, true}));
}

TEST_F(Pools, CountAllVersionsOfAFunctionAgainstWhatIsReservedForIt) {
  const auto first = node("exports.handler = async () => 1;");
  first->concurrency = 1;
  const auto second = std::make_shared<Function>(*first);
  second->arn += ":2";
  second->revision = "2";
  invoke_later(first);
  invoke_later(second);
  settle();
  EXPECT_TRUE(*outcomes[0]);
  ASSERT_FALSE(*outcomes[1]);
  EXPECT_EQ(outcomes[1]->error().code, Errc::throttled);
}

TEST_F(Pools, GiveNothingToAnIdleProcessThatHasJustDied) {
  const auto code = node("exports.handler = async () => process.pid;");
  const auto quick = node("exports.handler = async () => 1;");
  invoke(quick);
  // Answers are told on the loop's thread. The first holds it until there is news of the second answer and of
  // the death; the second holds it between the two, while an event comes for the dead one.
  const auto other = node("exports.handler = async () => 2;");
  invoke(other);
  bool in_order = false;  // two processes answer in the order they like: again, until it is ours
  for (int attempt = 0; attempt < 50 && !in_order; ++attempt) {
    const auto pid = answer(code).get<pid_t>();
    const int with_three = processes_marked(mark);
    std::promise<void> first_told;
    std::promise<void> dead;
    std::atomic<bool> first{false};
    pool->invoke(quick, {.request_id = "1", .payload = "{}"}, [&](const Result<Outcome>&) {
      first = true;
      first_told.set_value();
      dead.get_future().wait();
    });
    pool->invoke(other, {.request_id = "2", .payload = "{}"}, [&](const Result<Outcome>&) {
      in_order = first;
      invoke_later(code);
    });
    first_told.get_future().wait();
    ::poll(nullptr, 0, 100);
    ::kill(pid, SIGKILL);
    for (int i = 0; i < 500 && processes_marked(mark) >= with_three; ++i) ::poll(nullptr, 0, 20);
    ::poll(nullptr, 0, 100);
    dead.set_value();
    settle();
    ASSERT_TRUE(outcomes.back());
    if (!in_order) continue;
    ASSERT_TRUE(*outcomes.back());
    EXPECT_NE((*outcomes.back())->payload, std::to_string(pid));
  }
  EXPECT_TRUE(in_order);
}

TEST_F(Pools, AnswerEveryEventOnceWhenTheyStop) {
  const auto code = node("exports.handler = async () => 1;");
  invoke(code);
  std::atomic<int> asked{0};
  std::atomic<int> told{0};
  std::atomic<bool> stopped{false};
  std::thread caller{[&] {
    while (!stopped) {
      ++asked;
      pool->invoke(code, {.request_id = "1", .payload = "{}"}, [&](const Result<Outcome>&) { ++told; });
    }
  }};
  while (told < 10) std::this_thread::yield();
  pool->stop();
  stopped = true;
  caller.join();
  EXPECT_EQ(told, asked);
}

TEST_F(Pools, KeepAProcessWarmEndItWhenItIsIdleAndReplaceIt) {
  open({.idle_time = Duration{100}});
  const auto code = node("exports.handler = async () => process.pid;");
  EXPECT_EQ(answer(code), answer(code));
  for (int i = 0; i < 500 && processes_marked(mark) > 0; ++i) ::poll(nullptr, 0, 20);
  EXPECT_EQ(processes_marked(mark), 0);
  EXPECT_TRUE(answer(code).is_number());
}

TEST_F(Pools, ServeEveryRevisionByItsOwnProcesses) {
  const auto old = node("exports.handler = async () => 'old';");
  EXPECT_EQ(answer(old), Json("old"));
  const auto changed = std::make_shared<Function>(*old);
  changed->revision = "2";
  add_file(*changed, "index.js", "exports.handler = async () => 'new';");
  pool->retire(old->arn, old->revision);
  EXPECT_EQ(answer(changed), Json("new"));
  for (int i = 0; i < 500 && processes_marked(mark) > 1; ++i) ::poll(nullptr, 0, 20);
  EXPECT_EQ(processes_marked(mark), 1);
}

TEST_F(Pools, FailWhatIsUnderWayWhenTheyAreResetAndServeOn) {
  const auto code = node(
      "exports.handler = (event, context, done) => { if (event.go) done(null, 'on'); else "
      "setInterval(() => {}, 1000); };");
  invoke_later(code);
  for (int i = 0; i < 500 && processes_marked(mark) == 0; ++i) ::poll(nullptr, 0, 20);
  EXPECT_EQ(left_behind(), 0);
  ASSERT_TRUE(outcomes.front());
  ASSERT_FALSE(*outcomes.front());
  EXPECT_THAT(outcomes.front()->error().message, HasSubstr("was reset"));
  EXPECT_EQ(answer(code, R"({"go":1})"), Json("on"));
  pool->stop();
  EXPECT_EQ(processes_marked(mark), 0);
  EXPECT_THAT(invoke(code).payload, HasSubstr("the emulator stopped"));
}

TEST_F(Pools, GiveAFunctionAnEnvironmentOfItsOwn) {
  ::setenv("IOTEMU_TEST_SECRET", "ours", 1);
  const auto code = node("exports.handler = async () => process.env;");
  code->environment["STAGE"] = "test";
  const Json variables = answer(code);
  std::set<std::string> names;
  for (const auto& [name, value] : variables.items()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"AWS_ACCESS_KEY_ID",
                                          "AWS_DEFAULT_REGION",
                                          "AWS_ENDPOINT_URL",
                                          "AWS_EXECUTION_ENV",
                                          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                          "AWS_LAMBDA_FUNCTION_NAME",
                                          "AWS_LAMBDA_FUNCTION_VERSION",
                                          "AWS_LAMBDA_INITIALIZATION_TYPE",
                                          "AWS_LAMBDA_LOG_GROUP_NAME",
                                          "AWS_LAMBDA_LOG_STREAM_NAME",
                                          "AWS_LAMBDA_RUNTIME_API",
                                          "AWS_REGION",
                                          "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE",
                                          "AWS_SECRET_ACCESS_KEY",
                                          "HOME",
                                          "LAMBDA_RUNTIME_DIR",
                                          "LAMBDA_TASK_ROOT",
                                          "LANG",
                                          "MARK",
                                          "PATH",
                                          "PYTHONDONTWRITEBYTECODE",
                                          "STAGE",
                                          "TMPDIR",
                                          "TZ",
                                          "_HANDLER"}));
  EXPECT_EQ(variables["AWS_ACCESS_KEY_ID"], "123456789012");
  EXPECT_EQ(variables["AWS_ENDPOINT_URL"], "http://127.0.0.1:4566");
  EXPECT_EQ(variables["LAMBDA_TASK_ROOT"], code->folder);
}

TEST_F(Pools, StartFunctionsThatMayHoldLessThanTheProcessThatForksForThem) {
  // Private memory, though it is not touched: a fork inherits it, and all of it counts until the exec.
  constexpr std::size_t kGigabyte = std::size_t{1} << 30;
  void* held =
      ::mmap(nullptr, kGigabyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(held, MAP_FAILED);
  for (const auto walls : {Walls::off, Walls::automatic}) {
    open({.walls = walls});
    const auto code = node("exports.handler = async () => 1;");
    code->memory_mb = 128;
    EXPECT_EQ(answer(code), Json(1));
  }
  ::munmap(held, kGigabyte);
}

TEST_F(Pools, GiveEachProcessAScratchFolderAndWipeIt) {
  const auto code = node(R"(
    const fs = require('fs');
    exports.handler = async (event) => {
      fs.mkdirSync(process.env.TMPDIR + '/a/b', {recursive: true});
      fs.writeFileSync(process.env.TMPDIR + '/a/b/file', 'text');
      fs.chmodSync(process.env.TMPDIR + '/a', 0);
      if (event.die) process.kill(process.pid, 'SIGKILL');
      return process.env.TMPDIR; };)");
  const auto scratch = answer(code).get<std::string>();
  EXPECT_TRUE(std::filesystem::exists(scratch + "/a"));
  EXPECT_EQ(left_behind(), 0);
  EXPECT_FALSE(std::filesystem::exists(scratch));
  invoke(code, R"({"die":1})");
  EXPECT_EQ(left_behind(), 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("scratch-")) << entry.path();
  }
}

TEST_F(Pools, OutliveTheDeathOfTheProcessThatStartsTheOthers) {
  const auto code = node("exports.handler = async () => process.pid;");
  const Json pid = answer(code);
  const int spawner = pool->spawner_process();
  ASSERT_GT(spawner, 0);
  ::kill(spawner, SIGKILL);
  EXPECT_EQ(answer(code), pid) << "what runs is not harmed";
  const auto other = node("exports.handler = async () => 'new';");
  EXPECT_EQ(answer(other), Json("new"));
  EXPECT_NE(pool->spawner_process(), spawner);
  EXPECT_EQ(left_behind(), 0);
}

TEST_F(Pools, EndWhatHasUsedUpItsTimeAndReplaceIt) {
  const auto code = node("exports.handler = async (event) => { while (event.hang); return 'served'; };");
  code->timeout = std::chrono::seconds{1};
  const Outcome outcome = invoke(code, R"({"hang":1})");
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_EQ(
      *parse_json(outcome.payload),
      (Json{{"errorType", "Sandbox.Timedout"},
            {"errorMessage",
             "RequestId: 00000000-0000-4000-8000-100000000000 Error: Task timed out after 1.00 seconds"}}));
  EXPECT_THAT(outcome.log, HasSubstr(" Task timed out after 1.00 seconds\n"));
  EXPECT_EQ(answer(code), Json("served"));
  EXPECT_EQ(left_behind(), 0);
}

TEST_F(Pools, TellHowAProcessEndedAndReplaceIt) {
  const auto code = node(R"(exports.handler = async (event) => {
    if (event.kill) process.kill(process.pid, 'SIGKILL');
    if (event.exit !== undefined) process.exit(event.exit);
    return 'served'; };)");
  const auto end = [&](const std::string& event) {
    return answer(code, event)["errorMessage"].get<std::string>();
  };
  EXPECT_THAT(end(R"({"kill":1})"), HasSubstr("Error: Runtime exited with error: signal: killed"));
  EXPECT_THAT(end(R"({"exit":7})"), HasSubstr("Error: Runtime exited with error: exit status 7"));
  EXPECT_THAT(end(R"({"exit":0})"), HasSubstr("Error: Runtime exited without providing a reason"));
  EXPECT_EQ(answer(code), Json("served"));
}

TEST_F(Pools, SayWhichWallsStand) {
  const Json sandbox = pool->sandbox();
  EXPECT_EQ(sandbox["mode"], "auto");
  for (const Layer& layer : layers_here()) {
    const bool stands = layer.holds && layer.name != "landlockTcp";  // auto lets TCP out
    EXPECT_EQ(sandbox["layers"][std::string{layer.name}], stands);
  }
  const Status strict = Pool::check(Walls::strict);
  for (const Layer& layer : layers_here()) {
    if (layer.holds || !layer.strict) continue;
    ASSERT_FALSE(strict);
    EXPECT_THAT(strict.error().message, HasSubstr(std::string{layer.name}));
  }
  open({.walls = Walls::off});
  EXPECT_EQ(pool->sandbox()["layers"]["seccomp"], false);
}

}  // namespace
}  // namespace iotemu::runtime
