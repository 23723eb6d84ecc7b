// What the client makes of what servers answer, and of those that do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/unit/emulator/http/client/scripted_server.h"

namespace iotemu::http {
namespace {

using namespace std::chrono_literals;

class AnswerTest : public ClientTest {};

std::vector<std::string> lines_of(const Answer& answer) {
  std::vector<std::string> lines;
  for (const auto& header : answer.headers) lines.push_back(header.name + ": " + header.value);
  return lines;
}

TEST_F(AnswerTest, IsGivenWithStatusHeadersAndBody) {
  const auto outcome = answered_with(
      "HTTP/1.1 207 Odd\r\nContent-Length: 3\r\nX-Twice: a\r\nx-twice:b  \r\nX-Empty:\r\nContent-Encoding: "
      "gzip"
      "\r\n\r\n\x1f\x8b\xff");
  EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_EQ(outcome.answer.status, 207U);
  EXPECT_EQ(outcome.answer.body, "\x1f\x8b\xff");
  EXPECT_THAT(lines_of(outcome.answer), testing::ElementsAre("Content-Length: 3", "X-Twice: a", "x-twice: b",
                                                             "X-Empty: ", "Content-Encoding: gzip"));
}

TEST_F(AnswerTest, IsTheLastOfThoseThatAreOnTheWay) {
  const auto outcome = answered_with(
      "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(outcome.answer.status, 200U);
  EXPECT_THAT(lines_of(outcome.answer), testing::ElementsAre("X-Late: 1", "Content-Length: 0"));
}

TEST_F(AnswerTest, HasNoHeadersOfItsTrailer) {
  const auto outcome = answered_with(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(outcome.answer.body, "abc");
  EXPECT_THAT(lines_of(outcome.answer), testing::ElementsAre("Transfer-Encoding: chunked"));
}

TEST_F(AnswerTest, ToHeadHasALengthAndNoBody) {
  const auto outcome = answered_with("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", "HEAD");
  EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_EQ(outcome.answer.body, "");
  EXPECT_THAT(lines_of(outcome.answer), testing::ElementsAre("Content-Length: 12345"));
}

TEST_F(AnswerTest, MayHaveNoContent) {
  const auto outcome = answered_with("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
  EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_EQ(outcome.answer.status, 204U);
}

TEST_F(AnswerTest, ThatIsARedirectIsNotFollowed) {
  const auto outcome =
      answered_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_EQ(outcome.answer.status, 302U);
}

TEST_F(AnswerTest, ThatIsTooLongIsCut) {
  const auto outcome =
      answered_with("HTTP/1.1 500 No\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
  EXPECT_EQ(outcome.ending, Ending::too_long);
  EXPECT_EQ(outcome.why, "its answer is longer than 1000 bytes");
  EXPECT_EQ(outcome.answer.status, 500U);
  EXPECT_EQ(outcome.answer.body, std::string(1000, 'x'));
}

TEST_F(AnswerTest, OfExactlyTheLimitIsWhole) {
  const auto outcome =
      answered_with("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(outcome.ending, Ending::answered) << outcome.why;
  EXPECT_EQ(outcome.answer.body.size(), 1000U);
}

TEST_F(AnswerTest, HasAHeadOfBoundedLength) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  for (const auto& head : {many, "X: " + std::string(1024 * 1024, 'x') + "\r\n"}) {
    const auto outcome = answered_with("HTTP/1.1 200 OK\r\n" + head + "\r\n");
    EXPECT_EQ(outcome.ending, Ending::too_long) << head.size();
    EXPECT_EQ(outcome.why, "the head of its answer is longer than 65536 bytes");
    EXPECT_EQ(outcome.answer.status, 200U);
  }
}

struct Broken {
  const char* name{};
  std::string text{};
  const char* why{};
  friend std::ostream& operator<<(std::ostream& out, const Broken& row) { return out << row.name; }
};

class BrokenAnswerTest : public ClientTest, public testing::WithParamInterface<Broken> {};

TEST_P(BrokenAnswerTest, IsGarbled) {
  const auto outcome = answered_with(GetParam().text);
  EXPECT_EQ(outcome.ending, Ending::garbled);
  EXPECT_EQ(outcome.why, GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, BrokenAnswerTest,
    testing::Values(Broken{"Nothing", "", "it closed the connection without an answer"},
                    Broken{"EndsInTheBody", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
                           "its answer breaks off"},
                    Broken{"EndsInAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc",
                           "its answer breaks off"},
                    Broken{"NoChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc",
                           "its answer breaks off"},
                    Broken{"Noise", std::string(2000, '\xff') + "\r\n\r\n", "its answer is not HTTP"},
                    Broken{"AnotherProtocol", "SSH-2.0-OpenSSH_9.2\r\n", "its answer is not HTTP"},
                    Broken{"NoStatus", "HTTP/1.1 abc\r\n\r\n", "its answer is not HTTP"}),
    [](const auto& row) { return std::string{row.param.name}; });

class NoAnswerTest : public ClientTest {};

TEST_F(NoAnswerTest, NobodyListens) {
  const auto outcome = ask({.url = {.scheme = "http", .authority = "127.0.0.1:1"}});
  EXPECT_EQ(outcome.ending, Ending::unreachable);
  EXPECT_EQ(outcome.why, "Couldn't connect to server");
}

TEST_F(NoAnswerTest, TheServerSpeaksNoTls) {
  const ScriptedServer server{[](Peer& peer) { peer.write("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  auto what = call(server);
  what.url.scheme = "https";
  const auto outcome = ask(what);
  EXPECT_EQ(outcome.ending, Ending::unreachable);
  EXPECT_EQ(outcome.why, "SSL connect error");
}

TEST_F(NoAnswerTest, AServerThatAcceptsNoConnectionIsGivenUpEarlier) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  // Its queue is full: the kernel answers no one else.
  std::vector<int> queued;
  for (int i = 0; i < 4; ++i) {
    queued.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(queued.back(), reinterpret_cast<const sockaddr*>(&address), size);
  }
  const auto outcome =
      ask({.url = {.scheme = "http", .authority = "127.0.0.1:" + std::to_string(ntohs(address.sin_port))},
           .connect_limit = 50ms,
           .time_limit = kSoon});
  EXPECT_EQ(outcome.ending, Ending::unreachable);
  EXPECT_EQ(outcome.why, "no connection within 50 ms");
  for (const int socket : queued) ::close(socket);
  ::close(listener);
}

TEST_F(NoAnswerTest, ASilentServerIsNotWaitedForForEver) {
  const ScriptedServer server{[](Peer& peer) { peer.stay_silent(); }};
  auto what = call(server);
  what.time_limit = 50ms;
  const auto outcome = ask(what);
  EXPECT_EQ(outcome.ending, Ending::timed_out);
  EXPECT_EQ(outcome.why, "it did not answer within 50 ms");
}

TEST_F(NoAnswerTest, ASlowServerHasItsTimeForTheWholeAnswer) {
  const ScriptedServer server{[](Peer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning");
    peer.stay_silent();
  }};
  auto what = call(server);
  what.time_limit = 100ms;
  EXPECT_EQ(ask(what).ending, Ending::timed_out);
}

}  // namespace
}  // namespace iotemu::http
