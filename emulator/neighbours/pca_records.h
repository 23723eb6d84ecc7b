#pragma once

// What ACM PCA keeps: authorities and the certificates they issued. Records are immutable once stored.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "registry/pki/certificate.h"
#include "registry/pki/keys.h"

namespace iotemu::neighbours {

inline constexpr std::size_t kMaxPcaTags = 50;  ///< of one authority

using PcaTags = std::map<std::string, std::string>;

struct PcaAuthority {
  enum class State { pending_certificate, active, disabled, deleted };

  std::string arn{};
  std::uint64_t number{0};  ///< In the order of creation.
  bool is_root{false};
  std::string signing_algorithm{};
  std::string usage_mode{};
  std::string key_standard{};
  Json configuration{};
  Json revocation{};
  PcaTags tags{};
  Time created_at{};
  Time changed_at{};
  State state{State::pending_certificate};
  State state_before_deletion{State::pending_certificate};
  Time restorable_until{};
  registry::pki::PrivateKey key;
  std::string subject_der{};
  std::string csr{};
  std::optional<registry::pki::Certificate> certificate{};
  std::vector<registry::pki::Certificate> chain{};  ///< Above its own certificate, to the root.
  /// Its own certificate and those above as text: what all that it issues are answered with.
  std::shared_ptr<const std::string> issued_chain{};
};
using PcaAuthorityPtr = std::shared_ptr<const PcaAuthority>;

struct PcaCertificate {
  std::string pem{};
  std::shared_ptr<const std::string> chain{};  ///< Null: self-signed.
  bool revoked{false};
};

/// One realm's.
struct PcaHome {
  struct Token {
    std::string arn{};
    Time until{};
  };
  std::uint64_t next_number{1};
  std::map<std::string, PcaAuthorityPtr> authorities{};                         ///< by ARN
  std::map<std::string, std::shared_ptr<const PcaCertificate>> certificates{};  ///< by ARN
  std::map<std::string, Token> tokens{};                                        ///< of idempotent requests
};

/// The name of the state that the service shows, EXPIRED among them.
[[nodiscard]] std::string_view shown_state(const PcaAuthority& authority, Time now);
/// PEM as the service answers it, without a line break at the end.
[[nodiscard]] std::string shown_pem(const registry::pki::Certificate& certificate);
/// Several of them, each on lines of its own.
[[nodiscard]] std::string shown_chain(const std::vector<registry::pki::Certificate>& chain);

}  // namespace iotemu::neighbours
