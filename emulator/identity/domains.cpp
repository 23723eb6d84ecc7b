#include "emulator/identity/domains.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "registry/pki/pem.h"

namespace iotemu::identity {
namespace {

using registry::DomainConfigurationRecord;
using registry::DomainType;

std::string update(const DomainConfigurationRecord& domain, std::string_view change) {
  return "aws iot update-domain-configuration --domain-configuration-name " + domain.name.text() + " " +
         std::string{change};
}

Turned turned(const DomainConfigurationRecord& domain, const std::string& why, std::string cure) {
  const std::string name = domain.domain_name.empty() ? "" : " of the name '" + domain.domain_name + "'";
  return {.refusal = Refusal::domain_refused,
          .cause = "the domain configuration " + domain.name.text() + name + " " + why,
          .cure = std::move(cure)};
}

}  // namespace

std::optional<Turned> judge_domain(const DomainConfigurationRecord& domain, Transport transport,
                                   Service service) {
  const bool mqtt = transport == Transport::mqtt;
  const std::string spoken = mqtt ? "MQTT" : "HTTPS";
  if (!domain.enabled) {
    return turned(domain, "is DISABLED (D-3)", update(domain, "--domain-configuration-status ENABLED"));
  }
  const std::string wanted = service == Service::data ? "DATA" : "CREDENTIAL_PROVIDER";
  if (domain.service_type != wanted) {
    return turned(domain,
                  "is for the service " + domain.service_type + "; the client wants " + wanted + " (D-1)",
                  "create a domain configuration with the service type " + wanted);
  }
  const std::string protocol = mqtt ? "SECURE_MQTT" : "HTTPS";
  const std::string cure =
      update(domain, "--application-protocol " + protocol + " --authentication-type AWS_X509");
  if (domain.application_protocol != "DEFAULT" && domain.application_protocol != protocol) {
    return turned(domain,
                  "has the application protocol " + domain.application_protocol + "; the client spoke " +
                      spoken + " (D-4)",
                  cure);
  }
  const bool by_certificate =
      domain.authentication_type == "DEFAULT" || domain.authentication_type == "AWS_X509";
  if (!by_certificate) {
    return turned(domain,
                  "has the authentication type " + domain.authentication_type + "; at the " + spoken +
                      " port the emulator plays AWS_X509 only, so nobody gets in by it (D-4)",
                  cure);
  }
  return std::nullopt;
}

std::string certificate_callback_event(const mqtt::PeerIdentity& peer,
                                       const registry::CertificateId& principal,
                                       std::string_view connection_id) {
  auto chain = nlohmann::ordered_json::array();
  for (const auto& der : peer.chain) chain.push_back(registry::pki::to_pem(der, "CERTIFICATE"));
  const nlohmann::ordered_json event{{"connectionMetadata", {{"id", connection_id}}},
                                     {"principalId", principal.hex()},
                                     {"serverName", peer.server_name},
                                     {"clientCertificateChain", std::move(chain)}};
  return event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<std::string> callback_refusal(const Result<std::string>& answer) {
  if (!answer) return "failed: " + answer.error().message;
  const auto json = parse_json(*answer);
  if (!json) return "answered no valid JSON: " + json.error().message;
  const auto authenticated = json->is_object() ? json->find("isAuthenticated") : json->end();
  if (authenticated == json->end() || !authenticated->is_boolean()) return "answered no isAuthenticated";
  if (!authenticated->get<bool>()) return "answered isAuthenticated false";
  return std::nullopt;
}

}  // namespace iotemu::identity
