#pragma once

// What the door wants to know of a client certificate besides its record: its subject in words and its policy
// variables. Reading X.509 costs more than everything else a known device's CONNECT needs, so the facts are
// kept by certificate id. Thread-safe.

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "registry/ids.h"
#include "registry/pki/certificate.h"
#include "registry/policy/certificate_variables.h"

namespace iotemu::identity {

struct CertificateFacts {
  std::string subject{};
  registry::policy::CertificateVariables variables{};
};

[[nodiscard]] CertificateFacts facts_of(const registry::pki::Certificate& certificate);

class CertificateFactsCache {
 public:
  /// Forgets everything when it would hold more than `capacity` certificates.
  explicit CertificateFactsCache(std::size_t capacity = 20'000) : capacity_{capacity} {}

  /// `der` is what `id` is the digest of. Fails as Certificate::from_der does.
  Result<std::shared_ptr<const CertificateFacts>> get(const registry::CertificateId& id,
                                                      std::string_view der);

 private:
  std::size_t capacity_;
  std::mutex mutex_;  ///< Held for a look-up or an insertion, not while a certificate is read.
  std::unordered_map<registry::CertificateId, std::shared_ptr<const CertificateFacts>> facts_;
};

}  // namespace iotemu::identity
