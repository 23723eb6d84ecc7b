// A reset and the user's code (P4.2): what ran before has ended when it answers, and leaves nothing behind.

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <future>
#include <regex>
#include <thread>

#include "base/base64.h"
#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/emulator/neighbours/zip_of.h"

namespace iotemu::tests {
namespace {

using http::RawAnswer;
using http::RawClient;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Tells its process, then makes things and writes lines until somebody ends it.
constexpr auto kNeverEnds = R"(
import itertools, json, os, time, urllib.request

def handler(event, context):
    print("begun", os.getpid(), flush=True)
    for number in itertools.count():
        print("line", number, flush=True)
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/things/ghost-%d" % number, b"{}",
                                         {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request).read()
        time.sleep(0.001)
)";

Options without_walls() {
  Options options = test_options();
  options.lambda.sandbox = LambdaOptions::Sandbox::off;  // its own process id is what we see
  return options;
}

class Reset : public EmulatorTest {
 protected:
  explicit Reset(const Options& options = without_walls()) : EmulatorTest{options} {}

  RawAnswer ask(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& fields = {}) {
    return RawClient{emu.api_port()}.ask(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
                                         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                         body);
  }
  RawAnswer lambda(const std::string& path, const Json& input, const std::string& fields = {}) {
    return ask("POST", "/2015-03-31/functions" + path, input.dump(), signed_for("lambda") + fields);
  }
  static std::string signed_for(const std::string& service) {
    return "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + service +
           "/aws4_request, SignedHeaders=host, Signature=00\r\n";
  }
  void create(const std::string& name, const std::string& code) {
    const auto answer = lambda(
        "",
        {{"FunctionName", name},
         {"Role", "arn:aws:iam::123456789012:role/r"},
         {"Runtime", "python3.11"},
         {"Handler", "index.handler"},
         {"Timeout", 900},
         {"Code", {{"ZipFile", to_base64(neighbours::zip_of({{.name = "index.py", .content = code}}))}}}});
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  std::string logs() { return ask("GET", "/_iot/logs").body; }
  std::size_t things() { return emu.api("ListThings", {{"maxResults", 250}})["things"].size(); }
  /// The process of kNeverEnds, when it has made something.
  pid_t begun() {
    std::smatch found;
    for (int i = 0; i < 1500; ++i) {
      const auto text = logs();
      if (std::regex_search(text, found, std::regex{"begun ([0-9]+)"}) && things() > 0)
        return std::stoi(found[1]);
      ::poll(nullptr, 0, 10);
    }
    ADD_FAILURE() << "the function has not begun: " << logs();
    return 0;
  }
  static bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }
  void expect_nothing() {
    EXPECT_EQ(Json::parse(logs()).at("events"), Json::array());
    EXPECT_EQ(things(), 0U);
    EXPECT_EQ(Json::parse(ask("GET", "/_iot/actions").body).at("actions"), Json::array());
  }
};

TEST_F(Reset, EndsFunctionsBeforeItAnswersAndNothingOfThemAppears) {
  for (const bool over_http : {true, false}) {
    create("f", kNeverEnds);
    ASSERT_EQ(lambda("/f/invocations", Json::object(), "X-Amz-Invocation-Type: Event\r\n").status, 202);
    const auto pid = begun();
    if (over_http) {
      EXPECT_EQ(ask("POST", "/_iot/reset").status, 200);
    } else {
      emu.reset();
    }
    EXPECT_FALSE(is_alive(pid));
    expect_nothing();
    EXPECT_TRUE(emu.settle());
    ::poll(nullptr, 0, 100);  // what would come late
    expect_nothing();
  }
}

TEST_F(Reset, FailsACallThatWaitsForAFunction) {
  create("f", kNeverEnds);
  std::promise<int> status;
  std::thread caller{[&] { status.set_value(lambda("/f/invocations", Json::object()).status); }};
  const auto pid = begun();
  emu.reset();
  caller.join();
  EXPECT_EQ(status.get_future().get(), 500);
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(Reset, WaitsForACallbackThatRunsAndDropsThoseThatWait) {
  create("marker", "def handler(event, context): pass\n");
  const auto has_begun = [&] {
    return ask("GET", "/2015-03-31/functions/marker", {}, signed_for("lambda")).status == 404;
  };
  std::atomic<int> called{0};
  emu.on_function("f", [&](const Json&) {
    if (++called == 1) {
      while (!has_begun()) std::this_thread::yield();
    }
    for (int i = 0; i < 200; ++i) emu.api("CreateThing", {{"thingName", "ghost-" + std::to_string(i)}});
    return Json();
  });
  const Json action{{"lambda", {{"functionArn", "arn:aws:lambda:us-east-1:123456789012:function:f"}}}};
  const Json payload{{"sql", "SELECT * FROM 'in'"}, {"actions", Json::array({action})}};
  ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
  for (int i = 0; i < 5; ++i) emu.publish("in", "{}");
  const auto accepted = [&] { return Json::parse(ask("GET", "/_iot/actions").body).at("actions").size(); };
  for (int i = 0; i < 1500 && (accepted() < 5 || called == 0); ++i) ::poll(nullptr, 0, 10);
  emu.reset();
  expect_nothing();
  EXPECT_LT(called, 5);
  const int before = called;
  emu.advance(std::chrono::minutes{10});
  EXPECT_EQ(called, before) << "what was dropped is not tried again";
  // The binding stays.
  ASSERT_THAT(emu.api("CreateTopicRule", {{"ruleName", "r"}, {"topicRulePayload", payload}}), IsOk());
  emu.publish("in", "{}");
  EXPECT_TRUE(emu.settle());
  EXPECT_EQ(called, before + 1);
}

TEST(ResetOfCommands, KillsThemAndWhatTheyStarted) {
  const testing::TemporaryDirectory folder;
  const auto file = (folder / "pid").string();
  Options options = test_options();
  options.jitr_command = "echo $$ > " + file + ".new && mv " + file + ".new " + file + "; exec sleep 600";
  options.jitr_command_timeout = std::chrono::minutes{10};
  Emulator emu{options};
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("sn-0001")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  pid_t pid = 0;
  for (int i = 0; i < 1500 && pid == 0; ++i) {
    ::poll(nullptr, 0, 10);
    std::ifstream{file} >> pid;
  }
  ASSERT_GT(pid, 0);
  emu.reset();
  EXPECT_TRUE(::kill(pid, 0) != 0 && errno == ESRCH);
  EXPECT_THAT(emu.refusals(), IsEmpty()) << "the end of the command is no news of the new state";
}

TEST_F(Reset, ManyAtATimeAreAllAnswered) {
  std::vector<std::thread> callers;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { good += ask("POST", "/_iot/reset").status == 200 ? 1 : 0; });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(good, 8);
}

}  // namespace
}  // namespace iotemu::tests
