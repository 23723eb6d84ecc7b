#pragma once

// The CA that signs what CreateKeysAndCertificate and CreateCertificateFromCsr answer, under the issuer name
// of the real service (P2.2). Its RSA key is made on first use; one object may serve every realm of a
// process. Thread-safe; blocks while the key is made, so callers are on the blocking pool.

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "registry/pki/issue.h"

namespace iotemu::registry {

class ServiceCa {
 public:
  /// With an identity, nothing is generated: kept in a data directory, or made early.
  explicit ServiceCa(std::optional<pki::Identity> identity = {}) : identity_{std::move(identity)} {}

  /// The profile of P2.2: `CN=AWS IoT Certificate` unless the request names a subject.
  Result<pki::Certificate> issue(std::string_view public_key_der, Time now, Random& random);
  /// The same with an end of its own: temporary claims (P6.5).
  Result<pki::Certificate> issue_until(Time not_after, std::string_view public_key_der, Time now,
                                       Random& random);
  Result<pki::Certificate> issue(const pki::Csr& csr, Time now, Random& random);

  /// Whether it bears the service's name as issuer, so that no CA can be registered for it.
  [[nodiscard]] static bool is_issuer_of(const pki::Certificate& certificate);

  /// Makes the CA if it does not exist yet.
  Result<pki::Identity> identity(Time now);

 private:
  std::mutex mutex_;  ///< Held while the key is made; never together with another lock.
  std::optional<pki::Identity> identity_;
};

}  // namespace iotemu::registry
