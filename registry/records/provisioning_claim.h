#pragma once

// A temporary claim certificate (P6.5): made for one fleet template, valid for minutes, in no list. Only the
// door knows it. Immutable.

#include <memory>

#include "registry/policy/document.h"
#include "registry/records/certificate.h"

namespace iotemu::registry {

struct ProvisioningClaimRecord {
  std::shared_ptr<const CertificateRecord> certificate{};
  TemplateName template_name{};
  policy::NamedDocument policy{};  ///< All that it may do.

  [[nodiscard]] const CertificateId& key() const { return certificate->id; }
};

}  // namespace iotemu::registry
