#pragma once

// Certificate signing requests: reading one that a stranger sent, and making one.

#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/pki/certificate.h"
#include "registry/pki/keys.h"
#include "registry/pki/subject.h"

namespace iotemu::registry::pki {

/// What the issuer takes from a request (P2.3): the subject and the key. Requested extensions are ignored.
struct Csr {
  std::string subject_der{};
  std::string public_key_der{};

  /// Reads the first CERTIFICATE REQUEST block and verifies its own signature. Key: RSA of 2048 bits or more,
  /// or P-256, P-384, P-521 as a named curve. Fails with Errc::invalid_request (P2.1, P2.3).
  static Result<Csr> from_pem(std::string_view pem);
};

/// A request in PEM, signed with SHA-256.
Result<std::string> make_csr(const Subject& subject, const PrivateKey& key);

}  // namespace iotemu::registry::pki
