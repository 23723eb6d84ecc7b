#pragma once

// One X.509 certificate, read and judged for hygiene but not for trust. Sizes, DER form, key and signature
// algorithms are checked on the bytes before OpenSSL sees them, so that a hostile certificate costs nothing
// (explicit EC parameters, huge RSA keys, BER). A cheap immutable handle: copy it freely, use it on any
// thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "registry/ids.h"

namespace iotemu::registry::pki {

/// Longest DER accepted: what a PEM member of 65536 characters can hold.
inline constexpr std::size_t kMaxCertificateBytes = 49'152;

/// One attribute of a name, value in UTF-8. `short_name` is OpenSSL's (`CN`, `serialNumber`, `title`,
/// `generationQualifier`, …), or the dotted OID where it knows none.
struct NameAttribute {
  std::string oid{};
  std::string short_name{};
  std::string value{};
};

struct DistinguishedName {
  std::string der{};         ///< As encoded in the certificate.
  std::string normalised{};  ///< Equal for names that differ only in case, spaces or string types.
  std::vector<NameAttribute> attributes{};  ///< In the order of the certificate.

  /// `CN=…, O=…`, in the order of the certificate, control characters escaped.
  [[nodiscard]] std::string text() const;
  /// All values of one attribute by dotted OID, in order.
  [[nodiscard]] std::vector<std::string> values(std::string_view oid) const;
  /// The first common name, or empty.
  [[nodiscard]] std::string_view common_name() const;
};

/// Alternative names by kind, in order; IP addresses in text, directory names as `text()`.
struct AlternativeNames {
  std::vector<std::string> email{};
  std::vector<std::string> dns{};
  std::vector<std::string> uri{};
  std::vector<std::string> ip{};
  std::vector<std::string> directory{};
};

enum class KeyType { rsa, ec };

class Certificate {
 public:
  /// Exactly one certificate in DER. Fails with Errc::certificate_validation.
  static Result<Certificate> from_der(std::string_view der);
  /// The first CERTIFICATE block; text around it, CRLF and line width do not matter (P1.2 check 3).
  static Result<Certificate> from_pem(std::string_view pem);

  [[nodiscard]] const CertificateId& id() const;
  [[nodiscard]] const std::string& der() const;
  /// Re-encoded from DER: 64 characters a line.
  [[nodiscard]] std::string pem() const;

  [[nodiscard]] int version() const;  ///< 1 or 3.
  [[nodiscard]] const DistinguishedName& subject() const;
  [[nodiscard]] const DistinguishedName& issuer() const;
  [[nodiscard]] const std::string& serial_decimal() const;
  [[nodiscard]] std::string serial_hex() const;
  [[nodiscard]] Time not_before() const;
  [[nodiscard]] Time not_after() const;
  [[nodiscard]] const AlternativeNames& subject_alternative_names() const;
  [[nodiscard]] const AlternativeNames& issuer_alternative_names() const;

  /// basicConstraints is there and says CA:TRUE.
  [[nodiscard]] bool is_ca() const;
  [[nodiscard]] KeyType key_type() const;
  [[nodiscard]] int key_bits() const;
  /// SubjectPublicKeyInfo in DER.
  [[nodiscard]] const std::string& public_key_der() const;
  /// Raw key identifiers, empty when the extension is absent.
  [[nodiscard]] const std::string& subject_key_id() const;
  [[nodiscard]] const std::string& authority_key_id() const;

  struct Impl;  ///< OpenSSL's side, for the other files of this folder.
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

/// The first CERTIFICATE block of `text` as it stands there, from BEGIN to END; empty if there is none.
[[nodiscard]] std::string_view first_certificate_block(std::string_view text);

/// Every CERTIFICATE block of a PEM file, in order (chain files). Fails if there is none or one is bad.
Result<std::vector<Certificate>> read_chain(std::string_view pem);

}  // namespace iotemu::registry::pki
