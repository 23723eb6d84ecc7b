// Names of domain configurations at the MQTT port (D-3, D-4, D-6).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kHost = "iot.example.com";

class DomainConfigurationsTest : public EmulatorTest {
 protected:
  void create(const Json& more = Json::object()) {
    Json input{{"domainConfigurationName", "custom"},
               {"domainName", kHost},
               {"serverCertificateArns", {"arn:aws:acm:us-east-1:123456789012:certificate/1"}}};
    input.update(more);
    ASSERT_THAT(emu.api("CreateDomainConfiguration", input), IsOk());
  }
  void create_with_callback() {
    create({{"authenticationType", "AWS_X509"},
            {"applicationProtocol", "SECURE_MQTT"},
            {"clientCertificateConfig",
             {{"clientCertificateCallbackArn", "arn:aws:lambda:us-east-1:123456789012:function:look"}}}});
  }
  void update(const std::string& name, const Json& changes) {
    Json input{{"domainConfigurationName", name}};
    input.update(changes);
    ASSERT_THAT(emu.api("UpdateDomainConfiguration", input), IsOk());
  }
  [[nodiscard]] std::string last_cause() const { return emu.refusals().back().cause; }

  const ConnectOptions by_name{.server_name = kHost};
};

TEST_F(DomainConfigurationsTest, ADisabledNameLetsNobodyIn) {  // D-3
  create();
  Device device = active_device("pump");
  EXPECT_THAT(device.connect(by_name), Accepted());
  update("custom", {{"domainConfigurationStatus", "DISABLED"}});
  EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused));
  EXPECT_THAT(last_cause(), HasSubstr("is DISABLED"));
  EXPECT_THAT(device.connect(), Accepted());
}

TEST_F(DomainConfigurationsTest, TheEndpointItselfCanBeDisabled) {
  create();
  Device device = active_device("pump");
  update("iot:Data-ATS", {{"domainConfigurationStatus", "DISABLED"}});
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::domain_refused));
  EXPECT_THAT(device.connect(by_name), Accepted());
}

TEST_F(DomainConfigurationsTest, OnlyMqttWithACertificateIsPlayed) {  // D-4
  create();
  Device device = active_device("pump");
  const std::vector<std::pair<const char*, const char*>> others{{"SECURE_MQTT", "CUSTOM_AUTH"},
                                                                {"SECURE_MQTT", "CUSTOM_AUTH_X509"},
                                                                {"MQTT_WSS", "AWS_SIGV4"},
                                                                {"HTTPS", "AWS_X509"}};
  for (const auto& [protocol, authentication] : others) {
    update("custom", {{"applicationProtocol", protocol}, {"authenticationType", authentication}});
    EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused))
        << protocol << authentication;
  }
  update("custom", {{"applicationProtocol", "SECURE_MQTT"}, {"authenticationType", "AWS_X509"}});
  EXPECT_THAT(device.connect(by_name), Accepted());
}

TEST_F(DomainConfigurationsTest, ANameOfAnotherServiceServesNoMqtt) {
  create({{"serviceType", "CREDENTIAL_PROVIDER"}});
  Device device = active_device("pump");
  EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused));
}

TEST_F(DomainConfigurationsTest, ACallbackDecidesWhoGetsIn) {  // D-6
  std::vector<Json> events;
  Json answer{{"isAuthenticated", true}};
  emu.on_function("look", [&](const Json& event) {
    events.push_back(event);
    return answer;
  });
  create_with_callback();
  Device device = active_device("pump");
  ASSERT_THAT(device.connect(by_name), Accepted());
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0]["principalId"], device.identity().certificate_id);
  EXPECT_EQ(events[0]["serverName"], kHost);
  ASSERT_THAT(events[0]["clientCertificateChain"], SizeIs(1));
  EXPECT_THAT(events[0]["clientCertificateChain"][0].get<std::string>(), HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_FALSE(events[0]["connectionMetadata"]["id"].get<std::string>().empty());

  for (const Json& no : {Json{{"isAuthenticated", false}}, Json{{"isAuthenticated", "true"}}, Json::object(),
                         Json::array(), Json{{"errorMessage", "out of luck"}}}) {
    answer = no;
    EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused)) << no;
    EXPECT_THAT(last_cause(), HasSubstr("client certificate callback"));
  }
  ASSERT_THAT(device.connect(), Accepted());  // by the other name nobody is asked
  EXPECT_THAT(events, SizeIs(6));
}

TEST_F(DomainConfigurationsTest, NoOtherAccountTakesANameThatIsInUse) {  // D-3
  create();
  Device device = active_device("pump");
  const RealmName other{.account = "210987654321", .region = "eu-west-1"};
  for (const auto& [host, error] :
       {std::pair{"localhost", "InvalidRequestException"}, {kHost, "ResourceAlreadyExistsException"}}) {
    const Json input{{"domainConfigurationName", "theirs"},
                     {"domainName", host},
                     {"serverCertificateArns", {"arn:aws:acm:us-east-1:123456789012:certificate/1"}}};
    EXPECT_EQ(emu.api("CreateDomainConfiguration", input, other).error, error);
  }
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_THAT(device.connect(by_name), Accepted());
}

TEST_F(DomainConfigurationsTest, TheEndpointItselfAsksItsCallback) {  // D-6
  int asked = 0;
  bool let_in = true;
  emu.on_function("look", [&](const Json&) {
    ++asked;
    return Json{{"isAuthenticated", let_in}};
  });
  update("iot:Data-ATS",
         {{"authenticationType", "AWS_X509"},
          {"applicationProtocol", "SECURE_MQTT"},
          {"clientCertificateConfig",
           {{"clientCertificateCallbackArn", "arn:aws:lambda:us-east-1:123456789012:function:look"}}}});
  Device device = active_device("pump");
  EXPECT_THAT(device.connect(), Accepted());
  let_in = false;
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::domain_refused));
  EXPECT_EQ(asked, 2);
}

TEST_F(DomainConfigurationsTest, ACallbackThatNobodyPlaysLetsNobodyIn) {
  create_with_callback();
  Device device = active_device("pump");
  EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused));
  EXPECT_THAT(last_cause(), HasSubstr("--function look="));
}

TEST_F(DomainConfigurationsTest, WhomTheCallbackRefusesIsNotRegistered) {
  bool let_in = false;
  emu.on_function("look", [&](const Json&) { return Json{{"isAuthenticated", let_in}}; });
  create_with_callback();
  const auto ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("sn-1")};
  EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::domain_refused));
  EXPECT_EQ(status_of(device.identity().certificate_id), "");
  let_in = true;
  EXPECT_THAT(device.connect(by_name), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
}

TEST_F(DomainConfigurationsTest, AWillOutlivesTheQuestion) {
  emu.on_function("look", [](const Json&) { return Json{{"isAuthenticated", true}}; });
  create_with_callback();
  Device listener = active_device("listener");
  connect(listener);
  ASSERT_THAT(listener.subscribe("last/words"), Accepted());
  Device device = active_device("pump");
  ASSERT_THAT(
      device.connect({.will = WillOptions{.topic = "last/words", .payload = "gone"}, .server_name = kHost}),
      Accepted());
  // A second connection of the same client id ends the first, whose will is published.
  ASSERT_THAT(active_device("other").connect({.client_id = "pump"}), Accepted());
  const auto messages = listener.messages();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].payload, "gone");
}

}  // namespace
}  // namespace iotemu::tests
