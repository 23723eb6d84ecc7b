// The API as an SDK sees it (P10).

#include <optional>
#include <vector>

#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

using testing::HasSubstr;

const std::string kUnknownId(64, 'a');

TEST_F(ApiTest, AnswersJsonObjectsAndEmptyOnesForOperationsWithoutOutput) {  // P10.1
  const auto created = send("POST", "/things/t1");
  EXPECT_EQ(created.status, 200U);
  EXPECT_EQ(created.content_type, "application/json");
  EXPECT_EQ(Json::parse(created.body).at("thingArn"), "arn:aws:iot:us-east-1:123456789012:thing/t1");
  EXPECT_EQ(send("DELETE", "/things/t1").body, "{}");
}

TEST_F(ApiTest, SaysAnErrorByHeaderStatusAndBody) {  // P10.3
  ok("CreatePolicy", {{"policyName", "p1"}, {"policyDocument", kAllowAll}});
  const auto answer = send("POST", "/policies/p1", Json{{"policyDocument", kAllowAll}}.dump());
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(error_type(answer), "ResourceAlreadyExistsException");
  const auto body = Json::parse(answer.body);
  EXPECT_THAT(body.at("message").get<std::string>(), HasSubstr("name already exists (name=p1)"));
  EXPECT_EQ(body.at("resourceId"), "p1");
  EXPECT_EQ(body.at("resourceArn"), "arn:aws:iot:us-east-1:123456789012:policy/p1");
}

TEST_F(ApiTest, TakesFlagsFromTheQueryAndIgnoresThemInTheBody) {  // P0.3 line 9, C.1 test 3
  const auto pem = device_pem(registered_ca("factory"), "d1");
  const auto registered =
      send("POST", "/certificate/register", Json{{"certificatePem", pem}, {"setAsActive", true}}.dump());
  ASSERT_EQ(registered.status, 200U) << registered.body;
  const auto id = Json::parse(registered.body).at("certificateId");
  EXPECT_EQ(ok("DescribeCertificate", {{"certificateId", id}}).at("certificateDescription").at("status"),
            "INACTIVE");

  EXPECT_EQ(send("PUT", "/certificates/" + id.get<std::string>() + "?newStatus=ACTIVE").status, 200U);
  EXPECT_EQ(ok("DescribeCertificate", {{"certificateId", id}}).at("certificateDescription").at("status"),
            "ACTIVE");
}

TEST_F(ApiTest, ReadsBooleansInAnyLetterCase) {  // P10.1
  for (const auto* flag : {"true", "True", "TRUE"}) {
    EXPECT_EQ(send("GET", std::string{"/certificates?isAscendingOrder="} + flag).status, 200U);
  }
  const auto answer = send("GET", "/certificates?isAscendingOrder=yes");
  EXPECT_EQ(error_type(answer), "InvalidRequestException");
  EXPECT_THAT(answer.body, HasSubstr("'yes' at 'ascendingOrder'"));
}

TEST_F(ApiTest, TakesPrincipalsFromHeaders) {  // P0.3 line 10
  ok("CreateThing", {{"thingName", "t1"}});
  const std::string cognito = "us-east-1:11111111-2222-3333-4444-555555555555";
  EXPECT_EQ(send("PUT", "/things/t1/principals", "", {{"x-amzn-principal", cognito}}).status, 200U);
  EXPECT_EQ(
      Json::parse(send("GET", "/principals/things", "", {{"x-amzn-principal", cognito}}).body).at("things"),
      Json::array({"t1"}));
  const auto missing = send("PUT", "/things/t1/principals");
  EXPECT_EQ(error_type(missing), "InvalidRequestException");
  EXPECT_THAT(missing.body,
              HasSubstr("Value null at 'principal' failed to satisfy constraint: Member must not be null"));
}

TEST_F(ApiTest, ReadsATargetArnHoweverItIsEscaped) {  // P10.1, C.8 test 79
  const auto arn =
      ok("RegisterCertificateWithoutCA",
         {{"certificatePem",
           fixtures::Authority::create(fixtures::make_subject({.common_name = "x"}))->certificate_pem()}})
          .at("certificateArn")
          .get<std::string>();
  ok("CreatePolicy", {{"policyName", "p1"}, {"policyDocument", kAllowAll}});
  EXPECT_EQ(send("PUT", "/target-policies/p1", Json{{"target", arn}}.dump()).status, 200U);
  const auto id = arn.substr(arn.find('/') + 1);
  for (const auto& target : {"arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2F" + id,
                             "arn:aws:iot:us-east-1:123456789012:cert%2F" + id, arn}) {
    const auto answer = send("POST", "/attached-policies/" + target);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(Json::parse(answer.body).at("policies").size(), 1U) << target;
  }
}

TEST_F(ApiTest, IgnoresUnknownQueryParametersAndBodyMembersAndNulls) {  // P10.1
  const auto answer =
      send("POST", "/things/t1?x=1", R"({"nope":[1,{"a":2}],"thingTypeName":null,"attributePayload":null})");
  EXPECT_EQ(answer.status, 200U) << answer.body;
}

TEST_F(ApiTest, TakesAnEmptyMarkerForNone) {  // P10.1
  EXPECT_EQ(send("GET", "/certificates?marker=&pageSize=1").status, 200U);
}

TEST_F(ApiTest, RefusesABodyThatIsNoJsonObject) {  // P10.6
  for (const auto* body : {"{", "[]", "1", "null", "\"x\"", "{\"a\":1}x", "\xff"}) {
    const auto answer = send("POST", "/things/t1", body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(error_type(answer), "SerializationException") << body;
  }
  const auto deep = send("POST", "/things/t1", std::string(500'000, '['));
  EXPECT_EQ(error_type(deep), "SerializationException");
}

TEST_F(ApiTest, RefusesABodyThatIsEncoded) {
  for (const auto* target : {"/things/t1", "/topics/t", "/_iot/reset"}) {
    const auto answer = send("POST", target, "\x1f\x8b\x08", {{"Content-Encoding", "gzip"}});
    EXPECT_EQ(answer.status, 415U) << target;
    EXPECT_EQ(error_type(answer), "UnsupportedMediaTypeException") << target;
    EXPECT_THAT(answer.body, HasSubstr("'gzip'")) << target;
  }
  EXPECT_TRUE(system.resets.empty());
  EXPECT_EQ(send("POST", "/things/t1", "{}", {{"Content-Encoding", "Identity"}}).status, 200U);
}

TEST_F(ApiTest, RefusesAMemberOfAnotherType) {
  const auto answer = send("POST", "/policies/p1", R"({"policyDocument":{"Version":"2012-10-17"}})");
  EXPECT_EQ(error_type(answer), "SerializationException");
  EXPECT_THAT(answer.body, HasSubstr("'policyDocument' must be a string"));
  EXPECT_EQ(error_type(send("PATCH", "/things/t1", R"({"expectedVersion":1e400})")),
            "SerializationException");
  EXPECT_EQ(error_type(send("PATCH", "/things/t1", R"({"expectedVersion":18446744073709551615})")),
            "SerializationException");
  EXPECT_EQ(error_type(send("POST", "/things/t1", R"({"attributePayload":{"attributes":{"a":{"b":1}}}})")),
            "SerializationException");
}

TEST_F(ApiTest, CountsEveryViolationInOneAnswer) {  // P10.5
  const auto answer = send("PUT", "/certificates/zz?newStatus=active");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(
      Json::parse(answer.body).at("message"),
      "3 validation errors detected: Value 'zz' at 'certificateId' failed to satisfy constraint: Member must "
      "have length greater than or equal to 64; Value 'zz' at 'certificateId' failed to satisfy constraint: "
      "Member must satisfy regular expression pattern: (0x)?[a-fA-F0-9]+; Value 'active' at 'newStatus' "
      "failed "
      "to satisfy constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE, REVOKED, "
      "PENDING_TRANSFER, REGISTER_INACTIVE, PENDING_ACTIVATION]");
}

TEST_F(ApiTest, NamesNestedMembersWithDots) {  // P10.5
  const auto answer =
      send("POST", "/policies/p1", Json{{"policyDocument", kAllowAll}, {"tags", {{{"Value", "v"}}}}}.dump());
  EXPECT_THAT(answer.body, HasSubstr("Value null at 'tags.1.member.key'"));
  EXPECT_THAT(send("POST", "/things/t1", R"({"attributePayload":{"attributes":{"a":"b c"}}})").body,
              HasSubstr("Value 'b c' at 'attributePayload.attributes.a.member'"));
}

TEST_F(ApiTest, AnswersUnknownPathsAndVerbsAsUnknownOperations) {  // P10.6
  for (const auto& [method, path] :
       {std::pair{"GET", "/nope"}, {"PUT", "/things"}, {"GET", "/"}, {"GET", "/things/"}}) {
    const auto answer = send(method, path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_EQ(error_type(answer), "UnknownOperationException");
    EXPECT_EQ(answer.body, R"({"message":"Unknown operation"})");
  }
}

TEST_F(ApiTest, NamesAnOperationThatIsNotEmulated) {  // P10.7
  const auto answer = send("POST", "/streams/s1", "not even JSON");
  EXPECT_EQ(answer.status, 501U);
  EXPECT_EQ(error_type(answer), "NotImplementedException");
  EXPECT_THAT(answer.body, HasSubstr("CreateStream is not emulated"));
  EXPECT_EQ(call("CreateStream", {}).error().code, Errc::not_implemented);
  EXPECT_EQ(call("MakeCoffee", {}).error().code, Errc::unknown_operation);
}

TEST_F(ApiTest, KeepsRealmsApart) {  // P10.2, C.8 test 80
  ok("CreateThing", {{"thingName", "default"}});
  for (const auto& [key, region, arn] :
       {std::tuple{"111122223333", "us-east-1", "arn:aws:iot:us-east-1:111122223333:thing/t"},
        std::tuple{"AKIDEXAMPLE", "cn-north-1", "arn:aws-cn:iot:cn-north-1:123456789012:thing/t"}}) {
    const auto headers = signed_by(key, region, "iot");
    EXPECT_EQ(Json::parse(send("POST", "/things/t", "", headers).body).at("thingArn"), arn);
    EXPECT_EQ(Json::parse(send("GET", "/things", "", headers).body).at("things").size(), 1U);
  }
  EXPECT_EQ(Json::parse(send("GET", "/things", "", signed_by("test", "us-east-1", "execute-api")).body)
                .at("things")
                .at(0)
                .at("thingName"),
            "default");
}

TEST_F(ApiTest, MakesKeysOnTheBlockingPoolAndAnswersLater) {
  const auto answer = send("POST", "/keys-and-certificate?setAsActive=true");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const auto body = Json::parse(answer.body);
  expect_declared("CreateKeysAndCertificate", body);
  EXPECT_THAT(body.at("keyPair").at("PrivateKey").get<std::string>(),
              testing::StartsWith("-----BEGIN RSA PRIVATE KEY"));
  EXPECT_THAT(body.at("keyPair").at("PublicKey").get<std::string>(),
              testing::StartsWith("-----BEGIN PUBLIC KEY"));
}

TEST_F(ApiTest, NeverAnswersAPrivateKeyASecondTime) {
  const auto created = ok("CreateKeysAndCertificate");
  const auto id = created.at("certificateId");
  EXPECT_EQ(ok("DescribeCertificate", {{"certificateId", id}}).dump().find("PRIVATE"), std::string::npos);
}

TEST_F(ApiTest, GivesTimesAsSecondsWithMilliseconds) {  // P10.1
  realms.clock.advance(Duration{53});
  ok("CreatePolicy", {{"policyName", "p1"}, {"policyDocument", kAllowAll}});
  EXPECT_THAT(send("GET", "/policies/p1").body, HasSubstr(R"("creationDate":1767225600.053)"));
}

TEST_F(ApiTest, AnswersTheEmulatorsOwnPaths) {
  EXPECT_EQ(Json::parse(send("GET", "/_iot/health").body),
            (Json{{"status", "running"}, {"version", "1.2.3"}}));
  EXPECT_EQ(Json::parse(send("GET", "/_localstack/health").body).at("services").at("iot"), "running");
  EXPECT_EQ(send("GET", "/_iot/server-ca.pem").body, "the server CA");
  EXPECT_EQ(send("GET", "/repository/AmazonRootCA1.pem").body, "the server CA");
  EXPECT_EQ(Json::parse(send("GET", "/_iot/refusals").body).at("refusals").at(0).at("clientId"), "d1");
  EXPECT_EQ(Json::parse(send("GET", "/_iot/logs?function=f1").body).at("events").at(0).at("function"), "f1");
  EXPECT_EQ(Json::parse(send("GET", "/_iot/actions").body),
            Json({{"rule", ""}, {"action", ""}, {"limit", 1000}}));
  EXPECT_EQ(Json::parse(send("GET", "/_iot/actions?rule=r&action=sqs&limit=5").body),
            Json({{"rule", "r"}, {"action", "sqs"}, {"limit", 5}}));
  EXPECT_EQ(send("GET", "/_iot/actions?limit=0").status, 400U);
  EXPECT_EQ(send("GET", "/_iot/nope").status, 404U);
}

TEST_F(ApiTest, ResetsByPostAloneAndKeepsTheCaWhenAsked) {
  EXPECT_EQ(send("POST", "/_iot/reset").status, 200U);
  EXPECT_EQ(send("POST", "/_iot/reset?keep=ca").status, 200U);
  EXPECT_EQ(send("POST", "/moto-api/reset").status, 200U);
  EXPECT_EQ(system.resets, (std::vector<bool>{false, true, false}));
  EXPECT_EQ(send("POST", "/_iot/reset?keep=everything").status, 400U);
  const auto by_get = send("GET", "/_iot/reset");
  EXPECT_EQ(by_get.status, 405U);
  EXPECT_EQ(*http::find_header(by_get.headers, "Allow"), "POST");
  EXPECT_EQ(system.resets.size(), 3U);
}

TEST_F(ApiTest, RepeatsLittleOfWhatAClientSent) {
  const std::string name(100'000, 'k');
  const auto wrong_type =
      send("POST", "/things/t1", R"({"attributePayload":{"attributes":{")" + name + R"(":1}}})");
  EXPECT_EQ(error_type(wrong_type), "SerializationException");
  EXPECT_LT(wrong_type.body.size(), 1000U);
  const auto too_long =
      send("POST", "/things/t1", R"({"attributePayload":{"attributes":{")" + name + R"(":"a b"}}})");
  EXPECT_EQ(error_type(too_long), "InvalidRequestException");
  EXPECT_LT(too_long.body.size(), 3000U);
}

/// A pool that nobody works in until the test does.
class IdlePool final : public Executor {
 public:
  void post(Task task) override { tasks.push_back(std::move(task)); }
  void run_all() {
    for (auto& task : tasks) task();
    tasks.clear();
  }

  std::vector<Task> tasks;
};

/// Requests for keys, and what each was answered.
class KeyRequests {
 public:
  KeyRequests(ApiOptions options, Realms& realms, System& system, bulk::RegistrationTasks& tasks)
      : api{std::move(options), realms, system, tasks, functions, nobody_else, pool} {}

  void send() {
    send({.method = "POST", .target = "/keys-and-certificate", .segments = {"keys-and-certificate"}});
  }
  void send(http::Request request) {
    const auto place = answers.size();
    answers.emplace_back();
    api.handle(std::move(request),
               http::Responder{[this, place](http::Response r) { answers[place] = std::move(r); }});
  }

  IdlePool pool;
  invoke::Functions functions;
  NobodyElse nobody_else;
  Api api;
  std::vector<std::optional<http::Response>> answers;
};

TEST_F(ApiTest, RefusesRequestsBeyondThoseThatMayWaitForKeys) {
  KeyRequests requests{{.waiting_requests = 2}, realms, system, tasks};
  for (int i = 0; i < 3; ++i) requests.send();
  EXPECT_FALSE(requests.answers[0]);
  EXPECT_FALSE(requests.answers[1]);
  ASSERT_TRUE(requests.answers[2]);
  EXPECT_EQ(error_type(*requests.answers[2]), "ThrottlingException");

  requests.pool.run_all();
  EXPECT_EQ(requests.answers[0]->status, 200U);
  EXPECT_EQ(requests.answers[1]->status, 200U);
  requests.send();
  EXPECT_FALSE(requests.answers[3]) << "there is room again";
  requests.pool.run_all();
  EXPECT_EQ(requests.answers[3]->status, 200U);
}

TEST_F(ApiTest, RefusesWhoCannotWaitInTheFormOfTheDataPlane) {  // DP-0a, DP-0c
  const http::Request subscriptions{.id = "request-1",
                                    .method = "GET",
                                    .target = "/connections/pump/subscriptions",
                                    .segments = {"connections", "pump", "subscriptions"}};
  KeyRequests requests{{.waiting_requests = 1}, realms, system, tasks};
  for (int i = 0; i < 2; ++i) requests.send(subscriptions);
  ASSERT_TRUE(requests.answers[1]);
  EXPECT_EQ(requests.answers[1]->status, 429U);
  EXPECT_EQ(error_type(*requests.answers[1]), "ThrottlingException");
  EXPECT_EQ(Json::parse(requests.answers[1]->body).at("traceId"), "request-1");

  requests.api.stop();
  requests.pool.run_all();
  ASSERT_TRUE(requests.answers[0]);
  EXPECT_EQ(requests.answers[0]->status, 503U);
  EXPECT_EQ(Json::parse(requests.answers[0]->body).at("traceId"), "request-1");
}

TEST_F(ApiTest, MakesNoKeysForThoseWhoWaitWhenItStops) {
  KeyRequests requests{{}, realms, system, tasks};
  requests.send();
  requests.api.stop();
  requests.pool.run_all();
  ASSERT_TRUE(requests.answers[0]);
  EXPECT_EQ(error_type(*requests.answers[0]), "ServiceUnavailableException");
  EXPECT_EQ(ok("ListCertificates").at("certificates"), Json::array());
}

}  // namespace
}  // namespace iotemu::api
