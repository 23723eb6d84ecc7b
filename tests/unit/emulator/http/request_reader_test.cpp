#include "emulator/http/request_reader.h"

#include <gtest/gtest.h>

#include "emulator/http/response_text.h"
#include "emulator/http/target.h"

namespace iotemu::http {
namespace {

using Step = RequestReader::Step;

TEST(RequestReader, ReadsTheSameRequestHoweverTheBytesAreCut) {
  const std::string bytes =
      "PUT /target-policies/p%2B1?x=1&y=a%20b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n"
      "4;ext=1\r\nwiki\r\n5\r\npedia\r\n0\r\nHost: evil.test\r\n\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestReader reader{{}};
    std::string buffer;
    Step step = Step::need_more;
    for (std::size_t at = 0; at < bytes.size() && step != Step::complete; at += cut) {
      buffer += bytes.substr(at, cut);
      step = reader.advance(buffer);
      if (step == Step::head) step = reader.advance(buffer);
      ASSERT_NE(step, Step::refused) << reader.refusal().body;
    }
    ASSERT_EQ(step, Step::complete) << "cut " << cut;
    const auto request = reader.take();
    EXPECT_EQ(request.segments, (std::vector<std::string>{"target-policies", "p+1"}));
    EXPECT_EQ(*request.parameter("y"), "a b");
    EXPECT_EQ(request.body, "wikipedia");
    EXPECT_EQ(request.headers.size(), 2U) << "a trailer became a header";
    EXPECT_EQ(buffer, "");
  }
}

TEST(RequestReader, LeavesThePipelinedBytesToTheNextRequest) {
  RequestReader reader{{}};
  std::string buffer = "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(reader.advance(buffer), Step::head);
  EXPECT_EQ(reader.advance(buffer), Step::complete);
  EXPECT_EQ(reader.take().segments.front(), "a");
  EXPECT_FALSE(reader.idle(buffer));
  EXPECT_EQ(reader.advance(buffer), Step::head);
  EXPECT_EQ(reader.advance(buffer), Step::complete);
  EXPECT_EQ(reader.take().segments.front(), "b");
  EXPECT_TRUE(reader.idle(buffer));
}

TEST(RequestReader, NamesTheLimitThatWasPassed) {
  RequestReader reader{{.fields = 2}};
  std::string buffer = "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n";
  ASSERT_EQ(reader.advance(buffer), Step::refused);
  EXPECT_EQ(reader.refusal().status, 431U);
  EXPECT_NE(reader.refusal().body.find("2 header fields"), std::string::npos);
}

TEST(RequestReader, HoldsABodyToTheLimitThatItsHeadHasGot) {
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n";
  const std::string by_length = head + "Content-Length: 9\r\n\r\n123456789";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n";
  RequestReader reader{{.body = 9}};
  for (const auto& bytes : {by_length, chunked}) {
    std::string buffer = bytes;
    ASSERT_EQ(reader.advance(buffer), Step::head);
    reader.limit_body(9);
    EXPECT_TRUE(reader.expects_continue());
    ASSERT_EQ(reader.advance(buffer), Step::complete);
    EXPECT_EQ(reader.take().body, "123456789");
  }
  for (const auto& bytes : {by_length, chunked}) {
    RequestReader strict{{.body = 9}};
    std::string buffer = bytes;
    ASSERT_EQ(strict.advance(buffer), Step::head);
    strict.limit_body(8);
    EXPECT_EQ(strict.expects_continue(), bytes == chunked);
    ASSERT_EQ(strict.advance(buffer), Step::refused);
    EXPECT_EQ(strict.refusal().status, 413U);
    EXPECT_NE(strict.refusal().body.find("8 bytes"), std::string::npos);
  }
}

TEST(Target, KeepsEmptySegmentsAndDotsAsTheyAre) {
  EXPECT_EQ(parse_target("/a//../b/")->segments, (std::vector<std::string>{"a", "", "..", "b", ""}));
  EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(Target, TakesTheAuthorityOutOfTheAbsoluteForm) {
  const auto target = parse_target("http://localhost:4566/a?b");
  EXPECT_EQ(target->authority, "localhost:4566");
  EXPECT_EQ(target->segments, std::vector<std::string>{"a"});
  EXPECT_EQ(target->query.front().first, "b");
}

TEST(Target, KeepsAPlusInAQueryButReadsItAsSpaceInAForm) {
  EXPECT_EQ(parse_target("/?marker=a+b")->query.front().second, "a+b");
  EXPECT_EQ((*parse_pairs("a=b+c", true)).front().second, "b c");
}

TEST(ResponseText, NeverLetsAValueEndItsLine) {
  const auto bytes = to_bytes({.headers = {{"X-A", "b\r\nX-Evil: 1"}}}, {.request_id = "id"});
  EXPECT_EQ(bytes.find("\r\nX-Evil"), std::string::npos);
}

TEST(ResponseText, WritesDatesAsRfc9110Wants) {
  EXPECT_EQ(http_date(Time{std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + std::chrono::hours{8} +
                           std::chrono::minutes{49} + std::chrono::seconds{37}}),
            "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace iotemu::http
