#include "emulator/http/client/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::http {
namespace {

using std::chrono::sys_days;
using namespace std::chrono_literals;

/// Credentials, date and scope of the test suite that AWS has published.
const AwsCredentials kCredentials{.access_key = "AKIDEXAMPLE",
                                  .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const SignatureScope kScope{.region = "us-east-1",
                            .service = "service",
                            .now = sys_days{std::chrono::year{2015} / 8 / 30} + 12h + 36min};

std::string signature_of(std::string_view method, std::string_view target,
                         const std::vector<Header>& headers = {}, std::string_view body = {}) {
  const auto added = sign({.method = method,
                           .authority = "example.amazonaws.com",
                           .target = target,
                           .headers = headers,
                           .body = body},
                          kCredentials, kScope);
  const auto& authorization = added.back().value;
  return authorization.substr(authorization.find("Signature=") + 10);
}

TEST(AwsSignature, IsThatOfThePublishedTestSuite) {
  EXPECT_EQ(signature_of("GET", "/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature_of("POST", "/"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(signature_of("GET", "/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(
      signature_of("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, "Param1=value1"),
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(AwsSignature, NamesWhatItHasSigned) {
  const std::vector<Header> headers{{"Content-Type", "text/plain"}, {"X-Amz-Acl", "private"}, {"Other", "x"}};
  const auto added =
      sign({.method = "PUT", .authority = "s3.test", .target = "/b/k", .headers = headers, .body = "x"},
           {.access_key = "K", .secret = "S", .session_token = "T"},
           {.region = "eu-west-1", .service = "s3", .now = kScope.now});
  ASSERT_EQ(added.size(), 4U);
  EXPECT_EQ(added[0].value, "20150830T123600Z");
  EXPECT_EQ(added[1].name, "X-Amz-Security-Token");
  EXPECT_EQ(added[2].value, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
  EXPECT_THAT(added[3].value,
              testing::StartsWith("AWS4-HMAC-SHA256 Credential=K/20150830/eu-west-1/s3/aws4_request, "
                                  "SignedHeaders=content-type;host;x-amz-acl;x-amz-content-sha256;x-amz-date;"
                                  "x-amz-security-token, Signature="));
}

TEST(UriEncoding, KeepsWhatIsUnreserved) {
  EXPECT_EQ(uri_encoded("aZ9-_.~ /ä+", "/"), "aZ9-_.~%20/%C3%A4%2B");
}

}  // namespace
}  // namespace iotemu::http
