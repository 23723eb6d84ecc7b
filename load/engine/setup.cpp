#include "load/engine/setup.h"

namespace iotemu::load {
namespace {

constexpr std::chrono::milliseconds kLimit{20'000};

/// What JITP makes of a certificate (P5.1): the thing bears the serial number, the certificate is let in, and
/// its policy refuses nothing.
Json jitp_template() {
  const auto parameter = [](const char* name) { return std::string{"AWS::IoT::Certificate::"} + name; };
  const Json policy{{"Version", "2012-10-17"},
                    {"Statement", {{{"Effect", "Allow"}, {"Action", "iot:*"}, {"Resource", "*"}}}}};
  return {
      {"Parameters",
       {{parameter("SerialNumber"), {{"Type", "String"}}}, {parameter("Id"), {{"Type", "String"}}}}},
      {"Resources",
       {{"thing",
         {{"Type", "AWS::IoT::Thing"},
          {"Properties", {{"ThingName", {{"Ref", parameter("SerialNumber")}}}}}}},
        {"certificate",
         {{"Type", "AWS::IoT::Certificate"},
          {"Properties", {{"CertificateId", {{"Ref", parameter("Id")}}}, {"Status", "ACTIVE"}}}}},
        {"policy", {{"Type", "AWS::IoT::Policy"}, {"Properties", {{"PolicyDocument", to_text(policy)}}}}}}}};
}

Error in_setup(const Error& error) {
  return Error{.code = error.code, .message = "the emulator could not be set up: " + error.message};
}

}  // namespace

std::optional<Setup> setup_named(std::string_view name) {
  if (name == "none") return Setup::none;
  if (name == "jitp") return Setup::jitp;
  if (name == "jitr") return Setup::jitr;
  return std::nullopt;
}

Result<fixtures::Authority> set_up(ApiClient& api, Setup kind, std::string_view run_name) {
  fixtures::SubjectFields name;
  name.common_name = "Load CA " + std::string{run_name};
  auto authority = fixtures::Authority::create(fixtures::make_subject(name));
  if (!authority) return in_setup(authority.error());
  const auto code = api.call("GET", "/registrationcode", {}, kLimit);
  if (!code) return in_setup(code.error());
  const auto proof = authority->verification_certificate(code->value("registrationCode", std::string{}));
  if (!proof) return in_setup(proof.error());
  Json body{{"caCertificate", authority->certificate_pem()}, {"verificationCertificate", proof->pem()}};
  if (kind == Setup::jitp) {
    body["registrationConfig"] = {{"templateBody", to_text(jitp_template())},
                                  {"roleArn", "arn:aws:iam::123456789012:role/load"}};
  }
  const auto registered =
      api.call("POST", "/cacertificate?setAsActive=true&allowAutoRegistration=true", body, kLimit);
  if (!registered) return in_setup(registered.error());
  return authority;
}

Result<EmulatorFacts> facts_of(ApiClient& api) {
  const auto health = api.get("/_iot/health", kLimit);
  if (!health) return health.error();
  const auto json = parse_json(*health);
  if (!json) return json.error();
  EmulatorFacts facts;
  const auto port = json->find("mqttPort");
  if (!json->is_object() || port == json->end() || !port->is_number_unsigned()) {
    return Error{.code = Errc::invalid_response,
                 .message = "what answers there is no iot-emulator: its /_iot/health names no mqttPort"};
  }
  facts.mqtt_port = port->get<std::uint16_t>();
  auto ca = api.get("/_iot/server-ca.pem", kLimit);
  if (!ca) return ca.error();
  facts.server_ca_pem = std::move(*ca);
  return facts;
}

}  // namespace iotemu::load
