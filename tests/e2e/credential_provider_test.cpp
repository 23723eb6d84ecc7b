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
  void SetUp() override {
    ASSERT_THAT(emu.api("CreateRoleAlias", {{"roleAlias", "robots"},
                                            {"roleArn", "arn:aws:iam::123456789012:role/robot"},
                                            {"credentialDurationSeconds", 900}}),
                IsOk());
  }

  RawAnswer ask(const DeviceIdentity& identity, const std::string& alias, const std::string& fields = "") {
    const testing::TestIdentity used{identity.certificate_pem, identity.private_key_pem};
    RawClient client{emu.https_port(), testing::TlsClientOptions{.identity = &used}};
    return client.ask("GET /role-aliases/" + alias + "/credentials HTTP/1.1\r\nHost: localhost\r\n" + fields +
                      "\r\n");
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

}  // namespace
}  // namespace iotemu::tests
