// CA certificates and the registration code (P1).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::string_view kCaStatuses[]{"ACTIVE", "INACTIVE"};
constexpr std::string_view kAutoRegistrationStatuses[]{"ENABLE", "DISABLE"};
constexpr std::string_view kCertificateModes[]{"DEFAULT", "SNI_ONLY"};

Member registration_config() {
  return body("registrationConfig")
      .structure({body("templateBody").length(0, 10240), body("roleArn").length(20, 2048),
                  body("templateName").length(1, 36).pattern(kTemplateNamePattern)});
}

std::optional<registry::RegistrationConfig> config_of(const Call& call) {
  const auto found = call.input.find("registrationConfig");
  if (found == call.input.end()) return std::nullopt;
  return registry::RegistrationConfig{.template_body = found->value("templateBody", ""),
                                      .role_arn = found->value("roleArn", ""),
                                      .template_name = found->value("templateName", "")};
}

Result<Json> get_registration_code(Call& call) {
  auto code = call.registry.registration_code();
  if (!code) return code.error();
  return Json{{"registrationCode", *code}};
}

Result<Json> delete_registration_code(Call& call) {
  return empty_answer(call.registry.delete_registration_code());
}

Result<Json> register_ca_certificate(Call& call) {
  registry::RegisterCa request{.ca_pem = call.str("caCertificate"),
                               .verification_pem = call.str("verificationCertificate"),
                               .set_active = call.flag("setAsActive"),
                               .allow_auto_registration = call.flag("allowAutoRegistration"),
                               .registration_config = config_of(call),
                               .tags = call.tags()};
  if (const auto mode = registry::parse_certificate_mode(call.str("certificateMode"))) request.mode = *mode;
  const auto ca = call.registry.register_ca(request);
  if (!ca) return ca.error();
  return Json{{"certificateArn", (*ca)->arn}, {"certificateId", (*ca)->id.hex()}};
}

Json config_json(const registry::RegistrationConfig& config) {
  auto json = Json::object();
  put(json, "templateBody", config.template_body);
  put(json, "roleArn", config.role_arn);
  put(json, "templateName", config.template_name);
  return json;
}

Result<Json> describe_ca_certificate(Call& call) {
  const auto found = call.registry.ca(call.certificate_id());
  if (!found) return found.error();
  const auto& ca = **found;
  Json answer{{"certificateDescription",
               {{"certificateArn", ca.arn},
                {"certificateId", ca.id.hex()},
                {"status", to_text(ca.status)},
                {"certificatePem", ca.pem},
                {"ownedBy", ca.owned_by},
                {"creationDate", epoch_seconds(ca.created_at)},
                {"autoRegistrationStatus", ca.auto_registration ? "ENABLE" : "DISABLE"},
                {"lastModifiedDate", epoch_seconds(ca.changed_at)},
                {"customerVersion", ca.version},
                {"generationId", ca.generation_id},
                {"validity",
                 {{"notBefore", epoch_seconds(ca.not_before)}, {"notAfter", epoch_seconds(ca.not_after)}}},
                {"certificateMode", to_text(ca.mode)}}}};
  if (ca.registration_config) answer["registrationConfig"] = config_json(*ca.registration_config);
  return answer;
}

Result<Json> update_ca_certificate(Call& call) {
  registry::UpdateCa request{.status = registry::parse_ca_status(call.str("newStatus")),
                             .registration_config = config_of(call),
                             .remove_auto_registration = call.flag("removeAutoRegistration")};
  if (call.has("newAutoRegistrationStatus")) {
    request.auto_registration = call.str("newAutoRegistrationStatus") == "ENABLE";
  }
  return empty_answer(call.registry.update_ca(call.certificate_id(), request));
}

Result<Json> delete_ca_certificate(Call& call) {
  return empty_answer(call.registry.delete_ca(call.certificate_id()));
}

Result<Json> list_ca_certificates(Call& call) {
  const auto page = call.registry.list_cas(call.page(), call.str("templateName"));
  if (!page) return page.error();
  return page_answer(*page, "certificates", "nextMarker", [](const registry::CaCertificatePtr& ca) {
    return Json{{"certificateArn", ca->arn},
                {"certificateId", ca->id.hex()},
                {"status", to_text(ca->status)},
                {"creationDate", epoch_seconds(ca->created_at)}};
  });
}

}  // namespace

const OperationTable& ca_certificate_operations() {
  static const OperationTable table{
      {.name = "GetRegistrationCode",
       .verb = Verb::get,
       .path = "/registrationcode",
       .output = {"registrationCode"},
       .run = get_registration_code},
      {.name = "DeleteRegistrationCode",
       .verb = Verb::del,
       .path = "/registrationcode",
       .errors = {Errc::not_found},
       .run = delete_registration_code},
      {.name = "RegisterCACertificate",
       .verb = Verb::post,
       .path = "/cacertificate",
       .input = {certificate_pem("caCertificate").required(), certificate_pem("verificationCertificate"),
                 set_as_active(), query("allowAutoRegistration").boolean(), registration_config(), tags(),
                 body("certificateMode").one_of(kCertificateModes)},
       .output = {"certificateArn", "certificateId"},
       .errors = {Errc::already_exists, Errc::certificate_validation, Errc::limit_exceeded, Errc::not_found,
                  Errc::registration_code_validation},
       .run = register_ca_certificate},
      {.name = "DescribeCACertificate",
       .verb = Verb::get,
       .path = "/cacertificate/{caCertificateId}",
       .input = {certificate_id("caCertificateId")},
       .output = {"certificateDescription", "registrationConfig"},
       .errors = {Errc::not_found},
       .run = describe_ca_certificate},
      {.name = "UpdateCACertificate",
       .verb = Verb::put,
       .path = "/cacertificate/{caCertificateId}",
       .input = {certificate_id("caCertificateId"), query("newStatus").one_of(kCaStatuses),
                 query("newAutoRegistrationStatus").one_of(kAutoRegistrationStatuses), registration_config(),
                 body("removeAutoRegistration").boolean()},
       .errors = {Errc::not_found},
       .run = update_ca_certificate},
      {.name = "DeleteCACertificate",
       .verb = Verb::del,
       .path = "/cacertificate/{caCertificateId}",
       .input = {certificate_id("caCertificateId")},
       .errors = {Errc::certificate_state, Errc::not_found},
       .run = delete_ca_certificate},
      {.name = "ListCACertificates",
       .verb = Verb::get,
       .path = "/cacertificates",
       .input = with_ordered_marker({query("templateName").length(1, 36).pattern(kTemplateNamePattern)}),
       .output = {"certificates", "nextMarker"},
       .run = list_ca_certificates},
  };
  return table;
}

}  // namespace iotemu::api
