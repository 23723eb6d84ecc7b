// Credentials of an IAM role for a device by its certificate (C-1 to C-5).

#include <gmock/gmock.h>

#include "tests/support/emulator_test.h"
#include "tests/support/raw_client.h"

namespace iotemu::tests {
namespace {

using http::RawAnswer;
using http::RawClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CredentialProvider : public EmulatorTest {
 protected:
  using EmulatorTest::EmulatorTest;

  void SetUp() override {
    ASSERT_THAT(emu.api("CreateRoleAlias", {{"roleAlias", "robots"},
                                            {"roleArn", "arn:aws:iam::123456789012:role/robot"},
                                            {"credentialDurationSeconds", 900}}),
                IsOk());
  }

  RawAnswer ask(const DeviceIdentity& identity, const std::string& alias, const std::string& fields = "",
                const std::string& host = "localhost") {
    return get(identity, "/role-aliases/" + alias + "/credentials", fields, host);
  }
  RawAnswer get(const DeviceIdentity& identity, const std::string& path, const std::string& fields,
                const std::string& host) {
    const testing::TestIdentity used{identity.certificate_pem, identity.private_key_pem};
    RawClient client{emu.https_port(), testing::TlsClientOptions{.identity = &used, .server_name = host}};
    return client.ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n");
  }
  int retained(const DeviceIdentity& identity, const std::string& host = "localhost") {
    return get(identity, "/retainedMessage", "", host).status;
  }

  void create_domain(const std::string& host, const std::string& service) {
    ASSERT_THAT(emu.api("CreateDomainConfiguration",
                        {{"domainConfigurationName", service},
                         {"domainName", host},
                         {"serviceType", service},
                         {"serverCertificateArns", {"arn:aws:acm:us-east-1:123456789012:certificate/1"}}}),
                IsOk());
  }
  void set_domain(const std::string& name, const std::string& status) {
    ASSERT_THAT(emu.api("UpdateDomainConfiguration",
                        {{"domainConfigurationName", name}, {"domainConfigurationStatus", status}}),
                IsOk());
  }

  void expect_denied(const RawAnswer& answer) {
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(Json::parse(answer.body), (Json{{"message", "Access Denied"}}));
  }

  DeviceIdentity allowed() {
    return active_device("robot", {allow("iot:AssumeRoleWithCertificate", arn("rolealias/*"))}).identity();
  }
};

TEST_F(CredentialProvider, GivesCredentialsThatLastAsTheAliasSays) {  // C-2
  const auto answer = ask(allowed(), "robots");
  EXPECT_EQ(answer.status, 200) << answer.body;
  const Json credentials = Json::parse(answer.body).at("credentials");
  EXPECT_THAT(credentials.at("accessKeyId").get<std::string>(), StartsWith("ASIA"));
  EXPECT_EQ(credentials.at("accessKeyId").get<std::string>().size(), 20U);
  EXPECT_EQ(credentials.at("secretAccessKey").get<std::string>().size(), 40U);
  EXPECT_FALSE(credentials.at("sessionToken").get<std::string>().empty());
  EXPECT_EQ(credentials.at("expiration"), "2026-01-01T00:15:00Z");
}

TEST_F(CredentialProvider, AsksThePolicyOfTheCertificate) {  // C-3
  const DeviceIdentity other =
      active_device("other", {allow("iot:AssumeRoleWithCertificate", arn("rolealias/other"))}).identity();
  expect_denied(ask(other, "robots"));
  EXPECT_EQ(emu.refusals().back().refusal, Refusal::request_denied);
  EXPECT_THAT(emu.refusals().back().cause, HasSubstr("rolealias/robots"));
}

TEST_F(CredentialProvider, DeniesACertificateThatIsNotActive) {  // C-3
  const DeviceIdentity robot = allowed();
  set_status(robot.certificate_id, "INACTIVE");
  expect_denied(ask(robot, "robots"));
}

TEST_F(CredentialProvider, DeniesAThingThatIsNotTheCertificates) {  // C-3
  const DeviceIdentity robot = allowed();
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "arm"}}), IsOk());
  const std::string header = "x-amzn-iot-thingname: arm\r\n";
  expect_denied(ask(robot, "robots", header));
  EXPECT_THAT(emu.refusals().back().cause, HasSubstr("arm"));
  ASSERT_THAT(emu.api("AttachThingPrincipal",
                      {{"thingName", "arm"}, {"principal", arn("cert/" + robot.certificate_id)}}),
              IsOk());
  EXPECT_EQ(ask(robot, "robots", header).status, 200);
}

TEST_F(CredentialProvider, DoesNotKnowAnotherAlias) {  // C-4
  const DeviceIdentity robot = allowed();
  for (const auto* alias : {"nobody", "not%20a%20name"}) {
    const auto answer = ask(robot, alias);
    EXPECT_EQ(answer.status, 404) << alias;
    EXPECT_TRUE(Json::parse(answer.body).contains("message"));
  }
}

TEST_F(CredentialProvider, GoesByTheDomainsOfItsOwnService) {  // D-1
  create_domain("credentials.example.com", "CREDENTIAL_PROVIDER");
  create_domain("data.example.com", "DATA");
  const DeviceIdentity robot = active_device("robot", {allow("iot:*", "*")}).identity();
  EXPECT_EQ(ask(robot, "robots", "", "credentials.example.com").status, 200);
  EXPECT_EQ(retained(robot, "data.example.com"), 200);
  expect_denied(ask(robot, "robots", "", "data.example.com"));
  EXPECT_EQ(emu.refusals().back().refusal, Refusal::domain_refused);
  EXPECT_EQ(retained(robot, "credentials.example.com"), 403);
  EXPECT_EQ(ask(robot, "robots", "", "nobody.example.com").status, 421);
}

TEST_F(CredentialProvider, GoesByItsOwnEndpoint) {  // D-1, D-3
  const DeviceIdentity robot = active_device("robot", {allow("iot:*", "*")}).identity();
  set_domain("iot:Data-ATS", "DISABLED");
  EXPECT_EQ(ask(robot, "robots").status, 200);
  EXPECT_EQ(retained(robot), 403);
  set_domain("iot:Data-ATS", "ENABLED");
  set_domain("iot:CredentialProvider", "DISABLED");
  expect_denied(ask(robot, "robots"));
  EXPECT_EQ(retained(robot), 200);
}

class CredentialProviderInTheHandshake : public CredentialProvider {
 protected:
  static Options refusing_in_the_handshake() {
    Options options = test_options();
    options.switches.refusal_mode = Switches::RefusalMode::handshake_alert;
    return options;
  }
  CredentialProviderInTheHandshake() : CredentialProvider{refusing_in_the_handshake()} {}
};

TEST_F(CredentialProviderInTheHandshake, ADomainOfOneServiceIsEnoughToGetToTheRequest) {  // P3.6, D-1
  create_domain("credentials.example.com", "CREDENTIAL_PROVIDER");
  const DeviceIdentity robot = allowed();
  EXPECT_EQ(ask(robot, "robots", "", "credentials.example.com").status, 200);
  EXPECT_EQ(retained(robot, "credentials.example.com"), 403);
  set_domain("CREDENTIAL_PROVIDER", "DISABLED");
  EXPECT_EQ(ask(robot, "robots", "", "credentials.example.com").status, 0);
}

}  // namespace
}  // namespace iotemu::tests
