#pragma once

// Domain configurations (D-1…6): names by which clients reach the endpoint, and how each lets them in.
// Immutable once stored. Words of the service (`DATA`, `AWS_X509`, …) are kept as they came; their tables
// stand where they are checked.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

struct AuthorizerConfig {
  std::string default_authorizer{};  ///< Empty: none.
  std::optional<bool> allow_override{};
  friend bool operator==(const AuthorizerConfig&, const AuthorizerConfig&) = default;
};

struct ServerCertificateConfig {
  std::optional<bool> enable_ocsp_check{};
  std::string ocsp_lambda_arn{};
  std::string ocsp_responder_arn{};
  friend bool operator==(const ServerCertificateConfig&, const ServerCertificateConfig&) = default;
};

enum class DomainType { endpoint, aws_managed, customer_managed };
/// `ENDPOINT`, `AWS_MANAGED`, `CUSTOMER_MANAGED`.
[[nodiscard]] std::string_view to_text(DomainType type);

struct DomainConfigurationRecord {
  DomainConfigurationName name{};
  std::string arn{};
  DomainType type{DomainType::endpoint};
  std::string domain_name{};  ///< Empty for the service's own: the endpoint's host.
  std::string service_type{"DATA"};
  bool enabled{true};
  std::vector<std::string> server_certificate_arns{};
  std::string validation_certificate_arn{};
  std::optional<AuthorizerConfig> authorizer_config{};
  std::string security_policy{};
  std::optional<ServerCertificateConfig> server_certificate_config{};
  std::string authentication_type{"DEFAULT"};
  std::string application_protocol{"DEFAULT"};
  std::optional<std::string> client_certificate_callback{};  ///< A Lambda ARN.
  Time created_at{};
  Time status_changed_at{};
  Tags tags{};

  [[nodiscard]] const DomainConfigurationName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
