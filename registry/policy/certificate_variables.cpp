#include "registry/policy/certificate_variables.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "registry/policy/pattern.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

struct Field {
  std::string_view oid{};
  std::string_view short_name{};
  std::string_view variable{};
};

// P7.5: no locality, no e-mail.
constexpr std::array<Field, 13> kFields{{
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

constexpr std::string_view kSerialNumber = "SerialNumber";
constexpr std::array<std::string_view, 2> kHolders{"Subject", "Issuer"};

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
  add(std::string{kSerialNumber}, decimal);
}

void CertificateVariables::add_subject(std::span<const NameAttribute> attributes) {
  add_name("Subject", attributes);
}

void CertificateVariables::add_issuer(std::span<const NameAttribute> attributes) {
  add_name("Issuer", attributes);
}

void CertificateVariables::add_subject_alternative_names(AlternativeName kind,
                                                         std::span<const std::string> values) {
  add_alternative_names("Subject", kind, values);
}

void CertificateVariables::add_issuer_alternative_names(AlternativeName kind,
                                                        std::span<const std::string> values) {
  add_alternative_names("Issuer", kind, values);
}

void CertificateVariables::add_name(std::string_view holder, std::span<const NameAttribute> attributes) {
  for (const auto& [type, value] : attributes) {
    const auto field = std::find_if(kFields.begin(), kFields.end(), [&type = type](const Field& row) {
      return row.oid == type || row.short_name == type;
    });
    if (field != kFields.end()) add(std::string{holder} + "." + std::string{field->variable}, value);
  }
}

void CertificateVariables::add_alternative_names(std::string_view holder, AlternativeName kind,
                                                 std::span<const std::string> values) {
  const std::string_view variable = kAlternativeNames[static_cast<std::size_t>(kind)];
  for (const std::string& value : values) {
    add(std::string{holder} + ".AlternativeName." + std::string{variable}, value);
  }
}

void CertificateVariables::add(const std::string& field, std::string_view raw) {
  auto& values = values_[lower(field)];
  if (values.size() >= kMaxValues) return;
  Value value{.text = {}, .withheld = why_withheld(raw)};
  if (value.withheld.empty()) {
    value.text = escaped_value(raw);
    // The second value of a field goes by the suffix .1 (P7.5).
    const std::string suffix = values.empty() ? "" : "." + std::to_string(values.size());
    available_keys_.push_back("iot:Certificate." + field + suffix);
  }
  values.push_back(std::move(value));
}

const std::vector<CertificateVariables::Value>* CertificateVariables::find(std::string_view field) const {
  const auto found = values_.find(lower(field));
  return found == values_.end() ? nullptr : &found->second;
}

bool CertificateVariables::is_known(std::string_view field) {
  const std::string wanted = lower(field);
  if (wanted == lower(kSerialNumber)) return true;
  for (const std::string_view holder : kHolders) {
    const std::string prefix = lower(holder) + ".";
    for (const Field& row : kFields) {
      if (wanted == prefix + lower(row.variable)) return true;
    }
    for (const std::string_view alternative : kAlternativeNames) {
      if (wanted == prefix + "alternativename." + lower(alternative)) return true;
    }
  }
  return false;
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
