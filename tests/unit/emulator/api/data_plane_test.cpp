// The data plane on its way in and out: where members travel, what is refused, how pages and errors look.

#include "base/base64.h"
#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

using registry::policy::Action;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataPlane : public ApiTest {
 protected:
  http::Response ask(const std::string& method, const std::string& target, const std::string& body = "",
                     std::vector<http::Header> more = {}) {
    auto headers = signed_by("test", "us-east-1", "iotdata");
    headers.insert(headers.end(), more.begin(), more.end());
    return send(method, target, body, headers);
  }

  FakeMessages& space = realms.message_space;
};

TEST_F(DataPlane, PublishTakesTheBodyAsItIs) {  // T-15, T-16, DP-0e
  const std::string bytes{"{\0\xff", 3};
  const auto answer = ask("POST", "/topics/a/b", bytes);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(Json::parse(answer.body), (Json{{"message", "OK"}, {"traceId", "request-id"}}));
  ASSERT_EQ(space.published.size(), 1U);
  EXPECT_EQ(space.published[0].topic, "a/b");
  EXPECT_EQ(space.published[0].payload, bytes);
  EXPECT_EQ(space.published[0].qos, 0);
  EXPECT_FALSE(space.published[0].retain);
  EXPECT_FALSE(space.published[0].expiry.has_value());
}

TEST_F(DataPlane, ATopicMayStandWithEncodedSlashesOrPlainOnes) {  // T-15
  for (const auto* target : {"/topics/a/b%20c", "/topics/a%2Fb%20c", "/topics//x", "/topics/%2Fx",
                             "/topics/x/", "/topics/$aws/rules/r"}) {
    EXPECT_EQ(ask("POST", target).status, 200U) << target;
  }
  std::vector<std::string> topics;
  for (const auto& message : space.published) topics.push_back(message.topic);
  EXPECT_THAT(topics, ElementsAre("a/b c", "a/b c", "/x", "/x", "x/", "$aws/rules/r"));
  EXPECT_EQ(ask("POST", "/topics/").status, 404U);
}

TEST_F(DataPlane, PublishCarriesThePropertiesOfMqtt5) {  // DP-1
  const auto answer =
      ask("POST", "/topics/t?qos=1&retain=true&contentType=text%2Fplain&responseTopic=r%2Fs&messageExpiry=60",
          "x",
          {{"x-amz-mqtt5-user-properties", to_base64(R"([{"n":"1"},{"n":"2"}])")},
           {"x-amz-mqtt5-payload-format-indicator", "UTF8_DATA"},
           {"x-amz-mqtt5-correlation-data", to_base64(std::string{"\0id", 3})}});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const auto& message = space.published.at(0);
  EXPECT_EQ(message.qos, 1);
  EXPECT_TRUE(message.retain);
  EXPECT_EQ(message.content_type, "text/plain");
  EXPECT_EQ(message.response_topic, "r/s");
  EXPECT_EQ(message.expiry, std::chrono::seconds{60});
  EXPECT_EQ(message.user_properties, (UserProperties{{"n", "1"}, {"n", "2"}}));
  EXPECT_EQ(message.is_utf8, true);
  EXPECT_EQ(message.correlation_data, (std::string{"\0id", 3}));
}

TEST_F(DataPlane, UserPropertiesMayBeJsonInsideAJsonText) {  // as the AWS CLI sends them
  const auto twice = Json(R"([{"n":"1"}])").dump();
  EXPECT_EQ(ask("POST", "/topics/t", "", {{"x-amz-mqtt5-user-properties", to_base64(twice)}}).status, 200U);
  EXPECT_EQ(space.published.at(0).user_properties, (UserProperties{{"n", "1"}}));
}

TEST_F(DataPlane, ExpiryIsBroughtIntoItsRange) {  // M5-12
  ask("POST", "/topics/t?messageExpiry=0");
  ask("POST", "/topics/t?messageExpiry=9999999");
  EXPECT_EQ(space.published.at(0).expiry, std::chrono::seconds{1});
  EXPECT_EQ(space.published.at(1).expiry, std::chrono::seconds{604'800});
}

struct BadPublish {
  const char* name;
  std::string target;
  std::vector<http::Header> headers{};
};

std::ostream& operator<<(std::ostream& out, const BadPublish& bad) {
  return out << bad.name;
}

class RefusedPublish : public DataPlane, public ::testing::WithParamInterface<BadPublish> {};

TEST_P(RefusedPublish, Is400AndPublishesNothing) {  // T-16
  const auto answer = ask("POST", GetParam().target, "x", GetParam().headers);
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(error_type(answer), "InvalidRequestException");
  EXPECT_EQ(Json::parse(answer.body).at("traceId"), "request-id");
  EXPECT_TRUE(space.published.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedPublish,
    ::testing::Values(
        BadPublish{"Topic", "/topics/bad"}, BadPublish{"Qos2", "/topics/t?qos=2"},
        BadPublish{"QosText", "/topics/t?qos=one"}, BadPublish{"Retain", "/topics/t?retain=maybe"},
        BadPublish{"Expiry", "/topics/t?messageExpiry=-1"},
        BadPublish{"ContentType", "/topics/t?contentType=" + std::string(257, 'x')},
        BadPublish{"Indicator", "/topics/t", {{"x-amz-mqtt5-payload-format-indicator", "UTF8"}}},
        BadPublish{"CorrelationData", "/topics/t", {{"x-amz-mqtt5-correlation-data", "not base64"}}},
        BadPublish{"CorrelationDataTooLong",
                   "/topics/t",
                   {{"x-amz-mqtt5-correlation-data", to_base64(std::string(8193, 'x'))}}},
        BadPublish{"PropertiesNotBase64", "/topics/t", {{"x-amz-mqtt5-user-properties", R"([{"a":"b"}])"}}},
        BadPublish{"PropertiesNoJson", "/topics/t", {{"x-amz-mqtt5-user-properties", to_base64("a=b")}}},
        BadPublish{
            "PropertiesObject", "/topics/t", {{"x-amz-mqtt5-user-properties", to_base64(R"({"a":"b"})")}}},
        BadPublish{"PropertiesPairs",
                   "/topics/t",
                   {{"x-amz-mqtt5-user-properties", to_base64(R"([{"a":"b","c":"d"}])")}}},
        BadPublish{
            "PropertiesNumber", "/topics/t", {{"x-amz-mqtt5-user-properties", to_base64(R"([{"a":1}])")}}},
        BadPublish{
            "PropertiesTooLong",
            "/topics/t",
            {{"x-amz-mqtt5-user-properties", to_base64(R"([{"a":")" + std::string(8192, 'x') + R"("}])")}}}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(DataPlane, ThrottlingIs429) {  // DP-0c
  space.is_full = true;
  const auto answer = ask("POST", "/topics/t?retain=true", "x");
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(error_type(answer), "ThrottlingException");
}

TEST_F(DataPlane, AnotherMethodOfAPathIs405) {  // P10.3
  const auto answer = ask("PUT", "/topics/t");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(error_type(answer), "MethodNotAllowedException");
  EXPECT_EQ(ask("GET", "/things/t1").status, 404U);  // of the control plane
}

TEST_F(DataPlane, IsFoundByEitherSigningNameAndByPathAlone) {  // T-20
  for (const auto* name : {"iotdata", "iotdevicegateway"}) {
    EXPECT_EQ(send("POST", "/topics/t", "", signed_by("test", "us-east-1", name)).status, 200U) << name;
  }
  EXPECT_EQ(send("POST", "/topics/t").status, 200U);
  EXPECT_EQ(send("GET", "/topics/t").status, 405U);
  EXPECT_EQ(send("POST", "/topics/t", "", signed_by("test", "us-east-1", "iot")).status, 404U);
}

TEST_F(DataPlane, ShadowsAreKnownByName) {  // P10.7
  const auto shadow = ask("GET", "/things/t1/shadow");
  EXPECT_EQ(shadow.status, 501U);
  EXPECT_THAT(shadow.body, HasSubstr("GetThingShadow is not emulated"));
}

TEST_F(DataPlane, GetsARetainedMessage) {  // DP-2, DP-0b
  space.stored = {{.topic = "a/b",
                   .payload = "on",
                   .qos = 1,
                   .modified = Time{Duration{1700000000123}},
                   .user_properties = {{"n", "1"}}},
                  {.topic = "c", .payload = "off"}};
  EXPECT_EQ(Json::parse(ask("GET", "/retainedMessage/a%2Fb").body),
            (Json{{"topic", "a/b"},
                  {"payload", "b24="},
                  {"qos", 1},
                  {"lastModifiedTime", 1700000000123},
                  {"userProperties", to_base64(R"([{"n":"1"}])")}}));
  EXPECT_FALSE(Json::parse(ask("GET", "/retainedMessage/c").body).contains("userProperties"));
  const auto none = ask("GET", "/retainedMessage/none");
  EXPECT_EQ(none.status, 404U);
  EXPECT_EQ(error_type(none), "ResourceNotFoundException");
}

TEST_F(DataPlane, ListsRetainedMessagesInPagesThatStayRight) {  // DP-3, P10.4
  for (const auto* topic : {"a", "b", "c", "d"}) space.stored.push_back({.topic = topic, .payload = "12"});
  const auto first = ok("ListRetainedMessages", {{"maxResults", 2}});
  EXPECT_EQ(first.at("retainedTopics").at(1),
            (Json{{"topic", "b"}, {"payloadSize", 2}, {"qos", 0}, {"lastModifiedTime", 0}}));
  space.stored.erase(space.stored.begin() + 1);  // the one the token names
  const auto second = ok("ListRetainedMessages", {{"maxResults", 2}, {"nextToken", first.at("nextToken")}});
  EXPECT_EQ(second.at("retainedTopics").at(0).at("topic"), "c");
  EXPECT_FALSE(second.contains("nextToken"));
  EXPECT_EQ(call("ListRetainedMessages", {{"nextToken", "no token"}}).error().code, Errc::invalid_request);
  EXPECT_EQ(call("ListRetainedMessages", {{"maxResults", 201}}).error().code, Errc::invalid_request);
}

TEST_F(DataPlane, TellsAboutAConnectionAndItsSocketsWhenAsked) {  // DP-5
  const Json plain{{"clientId", "pump"},      {"connected", true},  {"cleanSession", true},
                   {"keepAliveDuration", 30}, {"sessionExpiry", 0}, {"connectedSince", 1500}};
  EXPECT_EQ(Json::parse(ask("GET", "/connections/pump").body), plain);
  auto with_sockets = plain;
  with_sockets.update(
      {{"sourceIp", "192.0.2.1"}, {"sourcePort", 4000}, {"targetIp", "192.0.2.2"}, {"targetPort", 8883}});
  EXPECT_EQ(Json::parse(ask("GET", "/connections/pump?includeSocketInformation=TRUE").body), with_sockets);
  EXPECT_EQ(ask("GET", "/connections/nobody").status, 404U);
  EXPECT_EQ(ask("GET", "/connections/$GEN").status, 400U);
}

TEST_F(DataPlane, CutsAConnectionAsAsked) {  // DP-4
  EXPECT_EQ(ask("DELETE", "/connections/pump").body, "{}");
  EXPECT_EQ(ask("DELETE", "/connections/pump?cleanSession=TRUE&preventWillMessage=true").status, 200U);
  ASSERT_EQ(space.cut.size(), 2U);
  EXPECT_FALSE(space.cut[0].clean_session || space.cut[0].prevent_will);
  EXPECT_TRUE(space.cut[1].clean_session && space.cut[1].prevent_will);
  EXPECT_EQ(ask("DELETE", "/connections/nobody").status, 404U);
}

TEST_F(DataPlane, ListsSubscriptionsInPages) {  // DP-6
  const auto first = ok("ListSubscriptions", {{"clientId", "pump"}, {"maxResults", 2}});
  EXPECT_EQ(first.at("subscriptions"),
            Json::parse(R"([{"topicFilter":"a","qos":0},{"topicFilter":"b/#","qos":1}])"));
  const auto second = ok("ListSubscriptions",
                         {{"clientId", "pump"}, {"maxResults", 2}, {"nextToken", first.at("nextToken")}});
  EXPECT_EQ(second, Json::parse(R"({"subscriptions":[{"topicFilter":"c","qos":0}]})"));
}

TEST_F(DataPlane, TellsRulesWhoSigned) {  // M 7.6
  EXPECT_EQ(send("POST", "/topics/t").status, 200U);
  EXPECT_EQ(space.published.back().principal, "") << "unsigned";
  EXPECT_EQ(send("POST", "/topics/t", "", signed_by("AKIDEXAMPLE", "us-east-1", "iotdata")).status, 200U);
  EXPECT_EQ(space.published.back().principal, "123456789012") << "the user id of the account's root user";
  EXPECT_EQ(send("POST", "/topics/t", "", signed_by("111122223333", "us-east-1", "iotdata")).status, 200U);
  EXPECT_EQ(space.published.back().principal, "111122223333");
  nobody_else.user_id = "AROAEXAMPLE:session";
  EXPECT_EQ(send("POST", "/topics/t", "", signed_by("ASIAEXAMPLE", "us-east-1", "iotdata")).status, 200U);
  EXPECT_EQ(space.published.back().principal, "AROAEXAMPLE:session");
  ok("Publish", {{"topic", "t"}});
  EXPECT_EQ(space.published.back().principal, "") << "inside the process";
}

/// Allows what it lists, and remembers what it was asked.
class FakeRights final : public DeviceRights {
 public:
  [[nodiscard]] std::string principal() const override { return "its certificate"; }
  bool allows(const DeviceRequest& request) override {
    asked.push_back(std::string{registry::policy::name(request.action)} + " " + request.resource);
    return std::find(allowed.begin(), allowed.end(), asked.back()) != allowed.end();
  }

  std::vector<std::string> allowed{};
  std::vector<std::string> asked{};
};

class DeviceAtTheDataPlane : public DataPlane {
 protected:
  http::Response ask_as_device(const std::string& method, const std::string& target) {
    auto parsed = http::parse_target(target);
    std::promise<http::Response> answer;
    api.handle_device({.id = "request-id",
                       .method = method,
                       .target = target,
                       .segments = std::move(parsed->segments),
                       .query = std::move(parsed->query)},
                      http::Responder{[&](http::Response r) { answer.set_value(std::move(r)); }}, Realm{},
                      rights);
    return answer.get_future().get();
  }

  std::shared_ptr<FakeRights> rights = std::make_shared<FakeRights>();
};

TEST_F(DeviceAtTheDataPlane, IsForbiddenWhatNobodyAllows) {  // T-16, T-17
  const auto answer = ask_as_device("POST", "/topics/a/b?retain=true");
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(error_type(answer), "ForbiddenException");
  EXPECT_EQ(Json::parse(answer.body), (Json{{"message", "Forbidden"}, {"traceId", "request-id"}}));
  EXPECT_THAT(rights->asked, ElementsAre("iot:Publish topic/a/b"));
  EXPECT_TRUE(space.published.empty());
}

TEST_F(DeviceAtTheDataPlane, NeedsASecondRightToRetain) {  // T-17
  rights->allowed = {"iot:Publish topic/t"};
  EXPECT_EQ(ask_as_device("POST", "/topics/t").status, 200U);
  EXPECT_EQ(space.published.back().principal, "its certificate") << "as rules see it";
  EXPECT_EQ(ask_as_device("POST", "/topics/t?retain=true").status, 403U);
  rights->allowed.emplace_back("iot:RetainPublish topic/t");
  EXPECT_EQ(ask_as_device("POST", "/topics/t?retain=true").status, 200U);
}

TEST_F(DeviceAtTheDataPlane, IsAskedForTheRightOfEachOperation) {  // P7.4
  ask_as_device("GET", "/retainedMessage/a/b");
  ask_as_device("GET", "/retainedMessage");
  ask_as_device("GET", "/connections/c");
  ask_as_device("GET", "/connections/c/subscriptions");
  ask_as_device("DELETE", "/connections/c");
  EXPECT_THAT(rights->asked, ElementsAre("iot:GetRetainedMessage topic/a/b", "iot:ListRetainedMessages *",
                                         "iot:GetConnection client/c", "iot:ListSubscriptions client/c",
                                         "iot:DeleteConnection client/c"));
}

TEST_F(DeviceAtTheDataPlane, HasNoControlPlane) {
  EXPECT_EQ(ask_as_device("GET", "/things/t1").status, 404U);
  EXPECT_EQ(ask_as_device("GET", "/_iot/health").status, 404U);
}

}  // namespace
}  // namespace iotemu::api
