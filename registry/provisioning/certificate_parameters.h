#pragma once

// The parameters `AWS::IoT::Certificate::*` that a device certificate supplies (P5.3).

#include <string_view>

#include "registry/pki/certificate.h"
#include "registry/provisioning/template.h"

namespace iotemu::registry::provisioning {

/// One row of P5.3: a parameter and where its value stands in the certificate.
struct CertificateParameter {
  std::string_view name{};        ///< `AWS::IoT::Certificate::Country`
  std::string_view oid{};         ///< `2.5.4.6`; empty for `Id`
  std::string_view short_name{};  ///< `C`: how messages call the attribute
};

/// Null for a name that AWS does not define.
[[nodiscard]] const CertificateParameter* find_certificate_parameter(std::string_view name);

/// The values of one certificate, escaped as the service does; several attributes of one type: the first.
/// `serial_fallback`: `SerialNumber` is the certificate's own serial number where the subject has none
/// (switch `jitp_serial_fallback`).
[[nodiscard]] Parameters certificate_parameters(const pki::Certificate& certificate, bool serial_fallback);

}  // namespace iotemu::registry::provisioning
