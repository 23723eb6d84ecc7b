#pragma once

// Single extensions of X.509, for an issuer that puts a certificate together piece by piece (ACM PCA's
// templates, P9.3): each function encodes one, critical or not, as RawExtension. Also what a signing request
// asks for, and what a CA certificate says about being one. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "registry/pki/certificate.h"
#include "registry/pki/issue.h"

namespace iotemu::registry::pki {

namespace oid {
inline constexpr std::string_view kSubjectKeyId = "2.5.29.14";
inline constexpr std::string_view kKeyUsage = "2.5.29.15";
inline constexpr std::string_view kSubjectAlternativeName = "2.5.29.17";
inline constexpr std::string_view kBasicConstraints = "2.5.29.19";
inline constexpr std::string_view kCrlDistributionPoints = "2.5.29.31";
inline constexpr std::string_view kCertificatePolicies = "2.5.29.32";
inline constexpr std::string_view kAuthorityKeyId = "2.5.29.35";
inline constexpr std::string_view kExtendedKeyUsage = "2.5.29.37";
inline constexpr std::string_view kAuthorityInformationAccess = "1.3.6.1.5.5.7.1.1";
inline constexpr std::string_view kSubjectInformationAccess = "1.3.6.1.5.5.7.1.11";
}  // namespace oid

/// A general name of any kind. `directory` uses `name`; `other` and `edi_party` use `type` and `value`
/// (other: OID and UTF-8 text; edi_party: name assigner, which may be empty, and party name).
struct GeneralName {
  enum class Kind { dns, ip, uri, email, directory, other, edi_party, registered_id };
  Kind kind{Kind::dns};
  std::string value{};
  std::string type{};
  Subject name{};
};

struct PolicyInformation {
  std::string oid{};
  std::vector<std::string> cps_uris{};
};

/// How to reach something about the authority or the subject: an access method and where.
struct AccessDescription {
  std::string method_oid{};
  GeneralName location{};
};

[[nodiscard]] Result<RawExtension> basic_constraints(const BasicConstraints& wanted, bool critical);
/// OpenSSL's names; critical.
[[nodiscard]] Result<RawExtension> key_usage(const std::vector<std::string>& words);
/// `clientAuth`, `serverAuth`, …, OIDs.
[[nodiscard]] Result<RawExtension> extended_key_usage(const std::vector<std::string>& words, bool critical);
[[nodiscard]] Result<RawExtension> subject_alternative_names(const std::vector<GeneralName>& names);
[[nodiscard]] Result<RawExtension> certificate_policies(const std::vector<PolicyInformation>& policies);
[[nodiscard]] Result<RawExtension> crl_distribution_point(const std::string& uri);
/// Authority or subject information access, by `oid`.
[[nodiscard]] Result<RawExtension> information_access(std::string_view oid,
                                                      const std::vector<AccessDescription>& descriptions);
/// SHA-1 of the key's bits (RFC 5280 method 1); the raw identifier.
[[nodiscard]] Result<std::string> key_identifier(std::string_view public_key_der);
[[nodiscard]] RawExtension subject_key_identifier(std::string_view identifier);
[[nodiscard]] RawExtension authority_key_identifier(std::string_view identifier);

/// The extensions that a request (PEM) asks for. Fails with Errc::invalid_request if they cannot be read.
[[nodiscard]] Result<std::vector<RawExtension>> requested_extensions(std::string_view csr_pem);
/// A request that asks for `extensions`, in PEM.
[[nodiscard]] Result<std::string> make_csr(const Subject& subject, const PrivateKey& key,
                                           const std::vector<RawExtension>& extensions, Digest digest);
/// As certificates have it: the DER in PEM.
[[nodiscard]] std::string certificate_pem(std::string_view der);

/// What a certificate says about being an authority.
struct AuthorityFacts {
  bool is_ca{false};
  bool basic_constraints_critical{false};
  std::optional<int> path_length{};
  bool signs_certificates{false};
  bool signs_crls{false};
  std::vector<std::string> critical_oids{};
};
[[nodiscard]] AuthorityFacts authority_facts(const Certificate& certificate);

/// The key's kind, for whoever must choose a digest.
[[nodiscard]] bool is_elliptic(const PrivateKey& key);

}  // namespace iotemu::registry::pki
