// What the client sends, and what it will not send.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <optional>
#include <ostream>

#include "tests/unit/emulator/http/client/scripted_server.h"

namespace iotemu::http {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

class RequestTest : public ClientTest {
 protected:
  /// The head as it arrives, without the line of Host.
  std::string sent(Call what) {
    EXPECT_EQ(ask(std::move(what)).ending, Ending::answered);
    const auto host = "Host: " + server.authority() + "\r\n";
    const std::lock_guard lock{mutex_};
    const auto at = head_.find(host);
    return at == head_.npos ? head_ : head_.substr(0, at) + head_.substr(at + host.size());
  }

 private:
  std::mutex mutex_;
  std::string head_;

 protected:
  ScriptedServer server{[this](Peer& peer) {
    auto head = peer.read_head();
    {
      const std::lock_guard lock{mutex_};
      head_ = std::move(head);
    }
    peer.write(kNoContent);
  }};
};

TEST_F(RequestTest, IsWhatItWasGivenAndNothingElse) {
  auto what = call(server, "/a//../b?c=%2F&d");
  what.method = "PUT";
  what.headers = {{"X-A", "b"}, {"Content-Type", "text/odd"}, {"X-Empty", ""}, {"X-Blank", " \t "}};
  what.body = "hello";
  EXPECT_EQ(sent(what),
            "PUT /a//../b?c=%2F&d HTTP/1.1\r\nX-A: b\r\nContent-Type: text/odd\r\nX-Empty:\r\nX-Blank:\r\n"
            "Content-Length: 5\r\n\r\n");
}

TEST_F(RequestTest, WithoutABodyIsAnotherThanWithAnEmptyOne) {
  for (const auto* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    auto what = call(server);
    what.method = method;
    EXPECT_EQ(sent(what), std::string{method} + " / HTTP/1.1\r\n\r\n");
    what.body = "";
    EXPECT_EQ(sent(what), std::string{method} + " / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  }
}

TEST_F(RequestTest, MayNameAnotherHost) {
  auto what = call(server);
  what.headers = {{"Host", "example.test"}};
  EXPECT_EQ(sent(what), "GET / HTTP/1.1\r\nHost: example.test\r\n\r\n");
}

TEST_F(RequestTest, MayHoldTabsAndOtherBytesInItsHeaders) {
  auto what = call(server);
  what.headers = {{"X-Tab", "a\tb"}, {"X-Bytes", "\xc3\xa4 \xff"}};
  EXPECT_EQ(sent(what), "GET / HTTP/1.1\r\nX-Tab: a\tb\r\nX-Bytes: \xc3\xa4 \xff\r\n\r\n");
}

TEST_F(RequestTest, GoesToNoProxyOfTheEnvironment) {
  for (const auto* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, "http://127.0.0.1:1", 1);
  EXPECT_EQ(ask(call(server)).ending, Ending::answered);
  for (const auto* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
}

TEST_F(ClientTest, BodiesOf70MegabytesGoBothWays) {
  const std::string body(70 * 1000 * 1000, 'x');
  std::string arrived;
  std::optional<ScriptedServer> server{
      std::in_place, [&](Peer& peer) {
        peer.read_head();
        arrived = peer.read_body(body.size());
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
        peer.write(body);
      }};
  auto what = call(*server);
  what.method = "PUT";
  what.body = body;
  what.max_answer = body.size();
  const auto outcome = ask(std::move(what));
  ASSERT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_TRUE(outcome.answer.body == body);
  server.reset();
  EXPECT_TRUE(arrived == body);
}

struct Unsendable {
  const char* name{};
  std::function<void(Call&)> spoil{};
  const char* why{};
  friend std::ostream& operator<<(std::ostream& out, const Unsendable& row) { return out << row.name; }
};

class UnsendableTest : public ClientTest, public testing::WithParamInterface<Unsendable> {};

TEST_P(UnsendableTest, IsNotSentAndSaysWhy) {
  Call what{.url = {.scheme = "http", .authority = "127.0.0.1:1"}};
  GetParam().spoil(what);
  const auto outcome = ask(what);
  EXPECT_EQ(outcome.ending, Ending::unsendable);
  EXPECT_EQ(outcome.why, GetParam().why);
}

void with_header(Call& what, std::string name, std::string value) {
  what.headers.push_back({std::move(name), std::move(value)});
}

INSTANTIATE_TEST_SUITE_P(
    Calls, UnsendableTest,
    testing::Values(
        Unsendable{"AnotherHeader", [](Call& what) { with_header(what, "X", "a\r\nY: b"); },
                   "its header X holds a control character"},
        Unsendable{"LineFeed", [](Call& what) { with_header(what, "X", "a\nY: b"); },
                   "its header X holds a control character"},
        Unsendable{"Nul",
                   [](Call& what) {
                     with_header(what, "X", {"a\0b", 3});
                   },
                   "its header X holds a control character"},
        Unsendable{"HeaderInAName", [](Call& what) { with_header(what, "X: y\r\nZ", "a"); },
                   "one of its headers has a name that HTTP does not allow"},
        Unsendable{"NoName", [](Call& what) { with_header(what, "", "a"); },
                   "one of its headers has a name that HTTP does not allow"},
        Unsendable{"Length", [](Call& what) { with_header(what, "content-length", "7"); },
                   "its header content-length is for the client to write"},
        Unsendable{"Chunked", [](Call& what) { with_header(what, "Transfer-Encoding", "chunked"); },
                   "its header Transfer-Encoding is for the client to write"},
        Unsendable{"Ftp", [](Call& what) { what.url.scheme = "ftp"; }, "its URL is neither http nor https"},
        Unsendable{"File", [](Call& what) { what.url.scheme = "file"; }, "its URL is neither http nor https"},
        Unsendable{"NoHost", [](Call& what) { what.url.authority = ""; },
                   "its URL has no host, or holds a space or a control character"},
        Unsendable{"LineInTheTarget", [](Call& what) { what.url.target = "/ HTTP/1.1\r\nX: y"; },
                   "its URL has no host, or holds a space or a control character"},
        Unsendable{"LineInTheMethod", [](Call& what) { what.method = "GET / HTTP/1.1\r\nX: y\r\n"; },
                   "its method is no word of HTTP"},
        Unsendable{"HeadWithABody",
                   [](Call& what) {
                     what.method = "HEAD";
                     what.body = "";
                   },
                   "a HEAD has no body"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace iotemu::http
