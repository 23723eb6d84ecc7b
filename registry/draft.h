#pragma once

// The pieces of one provisioning plan (P5.1, P5.5–5.7), drafted against what exists and then written in one
// go. Private to the registry: only provision.cpp and draft.cpp include it.

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "registry/provisioning/plan.h"
#include "registry/registry.h"

namespace iotemu::registry {

/// Where a plan's certificate comes from, read before the lock.
struct Registry::Source {
  CertificateId id{};
  std::shared_ptr<CertificateRecord> fresh{};  ///< Of a CSR or a new PEM: the record, not yet stored.
};

/// The pieces of one plan, checked and not yet stored. Used under write_mutex_.
class Registry::Draft {
 public:
  explicit Draft(Registry& registry) : registry_{registry}, now_{registry.clock_.now()} {}

  Status take_certificate(const Source& source);
  Status take_thing(const provisioning::ThingPlan& plan);
  Status take_policy(const provisioning::PolicyPlan& plan);
  Status attach(const provisioning::CertificatePlan& plan);
  Status activate(const provisioning::CertificatePlan& plan);

  [[nodiscard]] const CertificatePtr& certificate() const { return certificate_; }
  [[nodiscard]] const ThingPtr& thing() const { return thing_; }

  /// Writes everything taken so far, all or nothing, and shows it.
  Status commit();

 private:
  Result<ThingPtr> new_thing(const provisioning::ThingPlan& plan);
  Result<ThingPtr> changed_thing(const provisioning::ThingPlan& plan, const ThingPtr& old);
  Status take_groups(const provisioning::ThingPlan& plan, bool exists);
  /// The CA of a new certificate may have changed since it was read.
  [[nodiscard]] Status check_ca(const CertificateRecord& fresh) const;
  void show_certificate();

  Registry& registry_;
  const Time now_;
  CertificatePtr old_certificate_{};
  CertificatePtr certificate_{};
  ThingPtr old_thing_{};
  ThingPtr thing_{};
  std::set<ThingGroupName> joins_{};
  std::set<ThingGroupName> leaves_{};
  std::vector<PolicyPtr> new_policies_{};
  std::vector<PolicyName> named_policies_{};      ///< All of the plan, existing or new.
  std::vector<PolicyName> policy_attachments_{};  ///< Those not attached yet.
  std::optional<ThingPrincipalType> thing_attachment_{};
};

}  // namespace iotemu::registry
