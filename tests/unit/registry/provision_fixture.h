#pragma once

// What tests of applying a plan start from: types, groups, a policy, and devices that wait (P5.5–5.8). The
// plans are written by hand: no template takes part.

#include <set>
#include <string>
#include <vector>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {

inline const ThingName kThing = thing_name("dev-1");
inline const ThingTypeName kSensor = type_name("sensor");
inline const ThingTypeName kPump = type_name("pump");
inline const PolicyName kPolicy = policy_name("devices");

inline ThingGroupName group_name(std::string_view text) {
  return *ThingGroupName::parse(text);
}
inline BillingGroupName billing_name(std::string_view text) {
  return *BillingGroupName::parse(text);
}

class Provisioning : public RegistryTest {
 protected:
  Provisioning() {
    EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
    EXPECT_THAT(registry.create_thing_type(kSensor, {}), IsOk());
    EXPECT_THAT(registry.create_thing_type(kPump, {}), IsOk());
    for (const auto* name : {"hall-1", "hall-2", "cellar"})
      EXPECT_THAT(registry.create_thing_group(group_name(name), {}), IsOk());
    EXPECT_THAT(registry.create_billing_group(billing_name("customer-1"), ""), IsOk());
    EXPECT_THAT(registry.create_billing_group(billing_name("customer-2"), ""), IsOk());
  }

  /// A certificate that its CA auto-registered.
  CertificatePtr waiting(const std::string& name) {
    if (!factory_) factory_ = register_active(factory_identity_);
    return registry.auto_register(new_device(factory_identity_, name), *factory_)->certificate;
  }

  static provisioning::Plan plan_for(const CertificateId& certificate) {
    return {
        .thing = provisioning::ThingPlan{.logical_name = "thing", .name = kThing},
        .certificate = provisioning::CertificatePlan{.logical_name = "certificate", .source = certificate},
        .policies = {provisioning::PolicyPlan{.logical_name = "policy", .name = kPolicy}}};
  }

  std::set<std::string> groups_of(const ThingName& thing) {
    std::set<std::string> names;
    const auto groups = registry.groups_of_thing(thing, {});
    for (const auto& group : groups->items) names.insert(group.text());
    return names;
  }

  CertificateStatus status_of(const CertificateId& id) { return (*registry.certificate(id))->status; }

 private:
  pki::Identity factory_identity_{new_ca("Factory")};
  CaCertificatePtr factory_{};
};

}  // namespace iotemu::registry
