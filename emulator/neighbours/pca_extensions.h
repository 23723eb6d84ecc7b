#pragma once

// Names and extensions as ACM PCA's API writes them (CertificateAuthorityConfiguration, ApiPassthrough), with
// the member rules of its model, and their X.509 form.

#include <vector>

#include "base/json.h"
#include "emulator/api/operation.h"
#include "emulator/neighbours/fault.h"
#include "registry/pki/extensions.h"

namespace iotemu::neighbours {

[[nodiscard]] api::Member asn1_subject(std::string_view name);
[[nodiscard]] api::Member csr_extensions();
[[nodiscard]] api::Member api_passthrough();

/// All Errors come as InvalidArgsException.
[[nodiscard]] Answer<registry::pki::Subject> to_subject(const Json& asn1_subject);
/// KeyUsage and SubjectInformationAccess.
[[nodiscard]] Answer<std::vector<registry::pki::RawExtension>> to_csr_extensions(const Json& extensions);
/// `Extensions` of ApiPassthrough.
[[nodiscard]] Answer<std::vector<registry::pki::RawExtension>> to_extensions(const Json& extensions);

}  // namespace iotemu::neighbours
