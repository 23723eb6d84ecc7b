#pragma once

// A CA certificate that signs devices (P1). Immutable once stored.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/certificate.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

enum class CaStatus { active, inactive };
/// `ACTIVE`, `INACTIVE`.
[[nodiscard]] std::string_view to_text(CaStatus status);
/// Nothing for another word; `REGISTER_INACTIVE` is another word (P1.5).
[[nodiscard]] std::optional<CaStatus> parse_ca_status(std::string_view text);

namespace provisioning {
class Template;
}

/// What is provisioned for a device on its first connect (P1.3). Empty members are absent ones.
struct RegistrationConfig {
  std::string template_body{};
  std::string role_arn{};
  std::string template_name{};
  /// The parsed template_body; the registry sets it. Null if the template can provision nothing.
  std::shared_ptr<const provisioning::Template> document{};

  friend bool operator==(const RegistrationConfig& a, const RegistrationConfig& b) {
    return a.template_body == b.template_body && a.role_arn == b.role_arn &&
           a.template_name == b.template_name;
  }
};

struct CaCertificateRecord {
  CertificateId id{};
  std::string arn{};
  CaStatus status{CaStatus::inactive};
  bool auto_registration{false};  ///< autoRegistrationStatus ENABLE.
  CertificateMode mode{CertificateMode::default_mode};
  std::string pem{};      ///< The first CERTIFICATE block as submitted.
  std::string subject{};  ///< One line, for messages.
  std::string owned_by{};
  Time created_at{};
  Time changed_at{};
  int version{1};
  std::string generation_id{};
  Time not_before{};
  Time not_after{};
  std::optional<RegistrationConfig> registration_config{};
  Tags tags{};

  [[nodiscard]] const CertificateId& key() const { return id; }
  [[nodiscard]] const std::string& key_text() const { return id.hex(); }
};

}  // namespace iotemu::registry
