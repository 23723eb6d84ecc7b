// HTTPS of devices (T-15…T-17, P3.4): the same door and the same policies as MQTT, one request at a time.

#include <gmock/gmock.h>

#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"

namespace iotemu::tests {
namespace {

using http::RawAnswer;
using http::RawClient;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                    const std::string& fields = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Https : public EmulatorTest {
 protected:
  using EmulatorTest::EmulatorTest;

  /// A connection that sends requests with this certificate.
  [[nodiscard]] RawClient client(const DeviceIdentity& identity, int version = TLS1_3_VERSION) const {
    const testing::TestIdentity used{identity.certificate_pem, identity.private_key_pem};
    return RawClient{emu.https_port(), testing::TlsClientOptions{.identity = &used, .version = version}};
  }

  RawAnswer ask(const DeviceIdentity& identity, const std::string& bytes) {
    return client(identity).ask(bytes);
  }

  /// A registered ACTIVE certificate with a policy of these statements.
  DeviceIdentity device(const std::string& name, const Json& statements) {
    return active_device(name, statements).identity();
  }

  Refusal last_refusal() { return emu.refusals().back().refusal; }
};

TEST_F(Https, ADevicePublishesWithItsCertificate) {  // T-15, T-16, T-17
  Device listener = active_device("listener");
  connect(listener);
  listener.subscribe("a/#", 1);
  const Recorder presence = emu.record("$aws/events/presence/#");
  const DeviceIdentity sender = device("sender", {allow("iot:Publish", arn("topic/a/b"))});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto answer = client(sender, version).ask(request("POST", "/topics/a/b?qos=1", "on"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Json body = Json::parse(answer.body);
    EXPECT_EQ(body.at("message"), "OK");
    EXPECT_EQ(body.at("traceId"), answer.header("x-amzn-RequestId"));
  }
  EXPECT_EQ(payloads(listener.messages()), (std::vector<std::string>{"on", "on"}));
  EXPECT_THAT(presence.messages(), IsEmpty());
  EXPECT_THAT(emu.refusals(), IsEmpty());
}

TEST_F(Https, APolicyThatDoesNotAllowIsForbiddenAndExplained) {  // T-16
  const DeviceIdentity sender = device("sender", {allow("iot:Publish", arn("topic/a/b"))});
  auto connection = client(sender);
  const auto answer = connection.ask(request("POST", "/topics/other", "x"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.header("x-amzn-ErrorType"), "ForbiddenException");
  EXPECT_EQ(Json::parse(answer.body).at("message"), "Forbidden");
  EXPECT_TRUE(Json::parse(answer.body).contains("traceId"));
  const RefusalRecord record = emu.refusals().back();
  EXPECT_EQ(record.refusal, Refusal::publish_denied);
  EXPECT_EQ(record.certificate_id, sender.certificate_id);
  EXPECT_THAT(record.cause, HasSubstr("topic/other"));
  EXPECT_THAT(record.cure, HasSubstr("iot:Publish"));
  EXPECT_EQ(connection.ask(request("POST", "/topics/a/b", "x")).status, 200);  // the connection lives
}

TEST_F(Https, TheClientIdIsNoVariableAndTheThingNeither) {  // T-17, P7.5
  const DeviceIdentity sender =
      device("sender", {allow("iot:Publish", {arn("topic/client/${iot:ClientId}"),
                                              arn("topic/thing/${iot:Connection.Thing.ThingName}"),
                                              arn("topic/certificate/${iot:CertificateId}")})});
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "sender"}}), IsOk());
  ASSERT_THAT(emu.api("AttachThingPrincipal",
                      {{"thingName", "sender"}, {"principal", arn("cert/" + sender.certificate_id)}}),
              IsOk());
  EXPECT_EQ(ask(sender, request("POST", "/topics/client/")).status, 403);
  EXPECT_EQ(ask(sender, request("POST", "/topics/client/sender")).status, 403);
  EXPECT_EQ(ask(sender, request("POST", "/topics/thing/sender")).status, 403);
  EXPECT_EQ(ask(sender, request("POST", "/topics/certificate/" + sender.certificate_id)).status, 200);
}

TEST_F(Https, RetainingNeedsARightOfItsOwn) {  // T-17, DP-2, DP-3
  const DeviceIdentity sender = device("sender", {allow("iot:Publish", arn("topic/t"))});
  EXPECT_EQ(ask(sender, request("POST", "/topics/t?retain=true", "x")).status, 403);
  set_policy("policy-of-sender", {allow({"iot:Publish", "iot:RetainPublish"}, arn("topic/t"))});
  EXPECT_EQ(ask(sender, request("POST", "/topics/t?retain=true", "x")).status, 200);
  EXPECT_EQ(ask(sender, request("GET", "/retainedMessage/t")).status, 403);
  EXPECT_EQ(last_refusal(), Refusal::request_denied);
  EXPECT_EQ(ask(sender, request("GET", "/retainedMessage")).status, 403);
  set_policy("policy-of-sender",
             {allow("iot:GetRetainedMessage", arn("topic/t")), allow("iot:ListRetainedMessages", "*")});
  EXPECT_EQ(Json::parse(ask(sender, request("GET", "/retainedMessage/t")).body).at("payload"), "eA==");
  EXPECT_EQ(Json::parse(ask(sender, request("GET", "/retainedMessage")).body).at("retainedTopics").size(),
            1U);
}

TEST_F(Https, SocketsAreShownToWhomAConditionAllowsIt) {  // DP-5, P7.7
  Device pump = active_device("pump");
  connect(pump);
  Json statement = allow("iot:GetConnection", arn("client/pump"));
  statement["Condition"] = {{"Bool", {{"iot:IncludeSocketInformation", "false"}}}};
  const DeviceIdentity watcher = device("watcher", {statement});
  EXPECT_EQ(ask(watcher, request("GET", "/connections/pump")).status, 200);
  EXPECT_EQ(ask(watcher, request("GET", "/connections/pump?includeSocketInformation=TRUE")).status, 403);
  EXPECT_EQ(ask(watcher, request("GET", "/connections/other")).status, 403);
}

TEST_F(Https, BadRequestsAreNamed) {  // T-16, M3-40, M3-43
  const DeviceIdentity sender = device("sender", {allow("iot:*", "*")});
  EXPECT_EQ(ask(sender, request("POST", "/topics/a/%23")).status, 400);
  EXPECT_EQ(ask(sender, request("POST", "/topics/$aws/events/x")).status, 400);
  EXPECT_EQ(ask(sender, request("POST", "/topics/t?qos=2")).status, 400);
  EXPECT_EQ(ask(sender, request("PUT", "/topics/t")).status, 405);
  EXPECT_EQ(ask(sender, request("GET", "/things/x/shadow")).status, 501);
  // Nothing else is served here, whoever signs.
  const std::string signature =
      "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iot/aws4_request, "
      "SignedHeaders=host, Signature=00\r\n";
  EXPECT_EQ(ask(sender, request("GET", "/things", "", signature)).status, 404);
  EXPECT_EQ(ask(sender, request("POST", "/_iot/reset")).status, 404);
}

TEST_F(Https, ACertificateThatIsDeactivatedIsRefusedInTheMiddleOfItsConnection) {  // P3.4, P2.7
  const DeviceIdentity sender = device("sender", {allow("iot:*", "*")});
  for (const auto& [status, refusal] : {std::pair{"INACTIVE", Refusal::certificate_inactive},
                                        std::pair{"REVOKED", Refusal::certificate_revoked}}) {
    set_status(sender.certificate_id, "ACTIVE");
    auto connection = client(sender);
    EXPECT_EQ(connection.ask(request("POST", "/topics/t")).status, 200);
    set_status(sender.certificate_id, status);
    const auto answer = connection.ask(request("POST", "/topics/t"));
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(Json::parse(answer.body).at("message"), "Forbidden");
    EXPECT_TRUE(connection.closed_by_server());
    EXPECT_EQ(last_refusal(), refusal);
  }
}

TEST_F(Https, AnUnknownCertificateOfAnOpenCaKnocksAsOverMqtt) {  // P3.5
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  const DeviceIdentity newcomer = ca.sign_device("newcomer");
  const Recorder events = emu.record("$aws/events/certificates/registered/" + ca.id());
  auto opened = client(newcomer);  // a handshake alone registers nothing (P0.3)
  EXPECT_EQ(status_of(newcomer.certificate_id), "");
  EXPECT_EQ(opened.ask(request("POST", "/topics/t")).status, 403);
  EXPECT_TRUE(opened.closed_by_server());
  EXPECT_EQ(status_of(newcomer.certificate_id), "PENDING_ACTIVATION");
  EXPECT_EQ(last_refusal(), Refusal::certificate_pending);
  EXPECT_EQ(ask(newcomer, request("POST", "/topics/t")).status, 403);
  EXPECT_EQ(events.messages().size(), 2U);

  set_status(newcomer.certificate_id, "ACTIVE");
  set_policy("all", {allow("iot:*", "*")});
  attach_policy("all", newcomer.certificate_id);
  EXPECT_EQ(ask(newcomer, request("POST", "/topics/t")).status, 200);
}

TEST_F(Https, AStrangerIsRefusedAndNotRegistered) {  // P3.5 rows 2, 4
  const DeviceIdentity stranger = emu.make_ca().sign_device("stranger");
  EXPECT_EQ(ask(stranger, request("POST", "/topics/t")).status, 403);
  EXPECT_EQ(last_refusal(), Refusal::ca_unknown);
  const DeviceIdentity early = emu.register_ca({.common_name = "Closed"}).sign_device("early");
  EXPECT_EQ(ask(early, request("POST", "/topics/t")).status, 403);
  EXPECT_EQ(last_refusal(), Refusal::auto_registration_disabled);
  EXPECT_EQ(status_of(early.certificate_id), "");
}

TEST_F(Https, NobodyGetsInWithoutACertificate) {  // T-12
  RawClient nobody{emu.https_port(), testing::TlsClientOptions{}};
  EXPECT_EQ(nobody.ask(request("POST", "/topics/t")).status, 0);
  // Once somebody else is served, the server is done with him.
  EXPECT_EQ(ask(device("sender", {allow("iot:*", "*")}), request("POST", "/topics/t")).status, 200);
  EXPECT_EQ(last_refusal(), Refusal::no_client_certificate);
}

TEST_F(Https, ARealmOfItsOwnIsFoundByItsCertificate) {  // P3.2
  const RealmName other{.account = "999999999999"};
  const DeviceIdentity sender = known_ca().sign_device("sender");
  ASSERT_THAT(emu.api("RegisterCertificateWithoutCA",
                      {{"certificatePem", sender.certificate_pem}, {"status", "ACTIVE"}}, other),
              IsOk());
  const std::string everything = policy_document({allow("iot:*", "*")});
  ASSERT_THAT(emu.api("CreatePolicy", {{"policyName", "all"}, {"policyDocument", everything}}, other),
              IsOk());
  ASSERT_THAT(emu.api("AttachPolicy",
                      {{"policyName", "all"},
                       {"target", "arn:aws:iot:us-east-1:999999999999:cert/" + sender.certificate_id}},
                      other),
              IsOk());
  EXPECT_EQ(ask(sender, request("POST", "/topics/t?retain=true", "x")).status, 200);
  EXPECT_EQ(emu.api("GetRetainedMessage", {{"topic", "t"}}).status, 404);
  EXPECT_THAT(emu.api("GetRetainedMessage", {{"topic", "t"}}, other), IsOk());
}

TEST(HttpsPort, RefusesInsideTheHandshakeWhereTheSwitchSaysSo) {  // P3.6
  Options options = test_options();
  options.switches.refusal_mode = Switches::RefusalMode::handshake_alert;
  Emulator emu{options};
  const DeviceIdentity stranger = emu.make_ca().sign_device("stranger");
  const testing::TestIdentity used{stranger.certificate_pem, stranger.private_key_pem};
  const RawClient client{emu.https_port(),
                         testing::TlsClientOptions{.identity = &used, .version = TLS1_2_VERSION}};
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(client.tls()->end(), "alert 46");
  EXPECT_EQ(emu.refusals().back().refusal, Refusal::ca_unknown);
}

TEST(HttpsPort, ThatIsTakenIsOneSentenceWithACure) {
  const Emulator first{test_options()};
  Options options = test_options();
  options.https_port = first.https_port();
  try {
    const Emulator second{options};
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr(std::to_string(first.https_port())));
    EXPECT_THAT(failure.what(), HasSubstr("--https-port"));
  }
}

}  // namespace
}  // namespace iotemu::tests
