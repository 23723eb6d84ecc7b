// The three ways to run user code, by what they promise: one answer a call, bounded in time and number,
// harmless.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/thread_executor.h"
#include "emulator/invoke/callback.h"
#include "emulator/invoke/command.h"
#include "emulator/invoke/process_mark.h"
#include "emulator/invoke/webhook.h"

namespace iotemu::invoke {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// Collects the outcomes of calls from whatever thread they come.
class Outcomes {
 public:
  FunctionInvoker::Done next() {
    return [this](const Result<std::string>& answer) {
      const std::lock_guard lock{mutex_};
      messages_.push_back(answer ? "ok" : answer.error().message);
      if (answer) answers_.push_back(*answer);
    };
  }
  /// What the successful calls answered.
  std::vector<std::string> answers() {
    const std::lock_guard lock{mutex_};
    return answers_;
  }
  std::vector<std::string> messages() {
    const std::lock_guard lock{mutex_};
    return messages_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> messages_;
  std::vector<std::string> answers_;
};

class Invokers : public ::testing::Test {
 protected:
  void settle() { ASSERT_TRUE(work.wait_idle(milliseconds{30'000})); }

  std::unique_ptr<FunctionInvoker> command(const CommandOptions& options) {
    auto made = make_command_invoker(options, work);
    return std::move(*made);
  }
  std::unique_ptr<FunctionInvoker> webhook(const WebhookOptions& options) {
    auto made = make_webhook_invoker(options, work);
    return std::move(*made);
  }

  WorkCounter work;
  Outcomes outcomes;
};

/// Answers one connection with fixed text and keeps what it was sent.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}},
        request_{std::async(std::launch::async, [this, text = std::move(answer)] { return serve(text); })} {}
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook?a=1";
  }
  std::string request() { return request_.get(); }

 private:
  std::string serve(const std::string& answer) {
    tcp::socket socket{context_};
    acceptor_.accept(socket);
    boost::asio::streambuf buffer;
    boost::asio::read_until(socket, buffer, "}");
    boost::system::error_code hung_up;  // in the midst of an answer that is too long
    boost::asio::write(socket, boost::asio::buffer(answer), hung_up);
    return {std::istreambuf_iterator<char>{&buffer}, {}};
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::future<std::string> request_;
};

TEST_F(Invokers, WebhookPostsTheEventAsJson) {
  OneAnswer server{"HTTP/1.1 204 No Content\r\n\r\n"};
  const auto invoker = webhook({.url = server.url()});
  invoker->invoke({.payload = R"({"a":1})"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"ok"});
  const std::string request = server.request();
  EXPECT_THAT(request, HasSubstr("POST /hook?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\n\r\n{\"a\":1}"));
}

TEST_F(Invokers, WebhookAnswerOtherThan2xxIsAFailure) {
  OneAnswer server{"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"};
  const auto invoker = webhook({.url = server.url()});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"webhook answered HTTP 500"});
}

TEST_F(Invokers, WebhookThatNeverAnswersIsGivenUp) {
  boost::asio::io_context context;
  tcp::acceptor silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  const auto invoker = webhook({.url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                                .timeout = milliseconds{100}});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  ASSERT_EQ(outcomes.messages().size(), 1U);
  EXPECT_THAT(outcomes.messages()[0], HasSubstr("did not answer within 100 ms"));
}

TEST_F(Invokers, CallsBeyondTheQueueFailAtOnceAndStoppingEndsTheRest) {
  boost::asio::io_context context;
  tcp::acceptor silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  auto invoker = webhook({.url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                          .timeout = std::chrono::minutes{10},
                          .limits = {.running = 1, .waiting = 1}});
  for (int call = 0; call < 3; ++call) invoker->invoke({.payload = "{}"}, outcomes.next());
  invoker.reset();
  settle();
  const auto messages = outcomes.messages();
  ASSERT_EQ(messages.size(), 3U) << "every call is answered exactly once";
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("more than 1 events wait")));
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("the emulator stopped")).Times(2));
}

TEST_F(Invokers, EventsThatWaitHoldNoMoreBytesThanTheyMay) {
  boost::asio::io_context context;
  tcp::acceptor silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  auto invoker = webhook({.url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                          .timeout = std::chrono::minutes{10},
                          .limits = {.running = 1, .waiting = 100, .bytes = 3000}});
  for (int call = 0; call < 4; ++call) invoker->invoke({.payload = std::string(1400, ' ')}, outcomes.next());
  invoker.reset();
  settle();
  const auto messages = outcomes.messages();
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("events of more than 3000 bytes wait")));
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("the emulator stopped")).Times(3));
}

TEST_F(Invokers, ResetEndsAWebhookThatDoesNotAnswerAndTheNextCallIsSent) {
  boost::asio::io_context context;
  tcp::acceptor silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  const auto mute = webhook({.url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                             .timeout = std::chrono::minutes{10},
                             .limits = {.running = 1, .waiting = 10}});
  mute->invoke({.payload = "{}"}, outcomes.next());
  mute->invoke({.payload = "{}"}, outcomes.next());
  tcp::socket held{context};
  silent.accept(held);
  std::promise<void> nothing_left;
  {
    const Hold until{&nothing_left, [](std::promise<void>* all) { all->set_value(); }};
    mute->reset(until);
  }
  nothing_left.get_future().wait();
  std::array<char, 4096> bytes{};
  boost::system::error_code ended;
  while (!ended) held.read_some(boost::asio::buffer(bytes), ended);
  EXPECT_EQ(ended, boost::asio::error::eof) << "the connection goes with the call";
  EXPECT_EQ(outcomes.messages(),
            (std::vector<std::string>{"the emulator was reset before the handler had finished",
                                      "the emulator was reset"}));

  mute->invoke({.payload = "{}", .time_limit = milliseconds{100}}, outcomes.next());
  settle();
  EXPECT_THAT(outcomes.messages().back(), HasSubstr("did not answer within 100 ms"));
}

TEST_F(Invokers, WebhookFollowsNoRedirect) {
  OneAnswer server{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"};
  const auto invoker = webhook({.url = server.url()});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"webhook answered HTTP 302"});
}

TEST_F(Invokers, WebhookThatAnswersTooMuchFailsUnlessNobodyWantsTheAnswer) {
  const auto long_answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + std::string(1048577, 'x');
  OneAnswer first{long_answer};
  const auto wanted = webhook({.url = first.url()});
  wanted->invoke({.payload = "{}"}, outcomes.next());
  settle();
  OneAnswer second{long_answer};
  const auto unwanted = webhook({.url = second.url()});
  unwanted->invoke({.payload = "{}", .wants_answer = false}, outcomes.next());
  settle();
  ASSERT_EQ(outcomes.messages().size(), 2U);
  EXPECT_THAT(outcomes.messages()[0], HasSubstr("its answer is longer than 1048576 bytes"));
  EXPECT_EQ(outcomes.messages()[1], "ok");
}

TEST_F(Invokers, WebhookUrlsThatCannotWorkAreRefusedWithTheReason) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://example.test/", "only http://"},
      {"ftp://x", "does not begin with http://"},
      {"http://", "names no host"},
      {"http://:80/", "names no host"},
      {"http://h:0/", "no port number"},
      {"http://h:99999/", "no port number"},
      {"http://h:x/", "no port number"},
      {"http://u:p@h/", "user name"},
      {"http://h/a b", "space"},
      {"http://h/\r\nX: y", "space"},
  };
  for (const auto& [url, reason] : cases) {
    const auto made = make_webhook_invoker({.url = url}, work);
    ASSERT_FALSE(made) << url;
    EXPECT_THAT(made.error().message, HasSubstr(reason)) << url;
  }
  EXPECT_TRUE(make_webhook_invoker({.url = "http://[::1]:8080/x"}, work));
}

TEST_F(Invokers, CommandRunsManyAtOnceAndAnswersEach) {
  const auto invoker = command({.command = "cat > /dev/null", .limits = {.running = 4, .waiting = 100}});
  for (int call = 0; call < 20; ++call) invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>(20, "ok"));
}

TEST_F(Invokers, CommandThatFloodsItsOutputIsReadToTheEndAndCutShort) {
  const auto invoker =
      command({.command = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1"});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"handler exited 1: the end"});
}

TEST_F(Invokers, CommandThatDoesNotReadItsInputIsFine) {
  const auto invoker = command({.command = "exit 0"});
  invoker->invoke({.payload = std::string(50'000, 'x')}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"ok"});
}

TEST_F(Invokers, CommandInheritsNoDescriptorOfOurs) {
  const auto invoker = command({.command = "ls /proc/self/fd | wc -l | grep -qx 4"});  // 0, 1, 2 and ls's own
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"ok"});
}

/// A named pipe whose end of stream tells that all processes that held it have ended.
class Lifeline {
 public:
  Lifeline() {
    std::string pattern = (std::filesystem::temp_directory_path() / "iotemu-invokers-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    folder_ = pattern;
    if (::mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error{"mkfifo"};
    reader_ = ::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;
  ~Lifeline() {
    ::close(reader_);
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return folder_ / "held"; }
  /// False if somebody still holds it after half a minute. A killed process needs a processor to end on.
  [[nodiscard]] bool is_let_go() const {
    pollfd end{.fd = reader_, .events = 0, .revents = 0};
    return ::poll(&end, 1, 30'000) == 1 && (end.revents & POLLHUP) != 0;
  }

 private:
  std::filesystem::path folder_;
  int reader_{-1};
};

/// Starts a process in a session of its own that holds the lifeline, and waits until it is there.
std::string start_fugitive(const Lifeline& lifeline) {
  const std::string up = lifeline.path() + ".up";
  return "mkfifo " + up + "; exec 3> " + lifeline.path() + "; setsid sh -c 'echo up > " + up +
         "; exec sleep 1000' & read word < " + up + "; exec 3>&-; ";
}

TEST_F(Invokers, CommandTakesAlongWhatLeftItsProcessGroup) {
  const Lifeline lifeline;
  const auto invoker = command({.command = start_fugitive(lifeline) + "exit 0"});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"ok"});
  EXPECT_TRUE(lifeline.is_let_go());
}

TEST_F(Invokers, CommandThatIsStoppedTakesAlongWhatLeftItsProcessGroup) {
  const Lifeline lifeline;
  auto invoker =
      command({.command = start_fugitive(lifeline) + "kill -STOP 0", .timeout = milliseconds{500}});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  ASSERT_EQ(outcomes.messages().size(), 1U);
  EXPECT_THAT(outcomes.messages()[0], HasSubstr("had not ended after 500 ms"));
  EXPECT_TRUE(lifeline.is_let_go());
}

TEST(ProcessMark, IsAnotherOneForEachCall) {
  EXPECT_NE(new_process_mark(), new_process_mark());
}

TEST_F(Invokers, CallbackExceptionIsAFailedCall) {
  ThreadExecutor executor{work, "callbacks", 1};
  CallbackInvoker good{executor, [](const Invocation&) { return std::string{}; }};
  CallbackInvoker bad{executor, [](const Invocation&) -> std::string { throw std::runtime_error{"no"}; }};
  CallbackInvoker strange{executor, [](const Invocation&) -> std::string { throw 7; }};
  good.invoke({}, outcomes.next());
  bad.invoke({}, outcomes.next());
  strange.invoke({}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(),
            (std::vector<std::string>{"ok", "callback threw: no",
                                      "callback threw something that is not a std::exception"}));
}

TEST_F(Invokers, EachWayAnswersWithTheTextOfTheCode) {
  OneAnswer server{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"w\"}"};
  const auto of_webhook = webhook({.url = server.url()});
  of_webhook->invoke({.payload = "{}"}, outcomes.next());
  settle();
  const auto of_command = command({.command = "echo noise >&2; tr a-z A-Z"});
  of_command->invoke({.payload = R"({"a":"c"})"}, outcomes.next());
  settle();
  ThreadExecutor executor{work, "callbacks", 1};
  CallbackInvoker of_callback{executor, [](const Invocation& call) { return call.payload + "!"; }};
  of_callback.invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.answers(), (std::vector<std::string>{R"({"a":"w"})", R"({"A":"C"})", "{}!"}));
}

TEST_F(Invokers, WebhookThatFailsIsQuotedWithItsFirstLine) {
  OneAnswer server{"HTTP/1.1 502 Bad\r\nContent-Length: 16\r\n\r\nno function\nmore"};
  const auto invoker = webhook({.url = server.url()});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(), std::vector<std::string>{"webhook answered HTTP 502: no function"});
}

TEST_F(Invokers, CallsMayBringATimeLimitOfTheirOwn) {
  const auto slow = command({.command = "sleep 1000", .timeout = std::chrono::minutes{10}});
  slow->invoke({.payload = "{}", .time_limit = milliseconds{100}}, outcomes.next());
  settle();
  boost::asio::io_context context;
  tcp::acceptor silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  const auto mute = webhook({.url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                             .timeout = std::chrono::minutes{10}});
  mute->invoke({.payload = "{}", .time_limit = milliseconds{100}}, outcomes.next());
  settle();
  ASSERT_EQ(outcomes.messages().size(), 2U);
  EXPECT_THAT(outcomes.messages()[0], HasSubstr("had not ended after 100 ms"));
  EXPECT_THAT(outcomes.messages()[1], HasSubstr("did not answer within 100 ms"));
}

TEST_F(Invokers, CommandThatAnswersTooMuchFailsUnlessNobodyWantsTheAnswer) {
  const auto invoker = command({.command = "head -c 3000000 /dev/zero | tr '\\0' x"});
  invoker->invoke({.payload = "{}"}, outcomes.next());
  settle();
  invoker->invoke({.payload = "{}", .wants_answer = false}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.messages(),
            (std::vector<std::string>{"handler wrote more than 1048576 bytes to stdout", "ok"}));
  EXPECT_EQ(outcomes.answers(), std::vector<std::string>{""});
}

TEST_F(Invokers, CommandTakesEventsLargerThanAPipeIsMadeFor) {
  const auto invoker = command({.command = "wc -c"});
  invoker->invoke({.payload = std::string(300'000, 'x')}, outcomes.next());
  invoker->invoke({.payload = std::string(600'000, 'x')}, outcomes.next());
  settle();
  EXPECT_EQ(outcomes.answers(), std::vector<std::string>{"300000\n"});
  EXPECT_THAT(outcomes.messages(), ::testing::Contains(HasSubstr("600000 bytes, more than 524288")));
}

}  // namespace
}  // namespace iotemu::invoke
