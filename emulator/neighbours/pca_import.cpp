#include "emulator/neighbours/pca_import.h"

#include <algorithm>
#include <array>

#include "registry/pki/extensions.h"
#include "registry/pki/verify.h"

namespace iotemu::neighbours {
namespace {

namespace pki = registry::pki;

/// May be critical; whatever else is critical makes the service refuse the certificate.
constexpr std::array<std::string_view, 13> kMayBeCritical{
    "2.5.29.9",  "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19",         "2.5.29.30",
    "2.5.29.32", "2.5.29.33", "2.5.29.35", "2.5.29.37", "2.5.29.54", "1.3.6.1.5.5.7.1.11"};

/// The service documents more; all that is issued is answered with it.
constexpr std::size_t kMaxChain = 16;
constexpr std::size_t kMaxChainBytes = 64 * 1024;

Fault malformed(const std::string& why) {
  return {"MalformedCertificateException", "The certificate cannot be imported: " + why};
}

Fault mismatch(const std::string& why) {
  return {"CertificateMismatchException", "The certificate cannot be imported: " + why};
}

/// What every certificate of the chain must be, the imported one included.
Done check_authority(const pki::Certificate& certificate, Time now) {
  const auto name = "'" + certificate.subject().text() + "'";
  const auto facts = pki::authority_facts(certificate);
  if (!facts.is_ca) return malformed(name + " does not say CA:TRUE in basicConstraints");
  if (!facts.basic_constraints_critical) return malformed("basicConstraints of " + name + " is not critical");
  if (!facts.signs_certificates || !facts.signs_crls) {
    return malformed("keyUsage of " + name + " does not hold keyCertSign and cRLSign");
  }
  for (const auto& oid : facts.critical_oids) {
    if (std::ranges::find(kMayBeCritical, oid) == kMayBeCritical.end()) {
      return malformed("the extension " + oid + " of " + name + " is critical");
    }
  }
  if (pki::validity_at(certificate, now) == pki::Validity::expired) return malformed(name + " has expired");
  return Ok{};
}

bool is_self_signed(const pki::Certificate& certificate) {
  return pki::signed_by(certificate, certificate);
}

/// `below`: how many authorities stand between `issuer` and the leaves, not counting itself.
Done check_issuer(const pki::Certificate& certificate, const pki::Certificate& issuer, int below) {
  if (!pki::signed_by(certificate, issuer)) {
    return mismatch("'" + certificate.subject().text() + "' is not signed by '" + issuer.subject().text() +
                    "', the next certificate of the chain");
  }
  const auto length = pki::authority_facts(issuer).path_length;
  if (length && *length < below) {
    return mismatch("the path length " + std::to_string(*length) + " of '" + issuer.subject().text() +
                    "' allows no authority below at this depth");
  }
  return Ok{};
}

Answer<std::vector<pki::Certificate>> check_chain(const pki::Certificate& certificate, std::string_view pem,
                                                  Time now) {
  if (pem.size() > kMaxChainBytes) {
    return malformed("the chain is longer than " + std::to_string(kMaxChainBytes) + " bytes");
  }
  auto chain = pki::read_chain(pem);
  if (!chain) return malformed("the chain: " + chain.error().message);
  if (chain->size() > kMaxChain) {
    return malformed("the chain holds more than " + std::to_string(kMaxChain) + " certificates");
  }
  const auto* below = &certificate;
  int depth = 1;
  for (const auto& issuer : *chain) {
    if (issuer.der() == certificate.der()) return malformed("the chain contains the certificate itself");
    if (auto good = check_authority(issuer, now); !good) return good.fault();
    if (auto good = check_issuer(*below, issuer, depth++); !good) return good.fault();
    below = &issuer;
  }
  if (!is_self_signed(*below)) return mismatch("the chain does not lead to a self-signed root");
  return std::move(*chain);
}

}  // namespace

Answer<PcaImport> check_import(const PcaAuthority& authority, std::string_view certificate_pem,
                               std::string_view chain_pem, Time now) {
  auto certificate = pki::Certificate::from_pem(certificate_pem);
  if (!certificate) return malformed(certificate.error().message);
  if (authority.is_root && !chain_pem.empty()) {
    return Fault{"InvalidRequestException", "A root CA is imported without a certificate chain"};
  }
  if (!authority.is_root && chain_pem.empty()) {
    return Fault{"InvalidRequestException", "A subordinate CA is imported with its certificate chain"};
  }
  if (certificate->public_key_der() != authority.key.public_key_der()) {
    return mismatch("its public key is not that of the CA " + authority.arn +
                    "; issue it from the CSR that GetCertificateAuthorityCsr answers");
  }
  if (certificate->subject().der != authority.subject_der) {
    return mismatch("its subject '" + certificate->subject().text() + "' is not that of the CA's CSR");
  }
  if (auto good = check_authority(*certificate, now); !good) return good.fault();
  if (authority.is_root) {
    if (!is_self_signed(*certificate)) return mismatch("the certificate of a root CA must be self-signed");
    return PcaImport{.certificate = std::move(*certificate)};
  }
  auto chain = check_chain(*certificate, chain_pem, now);
  if (!chain) return chain.fault();
  return PcaImport{.certificate = std::move(*certificate), .chain = std::move(*chain)};
}

}  // namespace iotemu::neighbours
