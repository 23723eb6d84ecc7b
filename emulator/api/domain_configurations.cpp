// Domain configurations (D-1…6). What of them acts at the door: emulator/identity/domains.cpp.

#include "registry/domain_configurations.h"

#include <array>

#include "base/log.h"
#include "emulator/api/api.h"
#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

using registry::DomainConfigurationPtr;
using registry::DomainConfigurationRecord;

constexpr std::array<std::string_view, 3> kServiceTypes{"DATA", "CREDENTIAL_PROVIDER", "JOBS"};
constexpr std::array<std::string_view, 2> kStatuses{"ENABLED", "DISABLED"};
constexpr std::array<std::string_view, 5> kAuthenticationTypes{"CUSTOM_AUTH_X509", "CUSTOM_AUTH", "AWS_X509",
                                                               "AWS_SIGV4", "DEFAULT"};
constexpr std::array<std::string_view, 4> kProtocols{"SECURE_MQTT", "MQTT_WSS", "HTTPS", "DEFAULT"};

std::optional<std::string> text_in(const Call& call, const char* name) {
  if (!call.has(name)) return std::nullopt;
  return call.str(name);
}

/// A member of a structure, if both are there.
std::optional<std::string> text_in(const Call& call, const char* structure, const char* name) {
  const auto found = call.input.find(structure);
  if (found == call.input.end() || !found->contains(name)) return std::nullopt;
  return found->at(name).get<std::string>();
}

std::optional<bool> flag_in(const Json& structure, const char* name) {
  if (!structure.contains(name)) return std::nullopt;
  return structure.at(name).get<bool>();
}

std::optional<registry::AuthorizerConfig> authorizer_config_in(const Call& call) {
  const auto found = call.input.find("authorizerConfig");
  if (found == call.input.end()) return std::nullopt;
  return registry::AuthorizerConfig{.default_authorizer = found->value("defaultAuthorizerName", ""),
                                    .allow_override = flag_in(*found, "allowAuthorizerOverride")};
}

std::optional<registry::ServerCertificateConfig> server_certificate_config_in(const Call& call) {
  const auto found = call.input.find("serverCertificateConfig");
  if (found == call.input.end()) return std::nullopt;
  return registry::ServerCertificateConfig{
      .enable_ocsp_check = flag_in(*found, "enableOCSPCheck"),
      .ocsp_lambda_arn = found->value("ocspLambdaArn", ""),
      .ocsp_responder_arn = found->value("ocspAuthorizedResponderArn", "")};
}

/// What the door does not play is said when it is asked for, never ignored in silence.
void tell_what_does_not_act(const Call& call) {
  std::string members;
  for (const auto* name : {"serverCertificateArns", "validationCertificateArn", "authorizerConfig",
                           "tlsConfig", "serverCertificateConfig"}) {
    if (call.has(name)) members += (members.empty() ? "" : ", ") + std::string{name};
  }
  if (members.empty()) return;
  log::warn(
      "A domain configuration has members that are kept and answered but change nothing at the endpoint",
      {{"domainConfigurationName", call.str("domainConfigurationName")}, {"members", members}});
}

Json named(const DomainConfigurationPtr& domain) {
  return {{"domainConfigurationName", domain->name.text()}, {"domainConfigurationArn", domain->arn}};
}

Result<Json> create_domain_configuration(Call& call) {
  registry::CreateDomainConfiguration request{
      .domain_name = call.str("domainName"),
      .server_certificate_arns = call.input.value("serverCertificateArns", std::vector<std::string>{}),
      .validation_certificate_arn = call.str("validationCertificateArn"),
      .authorizer_config = authorizer_config_in(call),
      .security_policy = text_in(call, "tlsConfig", "securityPolicy").value_or(""),
      .server_certificate_config = server_certificate_config_in(call),
      .client_certificate_callback = text_in(call, "clientCertificateConfig", "clientCertificateCallbackArn"),
      .tags = call.tags()};
  if (call.has("serviceType")) request.service_type = call.str("serviceType");
  if (call.has("authenticationType")) request.authentication_type = call.str("authenticationType");
  if (call.has("applicationProtocol")) request.application_protocol = call.str("applicationProtocol");
  const auto created =
      call.registry.domain_configurations().create(call.domain_configuration_name(), request);
  if (!created) return created.error();
  tell_what_does_not_act(call);
  return named(*created);
}

Json server_certificates(const DomainConfigurationRecord& domain) {
  auto list = Json::array();
  for (const auto& arn : domain.server_certificate_arns) {
    list.push_back({{"serverCertificateArn", arn}, {"serverCertificateStatus", "VALID"}});
  }
  return list;
}

Json authorizer_config(const registry::AuthorizerConfig& config) {
  auto json = Json::object();
  put(json, "defaultAuthorizerName", config.default_authorizer);
  if (config.allow_override) json["allowAuthorizerOverride"] = *config.allow_override;
  return json;
}

Json server_certificate_config(const registry::ServerCertificateConfig& config) {
  auto json = Json::object();
  if (config.enable_ocsp_check) json["enableOCSPCheck"] = *config.enable_ocsp_check;
  put(json, "ocspLambdaArn", config.ocsp_lambda_arn);
  put(json, "ocspAuthorizedResponderArn", config.ocsp_responder_arn);
  return json;
}

Result<Json> describe_domain_configuration(Call& call) {
  const auto found = call.registry.domain_configurations().get(call.domain_configuration_name());
  if (!found) return found.error();
  const auto& domain = **found;
  Json answer = named(*found);
  answer["domainName"] = domain.domain_name.empty() ? call.options.endpoint_host : domain.domain_name;
  answer["serverCertificates"] = server_certificates(domain);
  if (domain.authorizer_config) answer["authorizerConfig"] = authorizer_config(*domain.authorizer_config);
  answer["domainConfigurationStatus"] = domain.enabled ? "ENABLED" : "DISABLED";
  answer["serviceType"] = domain.service_type;
  answer["domainType"] = to_text(domain.type);
  answer["lastStatusChangeDate"] = epoch_seconds(domain.status_changed_at);
  answer["tlsConfig"] = {{"securityPolicy", domain.security_policy}};
  if (domain.server_certificate_config) {
    answer["serverCertificateConfig"] = server_certificate_config(*domain.server_certificate_config);
  }
  answer["authenticationType"] = domain.authentication_type;
  answer["applicationProtocol"] = domain.application_protocol;
  if (domain.client_certificate_callback) {
    answer["clientCertificateConfig"] = {
        {"clientCertificateCallbackArn", *domain.client_certificate_callback}};
  }
  return answer;
}

Result<Json> update_domain_configuration(Call& call) {
  registry::UpdateDomainConfiguration request{
      .authorizer_config = authorizer_config_in(call),
      .remove_authorizer_config = call.flag("removeAuthorizerConfig"),
      .security_policy = text_in(call, "tlsConfig", "securityPolicy"),
      .server_certificate_config = server_certificate_config_in(call),
      .authentication_type = text_in(call, "authenticationType"),
      .application_protocol = text_in(call, "applicationProtocol"),
      .client_certificate_callback =
          text_in(call, "clientCertificateConfig", "clientCertificateCallbackArn")};
  if (call.has("domainConfigurationStatus")) {
    request.enabled = call.str("domainConfigurationStatus") == "ENABLED";
  }
  const auto updated =
      call.registry.domain_configurations().update(call.domain_configuration_name(), request);
  if (!updated) return updated.error();
  tell_what_does_not_act(call);
  return named(*updated);
}

Result<Json> delete_domain_configuration(Call& call) {
  return empty_answer(call.registry.domain_configurations().remove(call.domain_configuration_name()));
}

Result<Json> list_domain_configurations(Call& call) {
  const auto page = call.registry.domain_configurations().list(call.page(), call.str("serviceType"));
  if (!page) return page.error();
  return page_answer(*page, "domainConfigurations", "nextMarker", [](const DomainConfigurationPtr& domain) {
    auto json = named(domain);
    json["serviceType"] = domain->service_type;
    return json;
  });
}

Member name() {
  return path_member("domainConfigurationName").length(1, 128).pattern(kDomainConfigurationNamePattern);
}
/// Of one that may be the service's own.
Member any_name() {
  return path_member("domainConfigurationName")
      .length(1, 128)
      .pattern(kReservedDomainConfigurationNamePattern);
}
Member acm_arn(std::string_view member) {
  return body(member).length(1, 2048).pattern(kAcmCertificateArnPattern);
}
Member authorizer_config_member() {
  return body("authorizerConfig")
      .structure({authorizer_name(body("defaultAuthorizerName")), body("allowAuthorizerOverride").boolean()});
}
Member tls_config() {
  return body("tlsConfig").structure({body("securityPolicy").length(0, 128)});
}
Member server_certificate_config_member() {
  return body("serverCertificateConfig")
      .structure({body("enableOCSPCheck").boolean(), body("ocspLambdaArn").length(0, 140),
                  acm_arn("ocspAuthorizedResponderArn")});
}
Member client_certificate_config() {
  return body("clientCertificateConfig").structure({body("clientCertificateCallbackArn").length(0, 2048)});
}

}  // namespace

const OperationTable& domain_configuration_operations() {
  static const OperationTable table{
      {.name = "CreateDomainConfiguration",
       .verb = Verb::post,
       .path = "/domainConfigurations/{domainConfigurationName}",
       .input = {name(), body("domainName").length(1, 253),
                 body("serverCertificateArns").length(0, 1).list_of(acm_arn("member")),
                 acm_arn("validationCertificateArn"), authorizer_config_member(),
                 body("serviceType").one_of(kServiceTypes), tags(), tls_config(),
                 server_certificate_config_member(), body("authenticationType").one_of(kAuthenticationTypes),
                 body("applicationProtocol").one_of(kProtocols), client_certificate_config()},
       .output = {"domainConfigurationName", "domainConfigurationArn"},
       .errors = {Errc::limit_exceeded, Errc::certificate_validation, Errc::already_exists},
       .run = create_domain_configuration},
      {.name = "DescribeDomainConfiguration",
       .verb = Verb::get,
       .path = "/domainConfigurations/{domainConfigurationName}",
       .input = {any_name()},
       .output = {"domainConfigurationName", "domainConfigurationArn", "domainName", "serverCertificates",
                  "authorizerConfig", "domainConfigurationStatus", "serviceType", "domainType",
                  "lastStatusChangeDate", "tlsConfig", "serverCertificateConfig", "authenticationType",
                  "applicationProtocol", "clientCertificateConfig"},
       .errors = {Errc::not_found},
       .run = describe_domain_configuration},
      {.name = "UpdateDomainConfiguration",
       .verb = Verb::put,
       .path = "/domainConfigurations/{domainConfigurationName}",
       .input = {any_name(), authorizer_config_member(), body("domainConfigurationStatus").one_of(kStatuses),
                 body("removeAuthorizerConfig").boolean(), tls_config(), server_certificate_config_member(),
                 body("authenticationType").one_of(kAuthenticationTypes),
                 body("applicationProtocol").one_of(kProtocols), client_certificate_config()},
       .output = {"domainConfigurationName", "domainConfigurationArn"},
       .errors = {Errc::not_found, Errc::certificate_validation},
       .run = update_domain_configuration},
      {.name = "DeleteDomainConfiguration",
       .verb = Verb::del,
       .path = "/domainConfigurations/{domainConfigurationName}",
       .input = {name()},
       .errors = {Errc::not_found},
       .run = delete_domain_configuration},
      {.name = "ListDomainConfigurations",
       .verb = Verb::get,
       .path = "/domainConfigurations",
       .input = with_marker({query("serviceType").one_of(kServiceTypes)}),
       .output = {"domainConfigurations", "nextMarker"},
       .run = list_domain_configurations},
  };
  return table;
}

}  // namespace iotemu::api
