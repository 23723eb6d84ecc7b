// Who is asked, and what those who are not emulated are answered (P10.1, P10.7).

#include "tests/unit/emulator/neighbours/neighbours_fixture.h"

namespace iotemu::neighbours {
namespace {

using testing::HasSubstr;

TEST_F(NeighboursTest, LeavesRequestsForIotAlone) {  // P10.1
  EXPECT_FALSE(send({.method = "GET", .target = "/things"}, "test", "iot"));
  EXPECT_FALSE(send({.method = "GET", .target = "/things"}, "test", "execute-api"));
  EXPECT_FALSE(send({.method = "GET", .target = "/things"}, "", ""));
}

TEST_F(NeighboursTest, SaysOfOtherServicesThatTheyAreNotEmulatedAndNamesTheOption) {  // P10.7
  const auto pca = json("acm-pca", "ACMPrivateCA.CreatePermission", Json::object());
  EXPECT_EQ(pca.status, 501U);
  EXPECT_EQ(Json::parse(pca.body).at("__type"), "NotImplementedException");
  EXPECT_THAT(pca.body, HasSubstr("acm-pca CreatePermission is not emulated"));

  const auto stream = json("kinesis", "Kinesis_20131202.PutRecord", Json::object());
  EXPECT_THAT(stream.body, HasSubstr("--upstream kinesis=URL"));

  const auto jobs = *send({.method = "GET", .target = "/things/t1/jobs"}, "test", "iot-jobs-data");
  EXPECT_EQ(Json::parse(jobs.body).at("message"), "iot-jobs-data GetPendingJobExecutions is not emulated");

  const auto iam = form("iam", "Action=Create%3CRole%3E&Version=2010-05-08");
  EXPECT_EQ(iam.status, 501U);
  EXPECT_EQ(iam.content_type, "text/xml");
  EXPECT_THAT(
      iam.body,
      HasSubstr("<Code>NotImplementedException</Code><Message>iam Create&lt;Role&gt; is not emulated"));

  const auto lambda = *send({.method = "GET", .target = "/2018-10-31/layers"}, "test", "lambda");
  EXPECT_THAT(lambda.body, HasSubstr("lambda ListLayers is not emulated"));
  const auto bucket = *send({.method = "GET", .target = "/bucket/key"}, "test", "s3");
  EXPECT_EQ(bucket.content_type, "application/xml");
  EXPECT_EQ(element(bucket, "Code"), "NotImplementedException");
}

TEST_F(NeighboursTest, TellsTheServiceOfUnsignedRequestsByWhatTheyAsk) {  // P10.1
  const auto identity = form("", "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(element(identity, "Account"), "123456789012");
  const auto list = json("", "ACMPrivateCA.ListCertificateAuthorities", Json::object());
  EXPECT_EQ(Json::parse(list.body).at("CertificateAuthorities"), Json::array());
}

TEST_F(NeighboursTest, AnswersBadInputInTheFormOfTheService) {
  EXPECT_EQ(fault(json("acm-pca", "ACMPrivateCA.DescribeCertificateAuthority", Json::object())),
            "400 ValidationException");
  EXPECT_EQ(fault(json("acm-pca", "ACMPrivateCA.ListCertificateAuthorities", {{"MaxResults", "ten"}})),
            "400 SerializationException");
  const auto form_answer = form("iam", "Action=GetRole&Version=2010-05-08");
  EXPECT_EQ(form_answer.status, 400U);
  EXPECT_EQ(element(form_answer, "Code"), "ValidationError");
  EXPECT_EQ(element(form("iam", "Action=ListRoles&MaxItems=ten"), "Code"), "MalformedInput");
}

TEST_F(NeighboursTest, TellsTheCallerItsAccount) {  // P9.6
  const auto answer = form("sts", "Action=GetCallerIdentity&Version=2011-06-15", "111122223333");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(element(answer, "Account"), "111122223333");
  EXPECT_EQ(element(answer, "Arn"), "arn:aws:iam::111122223333:root");
  EXPECT_EQ(element(answer, "RequestId"), "request-id");
}

TEST_F(NeighboursTest, RefusesBodiesThatNoServiceTakes) {  // P10.6
  http::Request request{
      .method = "POST", .target = "/", .headers = {{"X-Amz-Target", "AmazonSSM.PutParameter"}}};
  request.body.assign(api::kMaxBody + 1, ' ');
  EXPECT_EQ(send(std::move(request), "test", "ssm")->status, 413U);
}

TEST_F(NeighboursTest, RefusesAnEncodedBodyInTheFormOfTheService) {
  const auto answer =
      *send({.method = "POST",
             .target = "/",
             .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Encoding", "gzip"}},
             .body = "Action=ListRoles"},
            "test", "iam");
  EXPECT_EQ(answer.status, 415U);
  EXPECT_EQ(element(answer, "Code"), "UnsupportedMediaTypeException");
}

TEST_F(NeighboursTest, MakesNoKeysForThoseWhoWaitWhenItStops) {
  std::optional<http::Response> answer;
  http::Request request{.method = "POST",
                        .target = "/",
                        .headers = {{"X-Amz-Target", "ACMPrivateCA.CreateCertificateAuthority"}},
                        .body = R"({"CertificateAuthorityType":"ROOT","CertificateAuthorityConfiguration":
                            {"KeyAlgorithm":"EC_prime256v1","SigningAlgorithm":"SHA256WITHECDSA","Subject":{}}})"};
  EXPECT_TRUE(
      neighbours.take(request, {.scope = api::CredentialScope{"test", region, "acm-pca"}},
                      http::Responder{[&](http::Response response) { answer = std::move(response); }}));
  EXPECT_FALSE(answer) << "keys are made on the pool";
  neighbours.stop();
  pool.run_all();
  EXPECT_EQ(answer->status, 503U);
}

TEST_F(NeighboursTest, SaysOfAnUnsignedRequestThatItsSignatureIsMissing) {  // P10.7
  const auto streams = json("", "Kinesis_20131202.ListStreams", Json::object());
  EXPECT_EQ(streams.status, 501U);
  EXPECT_THAT(streams.body,
              HasSubstr("Kinesis_20131202.ListStreams is not emulated; the request is unsigned"));
  EXPECT_THAT(form("", "Action=ListTopics").body,
              HasSubstr("ListTopics is not emulated; the request is uns"));
}

TEST_F(NeighboursTest, IsAskedByPostOfTheRootAlone) {  // P9.1
  const auto ask = [&](const char* method, const char* path) {
    return fault(*send({.method = method,
                        .target = path,
                        .headers = {{"X-Amz-Target", "AmazonSSM.DescribeParameters"}},
                        .body = "{}"},
                       "test", "ssm"));
  };
  EXPECT_EQ(ask("POST", "/"), "200 ");
  EXPECT_EQ(ask("PUT", "/"), "404 UnknownOperationException");
  EXPECT_EQ(ask("POST", "/parameters"), "404 UnknownOperationException");
}

TEST_F(NeighboursTest, ReadsNoFormOfThousandsOfFields) {
  std::string fields;
  for (int i = 0; i < 1999; ++i) fields += "&f=";
  EXPECT_EQ(form("iam", "Action=ListRoles" + fields).status, 200U);
  EXPECT_EQ(element(form("iam", "Action=ListRoles&f=" + fields), "Code"), "MalformedInput");
  EXPECT_EQ(form("iam", "Action=ListRoles&f=" + std::string(api::kMaxBody, 'x')).status, 413U);
}

TEST_F(NeighboursTest, KeepsStateForABoundedNumberOfRealms) {
  const auto put = [&] {
    return fault(json("ssm", "AmazonSSM.PutParameter", {{"Name", "p"}, {"Value", "v"}, {"Type", "String"}}));
  };
  for (std::size_t i = 0; i < kMaxHomes; ++i) {
    region = "us-test-" + std::to_string(i);
    EXPECT_EQ(put(), "200 ");
  }
  region = "us-test-last";
  EXPECT_EQ(fault(json("ssm", "AmazonSSM.GetParameter", {{"Name", "p"}})), "400 ParameterNotFound");
  EXPECT_EQ(put(), "400 ParameterLimitExceeded");
  region = "us-test-0";
  EXPECT_EQ(fault(json("ssm", "AmazonSSM.GetParameter", {{"Name", "p"}})), "200 ");
}

TEST_F(NeighboursTest, FindsNoParameterByTheArnOfAnotherRealm) {
  json("ssm", "AmazonSSM.PutParameter", {{"Name", "/a/p"}, {"Value", "v"}, {"Type", "String"}});
  const auto get = [&](const char* arn) {
    return fault(json("ssm", "AmazonSSM.GetParameter", {{"Name", arn}}));
  };
  EXPECT_EQ(get("arn:aws:ssm:us-east-1:123456789012:parameter/a/p"), "200 ");
  EXPECT_EQ(get("arn:aws:ssm:us-east-1:111122223333:parameter/a/p"), "400 ParameterNotFound");
  EXPECT_EQ(get("arn:aws:ssm:eu-west-1:123456789012:parameter/a/p"), "400 ParameterNotFound");
}

TEST_F(NeighboursTest, TakesNoManagedPolicyOfMoreCharactersThanIam) {
  const auto create = [&](std::size_t letters) {
    const std::string head = R"({"Statement":{"Effect":"Allow","Action":"a","Resource":")";
    const std::string tail = R"("}})";
    return form("iam", "Action=CreatePolicy&PolicyName=p&PolicyDocument=" + head +
                           std::string(letters - head.size() - tail.size(), 'x') + tail);
  };
  EXPECT_EQ(element(create(6145), "Code"), "LimitExceeded");
  EXPECT_EQ(create(6144).status, 200U);
}

class UpstreamTest : public NeighboursTest {
 protected:
  UpstreamTest() : NeighboursTest{{{"s3", "http://127.0.0.1:1"}}} {}
};

TEST_F(UpstreamTest, IsNotAskedByThePagesOfOthers) {
  const auto answer = *send({.method = "GET", .target = "/bucket/key", .foreign = true}, "test", "s3");
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(answer.content_type, "application/xml");
  EXPECT_EQ(element(answer, "Code"), "ForbiddenException");
}

TEST_F(UpstreamTest, TakesLongBodiesForThatServerAlone) {
  const auto limit = [&](const std::string& service) {
    return neighbours.body_limit(
        {.headers = {{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/us-east-1/" + service +
                                           "/aws4_request, SignedHeaders=host, Signature=00"}}});
  };
  EXPECT_EQ(limit("s3"), kMaxPassedBytes);
  EXPECT_EQ(limit("ssm"), api::kMaxBody);
  EXPECT_EQ(limit("iot"), api::kMaxBody);
  EXPECT_EQ(neighbours.body_limit({}), api::kMaxBody);
}

// Assumed roles.

constexpr const char* kTrust =
    "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C%"
    "22Principal%22%3A%7B"
    "%22AWS%22%3A%22111122223333%22%7D%7D%7D";

TEST_F(NeighboursTest, KnowsTheAccountOfTemporaryCredentialsUntilTheyExpire) {  // P9.6
  form("iam", std::string{"Action=CreateRole&RoleName=r1&AssumeRolePolicyDocument="} + kTrust,
       "444455556666");
  const auto assumed =
      form("sts",
           "Action=AssumeRole&RoleArn=arn:aws:iam::444455556666:role/r1&RoleSessionName=build&"
           "DurationSeconds=900",
           "111122223333");
  ASSERT_EQ(assumed.status, 200U) << assumed.body;
  EXPECT_EQ(element(assumed, "Expiration"), "2026-01-01T00:15:00Z");
  const auto key = element(assumed, "AccessKeyId");
  EXPECT_THAT(key, testing::MatchesRegex("ASIA[A-Z2-7]{16}"));

  const auto identity = form("sts", "Action=GetCallerIdentity", key);
  EXPECT_EQ(element(identity, "Account"), "444455556666");
  EXPECT_EQ(element(identity, "Arn"), "arn:aws:sts::444455556666:assumed-role/r1/build");

  clock.advance(std::chrono::minutes{15});
  const auto late = form("sts", "Action=GetCallerIdentity", key);
  EXPECT_EQ(late.status, 403U);
  EXPECT_EQ(element(late, "Code"), "ExpiredToken");
  EXPECT_EQ(fault(json("ssm", "AmazonSSM.GetParameter", {{"Name", "p"}}, key)), "403 ExpiredTokenException");
}

TEST_F(NeighboursTest, LetsNobodyAssumeARoleThatDoesNotTrustIt) {
  form("iam", std::string{"Action=CreateRole&RoleName=r1&AssumeRolePolicyDocument="} + kTrust,
       "444455556666");
  const auto assume = [&](const std::string& role, const std::string& account) {
    return form("sts",
                "Action=AssumeRole&RoleSessionName=build&RoleArn=arn:aws:iam::444455556666:role/" + role,
                account);
  };
  const auto stranger = assume("r1", "777788889999");
  EXPECT_EQ(stranger.status, 403U);
  EXPECT_EQ(element(stranger, "Code"), "AccessDenied");
  EXPECT_THAT(stranger.body, HasSubstr("does not name account 777788889999"));
  EXPECT_THAT(assume("r2", "111122223333").body, HasSubstr("there is no such role"));
  EXPECT_EQ(assume("r2", "111122223333").status, 403U);
}

}  // namespace
}  // namespace iotemu::neighbours
