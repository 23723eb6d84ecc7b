#include "registry/provisioning/certificate_parameters.h"

#include <algorithm>
#include <array>

#include "registry/policy/certificate_variables.h"

namespace iotemu::registry::provisioning {
namespace {

constexpr std::string_view kId = "AWS::IoT::Certificate::Id";
constexpr std::string_view kSerialNumber = "AWS::IoT::Certificate::SerialNumber";

constexpr std::array<CertificateParameter, 8> kParameters{{
    {"AWS::IoT::Certificate::Country", "2.5.4.6", "C"},
    {"AWS::IoT::Certificate::Organization", "2.5.4.10", "O"},
    {"AWS::IoT::Certificate::OrganizationalUnit", "2.5.4.11", "OU"},
    {"AWS::IoT::Certificate::DistinguishedNameQualifier", "2.5.4.46", "dnQualifier"},
    {"AWS::IoT::Certificate::StateName", "2.5.4.8", "ST"},
    {"AWS::IoT::Certificate::CommonName", "2.5.4.3", "CN"},
    {kSerialNumber, "2.5.4.5", "serialNumber"},
    {kId, "", ""},
}};

}  // namespace

const CertificateParameter* find_certificate_parameter(std::string_view name) {
  const auto found = std::find_if(kParameters.begin(), kParameters.end(),
                                  [&](const CertificateParameter& row) { return row.name == name; });
  return found == kParameters.end() ? nullptr : &*found;
}

Parameters certificate_parameters(const pki::Certificate& certificate, bool serial_fallback) {
  Parameters out;
  const auto& attributes = certificate.subject().attributes;
  for (const CertificateParameter& row : kParameters) {
    const auto attribute = std::find_if(attributes.begin(), attributes.end(), [&](const auto& candidate) {
      return !row.oid.empty() && candidate.oid == row.oid;
    });
    if (attribute != attributes.end()) out.emplace(row.name, policy::escaped_value(attribute->value));
  }
  // In decimal, as the policy variable iot:Certificate.SerialNumber has it (P7.5): a thing that is named by
  // the serial number and a policy that mentions it then agree.
  if (serial_fallback) out.emplace(kSerialNumber, certificate.serial_decimal());
  out.emplace(kId, certificate.id().hex());
  return out;
}

}  // namespace iotemu::registry::provisioning
