#pragma once

// What the owner of a registry may choose.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "registry/provisioning/template.h"
#include "registry/service_ca.h"

namespace iotemu::registry {

/// Judgements that may be switched (P appendix B.1) and limits (P10.8).
struct RegistryOptions {
  bool revoked_is_final{true};               ///< P2.7: nothing leaves REVOKED.
  bool delete_missing_thing_succeeds{true};  ///< P8.1: else 404.
  Duration thing_type_delete_grace{std::chrono::minutes{5}};

  std::size_t cas_with_same_subject{10};
  std::size_t policies_per_certificate{10};
  std::size_t versions_per_policy{5};
  std::size_t provisioning_templates{256};
  std::size_t versions_per_template{5};
  std::size_t attributes_without_type{3};
  std::size_t attributes_with_type{50};
  std::size_t attribute_bytes{47 * 1024};
  std::size_t searchable_attributes{3};
  std::size_t tags_per_resource{50};
  std::size_t policies_per_group{2};
  std::size_t attributes_per_group{50};
  std::size_t group_depth{7};  ///< Levels of a hierarchy, its root included.
  std::size_t child_groups{100};
  std::size_t groups_per_thing{10};
  std::size_t dynamic_groups{100};
  std::size_t billing_groups{20'000};
  std::size_t role_aliases{100};
  std::size_t authorizers{100};
  std::size_t active_authorizers{32};
  std::size_t domain_configurations{10};
  std::size_t logging_levels{1000};
  std::size_t topic_rules{1000};
  std::size_t topic_rule_destinations{1000};

  /// Host names of the service itself, besides localhost and its names of AWS: no account may have them.
  std::vector<std::string> endpoint_names{};

  /// Signs CreateKeysAndCertificate and CreateCertificateFromCsr; null: the registry makes its own.
  std::shared_ptr<ServiceCa> service_ca{};

  /// P5.3: what a declared parameter does that the certificate cannot supply.
  provisioning::MissingParameter jitp_missing_parameter{provisioning::MissingParameter::fails_when_declared};
  /// RU-30: false: an HTTP destination is ENABLED as soon as it is made, and rules need none.
  bool confirm_destinations{true};
  bool jitp_serial_fallback{true};  ///< P5.3: SerialNumber falls back to the certificate's own.
};

}  // namespace iotemu::registry
