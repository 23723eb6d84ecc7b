#pragma once

// What a provisioning template wants for one device: resources with every value worked out, checked for form,
// nothing looked up and nothing made. `evaluate` builds it, the registry applies it.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "registry/ids.h"
#include "registry/records/certificate.h"
#include "registry/records/thing.h"

namespace iotemu::registry::provisioning {

/// What happens to a property of a resource that exists already (P5.6). `unset`: the template does not say.
enum class Override { unset, do_nothing, replace, merge, fail };

/// AWS::IoT::Thing. A property that is absent is not asked for.
struct ThingPlan {
  std::string logical_name{};
  ThingName name{};
  std::optional<Attributes> attributes{};
  std::optional<ThingTypeName> type{};
  std::optional<std::vector<ThingGroupName>> groups{};
  std::optional<BillingGroupName> billing_group{};
  Override on_attributes{};
  Override on_type{};
  Override on_groups{};
};

/// Where the certificate comes from: exactly one of three (P5.5).
struct CertificateFromCsr {
  std::string csr_pem{};
};
struct CertificateFromPem {
  std::string pem{};
  std::string ca_pem{};  ///< Empty: absent.
};
using CertificateSource = std::variant<CertificateId, CertificateFromCsr, CertificateFromPem>;

/// AWS::IoT::Certificate.
struct CertificatePlan {
  std::string logical_name{};
  CertificateSource source{};
  CertificateStatus status{CertificateStatus::active};  ///< active or inactive.
  Override on_status{};
  /// Absent: an existing attachment of the pair stays as it is, a new one is not exclusive.
  std::optional<ThingPrincipalType> attachment{};
};

/// AWS::IoT::Policy. With a document, the name is derived from it (40 uppercase hex characters).
struct PolicyPlan {
  std::string logical_name{};
  PolicyName name{};
  std::string document{};  ///< Empty: the policy must exist.
};

struct Plan {
  std::optional<ThingPlan> thing{};
  std::optional<CertificatePlan> certificate{};
  std::vector<PolicyPlan> policies{};          ///< By logical name.
  Json device_configuration = Json::object();  ///< Empty unless it was wanted.
  /// Readable sentences about what was let pass: a declared name that nobody defines and nothing references.
  std::vector<std::string> warnings{};
};

}  // namespace iotemu::registry::provisioning
