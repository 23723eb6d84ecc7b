#pragma once

// What the registry's methods answer: shared immutable records, and values made of them.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "registry/ids.h"
#include "registry/pki/keys.h"
#include "registry/policy/document.h"
#include "registry/records/billing_group.h"
#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"
#include "registry/records/policy.h"
#include "registry/records/provisioning_template.h"
#include "registry/records/thing.h"
#include "registry/records/thing_group.h"

namespace iotemu::registry {

using CertificatePtr = std::shared_ptr<const CertificateRecord>;
using CaCertificatePtr = std::shared_ptr<const CaCertificateRecord>;
using PolicyPtr = std::shared_ptr<const PolicyRecord>;
using PolicyVersionPtr = std::shared_ptr<const PolicyVersion>;
using ProvisioningTemplatePtr = std::shared_ptr<const ProvisioningTemplateRecord>;
using ProvisioningTemplateVersionPtr = std::shared_ptr<const ProvisioningTemplateVersion>;
using BillingGroupPtr = std::shared_ptr<const BillingGroupRecord>;
using ThingGroupPtr = std::shared_ptr<const ThingGroupRecord>;
using ThingPtr = std::shared_ptr<const ThingRecord>;
using ThingTypePtr = std::shared_ptr<const ThingTypeRecord>;

/// A certificate with the key that is answered once and kept nowhere.
struct CreatedKeysAndCertificate {
  CertificatePtr certificate{};
  std::string public_key_pem{};
  pki::Secret private_key_pem{};
};

struct TemplateVersion {
  ProvisioningTemplateVersionPtr version{};
  bool is_default{false};
};

/// A certificate that waits for its fleet template, and the token that stands for it (P6.2).
struct OwnedCertificate {
  CertificatePtr certificate{};
  pki::Secret private_key_pem{};  ///< Answered once and kept nowhere; empty for a certificate from a CSR.
  std::string ownership_token{};
};

struct ThingPrincipal {
  std::string principal{};  ///< ARN or identity id.
  ThingPrincipalType type{};
};
struct PrincipalThing {
  ThingName thing{};
  ThingPrincipalType type{};
};

/// One registered CA that bears the issuer's name, and what became of it (P3.4 step 4).
struct IssuerCandidate {
  enum class Verdict {
    chosen,
    not_preferred,      ///< Signs it too, but another was chosen.
    key_id_differs,     ///< Signs it, but its key identifier is not the one named.
    signature_differs,  ///< Same name, other key.
    is_the_certificate_itself,
  };
  CaCertificatePtr ca{};
  Verdict verdict{};
};

struct IssuerSearch {
  CaCertificatePtr chosen{};  ///< Null: no registered CA signed it. Its status and dates are not judged here.
  std::vector<IssuerCandidate> candidates{};
  /// Why nothing was chosen, for a developer's eyes; empty when something was.
  std::string why_none{};
};

struct AutoRegistration {
  CertificatePtr certificate{};
  bool created{false};  ///< False: it was there already.
};

struct AttachedThing {
  ThingPtr thing{};
  ThingPrincipalType type{};
  /// Of the thing's groups and their ancestors, by policy name. They count for a connection that the thing
  /// belongs to (P7.6).
  std::vector<policy::NamedDocument> group_policies{};
};

/// What a provisioning template has made or found, whole.
struct Provisioned {
  CertificatePtr certificate{};  ///< Null if the template has none.
  ThingPtr thing{};              ///< Null if the template has none.
  /// Logical name → ARN (P5.8).
  std::map<std::string, std::string> resource_arns{};
  /// The evaluated DeviceConfiguration, an object; empty for all but fleet provisioning (P5.2).
  Json device_configuration = Json::object();
  /// Readable sentences about what the template asked for and nobody defines.
  std::vector<std::string> warnings{};
  bool left_alone{false};  ///< The certificate had left PENDING_ACTIVATION: nothing was made.
};

/// All the registry knows about a device certificate that matters for a verdict.
struct PrincipalView {
  CertificatePtr certificate{};
  std::vector<policy::NamedDocument> policies{};  ///< Default versions, by policy name.
  std::vector<AttachedThing> things{};            ///< By thing name.
  std::optional<TemplateName> claim_for{};        ///< Of a temporary claim: its template (P6.5).
};

}  // namespace iotemu::registry
