#pragma once

// The `iot:Certificate.*` policy variables of one certificate (P7.5): built once when the certificate is
// parsed, then shared by every connection that uses it. Immutable after building.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotemu::registry::policy {

/// One attribute of a distinguished name: its OID in dots ("2.5.4.3") or its short name ("CN"), and its
/// value.
using NameAttribute = std::pair<std::string, std::string>;

/// The kinds of alternative names that are policy variables (P7.5).
enum class AlternativeName { rfc822_name, dns_name, directory_name, uniform_resource_identifier, ip_address };

class CertificateVariables {
 public:
  /// Values per field that are offered to policies; the rest is dropped (P7.5).
  static constexpr std::size_t kMaxValues = 5;
  /// Longest value in characters; a longer one is not replaced (P7.5).
  static constexpr std::size_t kMaxCharacters = 1024;

  /// One value of a field. A value that policies cannot see keeps its place and says why.
  struct Value {
    std::uint8_t field{};  ///< its place among all names that there are
    bool withheld{false};
    std::string text{};  ///< with `,` `"` `\` `+` `=` `<` `>` `;` backslash-escaped; withheld: why
  };

  /// `decimal`: the serial number as decimal text, "10525622389124227206".
  void set_serial_number(std::string_view decimal);
  /// Attributes in certificate order. Attributes without a variable (locality, e-mail …) are ignored.
  void add_subject(std::span<const NameAttribute> attributes);
  void add_issuer(std::span<const NameAttribute> attributes);
  void add_subject_alternative_names(AlternativeName kind, std::span<const std::string> values);
  void add_issuer_alternative_names(AlternativeName kind, std::span<const std::string> values);

  /// The values of a field by its name without prefix and suffix, for example "Subject.CommonName", in the
  /// order of the certificate; letter case does not matter. None when the certificate has no such field.
  [[nodiscard]] std::span<const Value> find(std::string_view field) const;
  /// Whether `field` is a name that some certificate could fill.
  [[nodiscard]] static bool is_known(std::string_view field);
  /// `iot:Certificate.AvailableKeys`: full names of the variables that have a value. They live for ever.
  [[nodiscard]] std::vector<std::string_view> available_keys() const;

 private:
  enum class Holder : std::uint8_t { subject, issuer };

  void add(std::size_t field, std::string_view raw);
  void add_name(Holder holder, std::span<const NameAttribute> attributes);
  void add_alternative_names(Holder holder, AlternativeName kind, std::span<const std::string> values);
  [[nodiscard]] std::span<const Value> values_of(std::size_t field) const;

  std::vector<Value> values_{};  // those of one field stand together
};

/// How the service shows a value of a certificate's name: a backslash before each of `,` `"` `\` `+` `=` `<`
/// `>`
/// `;` (P5.3, P7.5).
[[nodiscard]] std::string escaped_value(std::string_view raw);

/// The `iot:Certificate.Subject.*` variables of a subject given as (OID or short name, value) pairs.
[[nodiscard]] CertificateVariables subject_variables(std::span<const NameAttribute> attributes);

}  // namespace iotemu::registry::policy
