#include "registry/policy/certificate_variables.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/utf8.h"
#include "registry/policy/pattern.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

/// A name attribute that is a variable.
struct Attribute {
  std::string_view oid{};
  std::string_view short_name{};
  std::string_view variable{};
};

// P7.5: no locality, no e-mail.
constexpr std::array<Attribute, 13> kAttributes{{
    {"2.5.4.46", "dnQualifier", "DistinguishedNameQualifier"},
    {"2.5.4.6", "C", "Country"},
    {"2.5.4.10", "O", "Organization"},
    {"2.5.4.11", "OU", "OrganizationalUnit"},
    {"2.5.4.8", "ST", "State"},
    {"2.5.4.3", "CN", "CommonName"},
    {"2.5.4.5", "serialNumber", "SerialNumber"},
    {"2.5.4.12", "title", "Title"},
    {"2.5.4.4", "SN", "Surname"},
    {"2.5.4.42", "GN", "GivenName"},
    {"2.5.4.43", "initials", "Initials"},
    {"2.5.4.65", "pseudonym", "Pseudonym"},
    {"2.5.4.44", "generationQualifier", "GenerationQualifier"},
}};

constexpr std::array<std::string_view, 5> kAlternativeNames{"RFC822Name", "DNSName", "DirectoryName",
                                                            "UniformResourceIdentifier", "IPAddress"};

constexpr std::string_view kPrefix = "iot:Certificate.";
constexpr std::array<std::string_view, 2> kHolders{"Subject", "Issuer"};

// All fields in one row: the serial number, then what the subject has, then the same of the issuer.
constexpr std::size_t kSerialNumber = 0;
constexpr std::size_t kFieldsOfHolder = kAttributes.size() + kAlternativeNames.size();
constexpr std::size_t kFieldCount = 1 + kHolders.size() * kFieldsOfHolder;

/// The full names of the variables of one field; a second value goes by the suffix .1 (P7.5).
using FieldKeys = std::array<std::string, CertificateVariables::kMaxValues>;

FieldKeys keys_of(const std::string& field) {
  FieldKeys keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = std::string{kPrefix} + field + (i == 0 ? "" : "." + std::to_string(i));
  }
  return keys;
}

const std::array<FieldKeys, kFieldCount>& all_keys() {
  static const auto made = [] {
    std::array<FieldKeys, kFieldCount> keys;
    auto next = keys.begin();
    *next++ = keys_of("SerialNumber");
    for (const std::string_view holder : kHolders) {
      const std::string prefix = std::string{holder} + ".";
      for (const Attribute& row : kAttributes) *next++ = keys_of(prefix + std::string{row.variable});
      for (const std::string_view name : kAlternativeNames) {
        *next++ = keys_of(prefix + "AlternativeName." + std::string{name});
      }
    }
    return keys;
  }();
  return made;
}

std::optional<std::size_t> find_field(std::string_view name) {
  const auto& keys = all_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [name](const FieldKeys& field) {
    return equals_ignoring_case(std::string_view{field.front()}.substr(kPrefix.size()), name);
  });
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(std::distance(keys.begin(), found));
}

std::string why_withheld(std::string_view raw) {
  if (const auto at = raw.find_first_of("*$+?#"); at != raw.npos) {
    return std::string{"contains '"} + raw[at] + "', and values with * $ + ? or # are not substituted";
  }
  if (const std::size_t length = count_characters(raw); length > CertificateVariables::kMaxCharacters) {
    return "is " + std::to_string(length) + " characters long, and values longer than " +
           std::to_string(CertificateVariables::kMaxCharacters) + " are not substituted";
  }
  if (!Pattern::is_literal_safe(raw)) return "is not UTF-8 text";
  return {};
}

}  // namespace

void CertificateVariables::set_serial_number(std::string_view decimal) {
  add(kSerialNumber, decimal);
}

void CertificateVariables::add_subject(std::span<const NameAttribute> attributes) {
  add_name(Holder::subject, attributes);
}

void CertificateVariables::add_issuer(std::span<const NameAttribute> attributes) {
  add_name(Holder::issuer, attributes);
}

void CertificateVariables::add_subject_alternative_names(AlternativeName kind,
                                                         std::span<const std::string> values) {
  add_alternative_names(Holder::subject, kind, values);
}

void CertificateVariables::add_issuer_alternative_names(AlternativeName kind,
                                                        std::span<const std::string> values) {
  add_alternative_names(Holder::issuer, kind, values);
}

void CertificateVariables::add_name(Holder holder, std::span<const NameAttribute> attributes) {
  const std::size_t first = 1 + static_cast<std::size_t>(holder) * kFieldsOfHolder;
  for (const auto& [type, value] : attributes) {
    const auto row =
        std::find_if(kAttributes.begin(), kAttributes.end(), [&type = type](const Attribute& attribute) {
          return attribute.oid == type || attribute.short_name == type;
        });
    if (row == kAttributes.end()) continue;
    add(first + static_cast<std::size_t>(std::distance(kAttributes.begin(), row)), value);
  }
}

void CertificateVariables::add_alternative_names(Holder holder, AlternativeName kind,
                                                 std::span<const std::string> values) {
  const std::size_t field = 1 + static_cast<std::size_t>(holder) * kFieldsOfHolder + kAttributes.size() +
                            static_cast<std::size_t>(kind);
  for (const std::string& value : values) add(field, value);
}

void CertificateVariables::add(std::size_t field, std::string_view raw) {
  if (values_of(field).size() >= kMaxValues) return;
  Value value{.field = static_cast<std::uint8_t>(field), .text = why_withheld(raw)};
  value.withheld = !value.text.empty();
  if (!value.withheld) value.text = escaped_value(raw);
  const auto place = std::ranges::upper_bound(values_, value.field, {}, &Value::field);
  values_.insert(place, std::move(value));
}

std::span<const CertificateVariables::Value> CertificateVariables::values_of(std::size_t field) const {
  const auto first = std::ranges::lower_bound(values_, field, {}, &Value::field);
  const auto last = std::ranges::upper_bound(values_, field, {}, &Value::field);
  return {first, last};
}

std::span<const CertificateVariables::Value> CertificateVariables::find(std::string_view field) const {
  const auto known = find_field(field);
  return known ? values_of(*known) : std::span<const Value>{};
}

bool CertificateVariables::is_known(std::string_view field) {
  return find_field(field).has_value();
}

std::vector<std::string_view> CertificateVariables::available_keys() const {
  std::vector<std::string_view> keys;
  std::size_t index = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    index = i > 0 && values_[i - 1].field == values_[i].field ? index + 1 : 0;
    if (!values_[i].withheld) keys.emplace_back(all_keys()[values_[i].field][index]);
  }
  return keys;
}

std::string escaped_value(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (const char c : raw) {
    if (std::string_view{",\"\\+=<>;"}.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

CertificateVariables subject_variables(std::span<const NameAttribute> attributes) {
  CertificateVariables out;
  out.add_subject(attributes);
  return out;
}

}  // namespace iotemu::registry::policy
