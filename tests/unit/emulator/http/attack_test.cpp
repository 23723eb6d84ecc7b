// Requests that no SDK sends: smuggling, folding, bombs, rebinding, cross-site. Each row is raw bytes and the
// status that must come back; after every one of them another client is served as if nothing had happened.
// Where Beast 1.74 alone would let the row through, the comment says so.

#include <algorithm>

#include "tests/unit/emulator/http/server_fixture.h"

namespace iotemu::http {
namespace {

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.name;
}

const std::string kHost = "Host: localhost\r\n";

std::string get(const std::string& target, const std::string& fields = kHost) {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /_iot/reset HTTP/1.1\r\n" + fields + "\r\n" + body;
}

std::string many_fields(int count) {
  std::string fields = kHost;
  for (int i = 0; i < count; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  return fields;
}

const std::vector<Case> kCases{
    // Framing: each a way to hide a second request in the first one.
    {"TransferEncodingThenContentLength",
     post(kHost + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"), 400},  // Beast accepts
    {"ContentLengthThenTransferEncoding",
     post(kHost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"ChunkedAndContentLength",
     post(kHost + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400},
    {"TransferEncodingXchunked", post(kHost + "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
     400},  // Beast: bodyless
    {"TransferEncodingChunkedTwice", post(kHost + "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
     400},  // Beast: bodyless
    {"TransferEncodingInTwoFields",
     post(kHost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
    {"TransferEncodingGzipChunked", post(kHost + "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
    {"ChunkedInHttp10", "POST / HTTP/1.0\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},                                                                          // Beast accepts
    {"ContentLengthList", post(kHost + "Content-Length: 5, 5\r\n", "abcde"), 400},  // Beast accepts
    {"TwoEqualContentLengths", post(kHost + "Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400},
    {"TwoDifferentContentLengths", post(kHost + "Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), 400},
    {"ContentLengthWithSign", post(kHost + "Content-Length: +3\r\n", "abc"), 400},
    {"ContentLengthNegative", post(kHost + "Content-Length: -1\r\n"), 400},
    {"ContentLengthOverflow", post(kHost + "Content-Length: 18446744073709551617\r\n", "a"), 400},
    {"ChunkSizeOverflow", post(kHost + "Transfer-Encoding: chunked\r\n", "ffffffffffffffff1\r\na\r\n"), 400},
    {"ChunkSizeNotHex", post(kHost + "Transfer-Encoding: chunked\r\n", "zz\r\n"), 400},
    {"ChunkWithoutItsCrlf", post(kHost + "Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"), 400},
    {"EndlessChunkExtension", post(kHost + "Transfer-Encoding: chunked\r\n", "1;" + std::string(70'000, 'x')),
     400},
    // Grammar.
    {"FoldedField", get("/", kHost + "X-A: 1\r\n 2\r\n"), 400},  // Beast accepts
    {"FoldedHost", get("/", "Host: evil.test\r\n localhost\r\n"), 400},
    {"FoldedFirstField", "GET / HTTP/1.1\r\n " + kHost + "\r\n", 400},
    {"SpaceBeforeColon", get("/", "Host : localhost\r\n"), 400},
    {"BareLineFeeds", "GET / HTTP/1.1\nHost: localhost\n\r\n\r\n", 400},
    {"NulInField", get("/", kHost + std::string("X-A: a\0b\r\n", 10)), 400},
    {"CarriageReturnInField", get("/", kHost + "X-A: a\rb\r\n"), 400},
    {"NoVersion", "GET /\r\n\r\n", 400},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
    {"HttpVersion12", "GET / HTTP/1.2\r\n" + kHost + "\r\n", 400},
    {"TlsClientHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
    {"ConnectTunnel", "CONNECT example.com:443 HTTP/1.1\r\n" + kHost + "\r\n", 400},
    {"AsteriskForm", "OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", 400},
    // Host: DNS rebinding arrives with the attacker's name and nothing else.
    {"NoHost", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n", 400},                    // Beast accepts
    {"NoFieldsAtAll", "GET / HTTP/1.1\r\n\r\n", 400},                       // Beast accepts
    {"TwoHosts", get("/", "Host: localhost\r\nHost: evil.test\r\n"), 400},  // Beast accepts
    {"EmptyHost", get("/", "Host: \r\n"), 421},
    {"ForeignHost", get("/", "Host: evil.test:4566\r\n"), 421},
    {"ForeignHostOnAnyPath", get("/_iot/health", "Host: evil.test\r\n"), 421},
    {"HostThatBeginsLikeLocalhost", get("/", "Host: localhost.evil.test\r\n"), 421},
    {"HostThatBeginsLikeLoopback", get("/", "Host: 127.0.0.1.evil.test\r\n"), 421},
    {"HostWithUser", get("/", "Host: localhost@evil.test\r\n"), 421},
    {"HostAnyAddress", get("/", "Host: 0.0.0.0\r\n"), 421},
    {"AbsoluteFormWithForeignHost", get("http://evil.test/_iot/health"), 421},  // Beast accepts
    {"AbsoluteFormWithForeignHostHeader", get("http://localhost/", "Host: evil.test\r\n"), 421},
    // A web page in the developer's browser.
    {"CrossSiteSimplePost",
     post(kHost + "Origin: http://other.test\r\nSec-Fetch-Site: cross-site\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 0\r\n"),
     403},
    {"NullOrigin", post(kHost + "Origin: null\r\nContent-Length: 0\r\n"), 403},
    {"SandboxedFetchWithoutOrigin", post(kHost + "Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n"), 403},
    {"SameSiteOnAnAdminPath", post(kHost + "Sec-Fetch-Site: same-site\r\nContent-Length: 0\r\n"), 403},
    {"LoopbackPageOnAnAdminPath", post(kHost + "Origin: http://localhost:3000\r\nContent-Length: 0\r\n"),
     403},
    {"EncodedAdminPath",
     "POST /%5fiot/reset HTTP/1.1\r\n" + kHost + "Origin: http://localhost:3000\r\nContent-Length: 0\r\n\r\n",
     403},
    {"ForeignPreflight",
     "OPTIONS /things HTTP/1.1\r\n" + kHost +
         "Origin: http://other.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
     403},
    {"TwoOrigins", post(kHost + "Origin: http://localhost\r\nOrigin: http://other.test\r\n"), 400},
    // Paths.
    {"EncodedNul", get("/things/a%00b"), 400},
    {"OverlongSlash", get("/things/%c0%af"), 400},
    {"LoneContinuation", get("/things/%80"), 400},
    {"EncodedSurrogate", get("/things/%ed%a0%80"), 400},
    {"BrokenEscape", get("/things/%2"), 400},
    {"BrokenEscapeInQuery", get("/things?x=%zz"), 400},
    {"LongPath", get("/" + std::string(9'000, 'a')), 414},
    // Bombs.
    {"HugeField", get("/", kHost + "X-A: " + std::string(40'000, 'a') + "\r\n"), 431},
    {"EndlessHead", "GET / HTTP/1.1\r\n" + std::string(40'000, 'a'), 431},
    {"TooManyFields", get("/", many_fields(120)), 431},
    {"BodyAboveTheLimit", post(kHost + "Content-Length: 2000000\r\n", std::string(2'000'000, 'a')), 413},
    {"ChunkedBodyAboveTheLimit",
     post(kHost + "Transfer-Encoding: chunked\r\n",
          "1e8480\r\n" + std::string(2'000'000, 'a') + "\r\n0\r\n\r\n"),
     413},
};

class AttackTest : public ServerTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override { serve({.guard = {.admin_roots = {"_iot", "moto-api"}}}); }
};

TEST_P(AttackTest, IsRefusedAndTheConnectionClosedWhileOthersAreServed) {
  auto attacker = client();
  const auto answer = attacker.ask(GetParam().bytes);
  EXPECT_EQ(answer.status, GetParam().status) << answer.head << answer.body;
  EXPECT_TRUE(Json::parse(answer.body).contains("message")) << answer.body;
  EXPECT_TRUE(attacker.closed_by_server()) << "a second answer came: the request was split";
  EXPECT_EQ(client().ask(get("/a")).status, 200);
}

class AttackOverTlsTest : public ServerTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override { serve({.guard = {.admin_roots = {"_iot", "moto-api"}}, .tls = TlsOptions{}}); }
};

TEST_P(AttackOverTlsTest, IsRefusedAndTheConnectionClosedWhileOthersAreServed) {
  auto attacker = tls_client();
  const auto answer = attacker.ask(GetParam().bytes);
  EXPECT_EQ(answer.status, GetParam().status) << answer.head << answer.body;
  EXPECT_TRUE(attacker.closed_by_server()) << "a second answer came: the request was split";
  EXPECT_EQ(attacker.tls()->end(), "close_notify");
  EXPECT_EQ(tls_client().ask(get("/a")).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Raw, AttackOverTlsTest, ::testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string{row.param.name}; });
INSTANTIATE_TEST_SUITE_P(Raw, AttackTest, ::testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace iotemu::http
