#pragma once

// What the registry's methods are asked with, where it is more than names. Plain values; a member that is
// absent was not given.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "registry/ids.h"
#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"
#include "registry/records/indexing_configuration.h"
#include "registry/records/provisioning_template.h"
#include "registry/records/tag.h"
#include "registry/records/thing.h"
#include "registry/records/thing_group.h"

namespace iotemu::registry {

struct RegisterCa {
  std::string ca_pem{};
  std::string verification_pem{};  ///< Empty: absent.
  CertificateMode mode{CertificateMode::default_mode};
  bool set_active{false};
  bool allow_auto_registration{false};
  std::optional<RegistrationConfig> registration_config{};
  Tags tags{};
};

struct UpdateCa {
  std::optional<CaStatus> status{};
  std::optional<bool> auto_registration{};
  std::optional<RegistrationConfig> registration_config{};
  bool remove_auto_registration{false};
};

struct RegisterCertificate {
  std::string pem{};
  std::string ca_pem{};  ///< Empty: absent.
  std::optional<CertificateStatus> status{};
  bool set_active{false};
};

enum class TransferSide { source, target };

struct CreateThing {
  std::optional<ThingTypeName> type{};
  Attributes attributes{};
  std::optional<BillingGroupName> billing_group{};
};

struct UpdateThing {
  std::optional<ThingTypeName> type{};
  bool remove_type{false};
  std::optional<Attributes> attributes{};
  bool merge{false};
  std::optional<std::int64_t> expected_version{};
};

/// Properties that are absent stay as they are.
/// The first two only say what is so already: a thing type keeps them (M5-23).
struct UpdateThingType {
  std::optional<std::string> description{};
  std::optional<std::vector<std::string>> searchable_attributes{};
  std::optional<std::vector<PropagatingAttribute>> propagating_attributes{};
};

struct CreateThingGroup {
  std::optional<ThingGroupName> parent{};
  ThingGroupProperties properties{};
  Tags tags{};
};

/// What is absent stays as it is.
struct UpdateThingGroup {
  std::optional<std::string> description{};
  std::optional<Attributes> attributes{};
  bool merge{false};
  std::optional<std::int64_t> expected_version{};
};

struct CreateDynamicThingGroup {
  ThingGroupProperties properties{};
  std::string index_name{};
  std::string query{};
  std::string query_version{};
  Tags tags{};
};

/// What is absent stays as it is.
struct UpdateDynamicThingGroup {
  UpdateThingGroup group{};
  std::optional<std::string> index_name{};
  std::optional<std::string> query{};
  std::optional<std::string> query_version{};
};

/// What is absent stays as it is; what is given is replaced whole.
struct UpdateIndexing {
  std::optional<ThingIndexing> things{};
  std::optional<ThingGroupIndexing> thing_groups{};
};

/// What becomes of dynamic groups when a thing that has no room left joins a static one (P8.4).
enum class DynamicGroups { keep, make_room };

struct ThingGroupFilter {
  std::optional<ThingGroupName> parent{};
  std::string name_prefix{};
  bool recursive{true};  ///< Else only the children of `parent`, or without one only roots.
};

struct UpdateBillingGroup {
  std::optional<std::string> description{};
  std::optional<std::int64_t> expected_version{};
};

struct CreateProvisioningTemplate {
  std::string body{};
  TemplateType type{TemplateType::fleet_provisioning};
  std::string description{};  ///< Empty: absent.
  bool enabled{false};
  std::string role_arn{};
  std::optional<ProvisioningHook> hook{};
  Tags tags{};
};

/// What is absent stays as it is.
struct UpdateProvisioningTemplate {
  std::optional<std::string> description{};
  std::optional<bool> enabled{};
  std::optional<int> default_version{};
  std::optional<std::string> role_arn{};
  std::optional<ProvisioningHook> hook{};
  bool remove_hook{false};
};

struct ThingFilter {
  std::string attribute_name{};
  std::string attribute_value{};  ///< Needs a name.
  bool value_is_prefix{false};
  std::optional<ThingTypeName> type{};

  /// Of its attribute.
  [[nodiscard]] bool wants_one_value() const { return !attribute_value.empty() && !value_is_prefix; }
};

/// Whether what was begun a while ago is still worth storing. Asked under the registry's writer lock: never
/// calls the registry. None: yes.
using StillWanted = std::function<bool()>;

/// What stays when one resource of a plan cannot be made.
enum class Leftovers {
  nothing,         ///< JITP and fleet provisioning (P5.1): the plan is applied whole or not at all.
  earlier_pieces,  ///< RegisterThing and bulk (P5.1, measured): what came before the failing piece stays.
};

}  // namespace iotemu::registry
