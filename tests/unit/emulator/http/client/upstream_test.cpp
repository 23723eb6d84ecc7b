#include "emulator/http/client/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <utility>
#include <vector>

namespace iotemu::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Upstream, IsAUrlWithAPrefix) {
  const auto upstream = read_upstream("sns", "https://host.test:4566/base//");
  ASSERT_TRUE(upstream.ok()) << upstream.error().message;
  EXPECT_EQ(upstream->base.scheme, "https");
  EXPECT_EQ(upstream->base.authority, "host.test:4566");
  EXPECT_EQ(upstream->base.target, "/base");
  EXPECT_EQ(upstream->shown(), "https://host.test:4566/base");
}

TEST(Upstream, AtTheRootHasNoPrefix) {
  for (const auto* url : {"http://[::1]:9000", "http://[::1]:9000/"}) {
    EXPECT_EQ(read_upstream("s3", url)->base.target, "");
    EXPECT_EQ(read_upstream("s3", url)->shown(), "http://[::1]:9000");
  }
}

TEST(Upstream, HasTheCredentialsOfItsUrlOrThoseOfTheAccount) {
  const auto with = read_upstream("s3", "http://KEY:se/cr@et+=@host:9000");
  ASSERT_TRUE(with.ok()) << with.error().message;
  EXPECT_EQ(with->credentials_of("111122223333").access_key, "KEY");
  EXPECT_EQ(with->credentials_of("111122223333").secret, "se/cr@et+=");
  EXPECT_EQ(with->shown(), "http://host:9000");
  const auto without = read_upstream("s3", "http://host:9000");
  EXPECT_EQ(without->credentials_of("111122223333").access_key, "111122223333");
  EXPECT_EQ(without->credentials_of("111122223333").secret, "test");
}

TEST(Upstream, IsReadByTheNameOfItsService) {
  const auto read = read_upstreams({{"sqs", "http://a"}, {"s3", "http://b"}});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->at("sqs").shown(), "http://a");
  EXPECT_FALSE(read_upstreams({{"sqs", "http://a"}, {"s3", "b"}}).ok());
}

TEST(Upstream, OfIotItselfCannotBe) {  // P10.1
  for (const auto* service : {"iot", "iotdata", "iotdevicegateway", "iot-jobs-data", "execute-api"}) {
    EXPECT_THAT(read_upstream(service, "http://h").error().message,
                HasSubstr("which iot-emulator itself answers"));
  }
  EXPECT_TRUE(read_upstream("ioteventsdata", "http://h").ok());
}

TEST(Upstream, IsOfASigningName) {
  for (const auto* service : {"", "Amazon SQS", "SQS", "a/b"}) {
    EXPECT_THAT(read_upstream(service, "http://h").error().message,
                HasSubstr("is not the signing name of an AWS service"));
  }
}

TEST(Upstream, IsShownAsFarAsItCanHoldNoSecret) {
  for (const auto& [url, shown] :
       std::vector<std::pair<const char*, const char*>>{{"http://host:9000/base", "http://host:9000/base"},
                                                        {"http://[::1]:9000", "http://[::1]:9000"},
                                                        {"ftp://h", "ftp://h"},
                                                        {"http://KEY:canary@host", "http://***"},
                                                        {"http://KEY:canary", "http://***"},
                                                        {"http://host/a:canary", "http://***"},
                                                        {"http://host?canary", "http://host?***"},
                                                        {"KEY:canary", "***"},
                                                        {"", ""}}) {
    EXPECT_EQ(shown_upstream_url(url), shown) << url;
  }
  EXPECT_EQ(shown_upstream("sqs=http://host"), "sqs=http://host");
  EXPECT_EQ(shown_upstream("KEY:canary@host=x"), "***=***");
  EXPECT_EQ(shown_upstream("canary"), "***");
}

struct Malformed {
  const char* url{};
  const char* why{};
  friend std::ostream& operator<<(std::ostream& out, const Malformed& row) { return out << row.url; }
};

class MalformedUpstreamTest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedUpstreamTest, IsRefusedWithoutItsSecret) {
  const auto read = read_upstream("s3", GetParam().url);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::invalid_request);
  EXPECT_THAT(
      read.error().message,
      AllOf(HasSubstr("the upstream of s3 cannot be used: "), HasSubstr(GetParam().why),
            EndsWith("; expected http[s]://[KEY:SECRET@]host[:port][/path]"), Not(HasSubstr("canary"))));
}

INSTANTIATE_TEST_SUITE_P(Urls, MalformedUpstreamTest,
                         testing::Values(Malformed{"", "does not begin with"},
                                         Malformed{"localhost:9000", "does not begin with"},
                                         Malformed{"ftp://KEY:canary@host", "does not begin with"},
                                         Malformed{"file:///etc/passwd", "does not begin with"},
                                         Malformed{"http://", "names no host"},
                                         Malformed{"http:///bucket", "names no host"},
                                         Malformed{"http://:9000", "names no host"},
                                         Malformed{"http://KEY@host", "no KEY:SECRET before its '@'"},
                                         Malformed{"http://:canary@host", "no KEY:SECRET before its '@'"},
                                         Malformed{"http://KEY:@host", "no KEY:SECRET before its '@'"},
                                         Malformed{"http://KEY:canary@", "names no host"},
                                         Malformed{"http://KEY:can ary@host", "KEY:SECRET holds a space"},
                                         Malformed{"http://host?x=canary", "a query or a fragment"},
                                         Malformed{"http://host#x", "a query or a fragment"},
                                         Malformed{"http://ho st", "must be percent-encoded"},
                                         Malformed{"http://host\r\nX: y", "must be percent-encoded"},
                                         Malformed{"http://host:99999", "no port number"}));

}  // namespace
}  // namespace iotemu::http
