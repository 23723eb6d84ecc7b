#pragma once

// Issuing certificates: the service's own (P2.2), the server's, and everything fixtures and tests want,
// including certificates no sane CA would issue. Signing with P-256 takes microseconds; generating RSA keys
// does not (keys.h).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "registry/pki/certificate.h"
#include "registry/pki/csr.h"
#include "registry/pki/keys.h"
#include "registry/pki/subject.h"

namespace iotemu::registry::pki {

/// A certificate with its key.
struct Identity {
  Certificate certificate;
  PrivateKey key;
};

/// One subject alternative name. For `directory`, `name` is used instead of `value`.
struct AltName {
  enum class Kind { dns, ip, uri, email, directory };
  Kind kind{Kind::dns};
  std::string value{};
  Subject name{};
};

/// An extension given as bytes: `der` is the inside of its OCTET STRING.
struct RawExtension {
  std::string oid{};
  bool critical{false};
  std::string der{};
};

struct BasicConstraints {
  bool ca{false};
  std::optional<int> path_length{};
};

enum class Digest { sha1, sha256, sha384, sha512 };

/// What a certificate says. Defaults: a device certificate. Version 1 has no extensions at all.
struct Profile {
  int version{3};
  std::string serial{};  ///< Big-endian bytes; empty: 20 random bytes.
  Subject subject{};
  Time not_before{};
  Time not_after{};
  std::optional<BasicConstraints> basic_constraints{BasicConstraints{}};  ///< Critical when present.
  std::vector<std::string> key_usage{"digitalSignature"};                 ///< OpenSSL's names; critical.
  std::vector<std::string> extended_key_usage{};  ///< `clientAuth`, `serverAuth`, OIDs.
  std::vector<AltName> alternative_names{};
  bool key_identifiers{true};  ///< subjectKeyIdentifier and authorityKeyIdentifier.
  std::vector<RawExtension> extensions{};
  Digest digest{Digest::sha256};
};

/// A profile with basicConstraints CA:TRUE and keyUsage keyCertSign, cRLSign, digitalSignature.
[[nodiscard]] Profile ca_profile(Subject subject, Time not_before, Time not_after,
                                 std::optional<int> path_length = {});
/// A device profile: CA:FALSE, digitalSignature (and keyEncipherment), clientAuth.
[[nodiscard]] Profile device_profile(Subject subject, Time not_before, Time not_after);

/// Generates a key and signs it with itself.
Result<Identity> make_ca(const Profile& profile, KeyKind kind = KeyKind::ec_p256);
Result<Certificate> self_sign(const Profile& profile, const PrivateKey& key);

/// Generates a key and has `ca` sign its certificate: a device, a server, an intermediate CA, as `profile`
/// says.
Result<Identity> issue(const Profile& profile, const Identity& ca, KeyKind kind = KeyKind::ec_p256);
/// As above for a key that exists: `public_key_der` of a PrivateKey, a Certificate or a Csr.
Result<Certificate> issue_for_key(const Profile& profile, std::string_view public_key_der,
                                  const Identity& ca);
/// Subject and key from the request (`profile.subject` is not looked at).
Result<Certificate> issue_from_csr(const Profile& profile, const Csr& csr, const Identity& ca);

/// The proof of possession for RegisterCACertificate: CN is the registration code (P1.2).
Result<Certificate> verification_certificate(std::string_view registration_code, const Identity& ca,
                                             Time not_before, Time not_after);

/// The lowest level: signed DER that nobody reads back, for certificates `Certificate` would refuse.
/// `issuer_name_der` and `issuer_key_id` stand in the certificate as they are (no key id: no AKI).
struct Signer {
  std::string_view name_der{};
  std::string_view key_id{};
  const PrivateKey& key;
};
Result<std::string> sign_der(const Profile& profile, std::string_view public_key_der, const Signer& signer,
                             std::string_view subject_der = {});

/// A Subject in DER.
Result<std::string> encode_name(const Subject& subject);

}  // namespace iotemu::registry::pki
