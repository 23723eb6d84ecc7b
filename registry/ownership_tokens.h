#pragma once

// The certificate ownership tokens of fleet provisioning (P6.2): who shows one may have its certificate
// provisioned. Each stands for one certificate, serves once and ends after an hour. Not locked: its owner is.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "registry/ids.h"

namespace iotemu::registry {

/// Errc::not_found: no token, or no longer one.
[[nodiscard]] Error no_such_token();

class OwnershipTokens {
 public:
  static constexpr Duration kLifetime{std::chrono::hours{1}};

  /// A new token: opaque, some hundred base64url characters.
  std::string issue(const CertificateId& certificate, Tick now, Random& random);
  /// The certificate it stands for; nothing for a token that is unknown, used up or expired.
  [[nodiscard]] std::optional<CertificateId> find(const std::string& token, Tick now) const;
  void use_up(const std::string& token) { live_.erase(token); }
  /// Forgets what has expired; answers the certificates of the tokens that nobody has used.
  std::vector<CertificateId> take_expired(Tick now);
  void clear();

 private:
  struct Live {
    CertificateId certificate{};
    Tick expires_at{};
  };

  std::unordered_map<std::string, Live> live_;
  std::deque<std::pair<Tick, std::string>> by_expiry_;  ///< Used ones too: all live equally long.
};

}  // namespace iotemu::registry
