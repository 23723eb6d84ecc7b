#pragma once

// A device certificate as the registry keeps it (P2). Immutable once stored. The private key is never here.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/ids.h"

namespace iotemu::registry {

enum class CertificateStatus {
  active,
  inactive,
  revoked,
  pending_transfer,
  register_inactive,  ///< Deprecated: accepted as input, stored as inactive (P2.4, P2.7).
  pending_activation,
};
/// `ACTIVE`, `INACTIVE`, …
[[nodiscard]] std::string_view to_text(CertificateStatus status);
[[nodiscard]] std::optional<CertificateStatus> parse_certificate_status(std::string_view text);

/// Whether one account per region owns the certificate, or SNI tells accounts apart.
enum class CertificateMode { default_mode, sni_only };
/// `DEFAULT`, `SNI_ONLY`.
[[nodiscard]] std::string_view to_text(CertificateMode mode);
[[nodiscard]] std::optional<CertificateMode> parse_certificate_mode(std::string_view text);

/// On its way to another account, or once so (P2.10).
struct CertificateTransfer {
  std::string to{};  ///< Account.
  std::string message{};
  Time sent_at{};
  std::optional<Time> accepted_at{};
  std::optional<Time> rejected_at{};
  std::string reject_reason{};
};

struct CertificateRecord {
  CertificateId id{};
  std::string arn{};
  std::optional<CertificateId> ca_id{};  ///< caCertificateId: the registered CA that signed it.
  CertificateStatus status{CertificateStatus::inactive};
  CertificateMode mode{CertificateMode::default_mode};
  std::string pem{};
  std::string owned_by{};        ///< While a transfer waits: the account that sent it.
  std::string previous_owner{};  ///< Empty: nobody transferred it.
  std::optional<CertificateTransfer> transfer{};
  Time created_at{};
  Time changed_at{};
  int version{1};  ///< customerVersion: 1, then +1 with each change.
  std::string generation_id{};
  Time not_before{};
  Time not_after{};

  [[nodiscard]] const CertificateId& key() const { return id; }
  [[nodiscard]] const std::string& key_text() const { return id.hex(); }
};

}  // namespace iotemu::registry
