#include "registry/pki/verify.h"

#include <openssl/err.h>

#include "registry/pki/openssl.h"

namespace iotemu::registry::pki {

bool names_match(const Certificate& certificate, const Certificate& issuer) {
  return certificate.issuer().der == issuer.subject().der ||
         certificate.issuer().normalised == issuer.subject().normalised;
}

bool signature_verifies(const Certificate& certificate, const Certificate& issuer) {
  // OpenSSL does not change either object here; its interface predates const.
  const bool verified =
      X509_verify(certificate.impl().x509.get(), X509_get0_pubkey(issuer.impl().x509.get())) == 1;
  ERR_clear_error();
  return verified;
}

bool signed_by(const Certificate& certificate, const Certificate& issuer) {
  return names_match(certificate, issuer) && signature_verifies(certificate, issuer);
}

bool key_ids_differ(const Certificate& certificate, const Certificate& issuer) {
  return !certificate.authority_key_id().empty() && !issuer.subject_key_id().empty() &&
         certificate.authority_key_id() != issuer.subject_key_id();
}

Validity validity_at(Time not_before, Time not_after, Time now) {
  // The last second belongs to the window whole: certificates know no milliseconds.
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second < not_before) return Validity::not_yet_valid;
  if (second > not_after) return Validity::expired;
  return Validity::valid;
}

Validity validity_at(const Certificate& certificate, Time now) {
  return validity_at(certificate.not_before(), certificate.not_after(), now);
}

}  // namespace iotemu::registry::pki
