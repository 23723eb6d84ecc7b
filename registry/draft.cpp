#include "registry/draft.h"

#include <algorithm>
#include <iterator>

#include "registry/attributes.h"
#include "registry/errors.h"
#include "registry/events.h"

namespace iotemu::registry {
namespace {

using provisioning::CertificatePlan;
using provisioning::Override;
using provisioning::PolicyPlan;
using provisioning::ThingPlan;

Error conflicts(const std::string& what, Override setting) {
  const std::string rule = setting == Override::fail
                               ? "OverrideSettings say FAIL for an existing resource"
                               : "it exists with another value and OverrideSettings do not say what to do";
  return {Errc::conflicting_resource_update, "ResourceConflictsException: " + what + ": " + rule};
}

/// Whether a property of an existing resource takes the template's value (P5.6).
Result<bool> takes(Override setting, bool equal, const std::string& what) {
  switch (setting) {
    case Override::do_nothing:
      return false;
    case Override::replace:
    case Override::merge:
      return !equal;
    case Override::unset:
      if (equal) return false;
      break;
    case Override::fail:
      break;
  }
  return conflicts(what, setting);
}

std::string listed(const std::set<ThingGroupName>& groups) {
  std::string text;
  for (const auto& group : groups) text += (text.empty() ? "" : ", ") + group.text();
  return text.empty() ? "no group" : text;
}

}  // namespace

Status Registry::Draft::take_certificate(const Source& source) {
  old_certificate_ = certificate_ = registry_.certificates_.find(source.id);
  if (certificate_) return registry_.check_settled({registry_.realm_, source.id});
  const auto& fresh = source.fresh;
  if (!fresh) return does_not_exist(source.id);
  if (auto checked = check_ca(*fresh); !checked) return checked;
  if (auto checked = registry_.check_ownership(*fresh); !checked) return checked;
  fresh->created_at = fresh->changed_at = now_;
  fresh->generation_id = registry_.random_.uuid();
  certificate_ = fresh;
  return Ok{};
}

Status Registry::Draft::check_ca(const CertificateRecord& fresh) const {
  if (!fresh.ca_id) return Ok{};
  const auto ca = registry_.cas_.find(*fresh.ca_id);
  if (ca && ca->status == CaStatus::active) return Ok{};
  return Error{Errc::certificate_state, "The CA certificate " + fresh.ca_id->hex() + " is not ACTIVE"};
}

Status Registry::Draft::take_thing(const ThingPlan& plan) {
  const auto old = registry_.things_.find(plan.name);
  auto thing = old ? changed_thing(plan, old) : new_thing(plan);
  if (!thing) return thing.error();
  if (auto taken = take_groups(plan, old != nullptr); !taken) return taken;
  old_thing_ = old;
  thing_ = std::move(*thing);
  return Ok{};
}

Result<ThingPtr> Registry::Draft::new_thing(const ThingPlan& plan) {
  auto record = registry_.new_thing(plan.name, {.type = plan.type,
                                                .attributes = plan.attributes.value_or(Attributes{}),
                                                .billing_group = plan.billing_group});
  if (!record) return record.error();
  if (auto completed = registry_.complete(**record); !completed) return completed.error();
  return ThingPtr{std::move(*record)};
}

Result<ThingPtr> Registry::Draft::changed_thing(const ThingPlan& plan, const ThingPtr& old) {
  const std::string who = "thing " + plan.name.text();
  auto next = std::make_shared<ThingRecord>(*old);
  if (plan.attributes) {
    Attributes wanted;
    put_attributes(wanted, *plan.attributes);
    const auto take = takes(plan.on_attributes, wanted == old->attributes, "the attributes of " + who);
    if (!take) return take.error();
    if (*take && plan.on_attributes == Override::replace) next->attributes.clear();
    if (*take) put_attributes(next->attributes, *plan.attributes);
  }
  if (plan.type) {
    const auto take = takes(plan.on_type, plan.type == old->type, "the thing type of " + who);
    if (!take) return take.error();
    if (*take) {
      if (auto checked = registry_.check_type_for_new_use(*plan.type); !checked) return checked.error();
      next->type = plan.type;
    }
  }
  if (plan.billing_group && plan.billing_group != old->billing_group) {
    // There is no override setting for it.
    return conflicts("the billing group of " + who, Override::unset);
  }
  const bool same = next->attributes == old->attributes && next->type == old->type;
  if (same) return old;
  if (auto checked = registry_.check_attributes(*next); !checked) return checked.error();
  ++next->version;
  return ThingPtr{std::move(next)};
}

Status Registry::Draft::take_groups(const ThingPlan& plan, bool exists) {
  if (!plan.groups) return Ok{};
  const std::set<ThingGroupName> wanted{plan.groups->begin(), plan.groups->end()};
  std::set<ThingGroupName> present;
  std::set<ThingGroupName> dynamic;
  for (const auto& [group, unused] : registry_.group_links_.of_left(plan.name)) {
    (registry_.is_dynamic(group) ? dynamic : present).insert(group);
  }
  for (const auto& group : wanted) {
    if (registry_.is_dynamic(group)) return follows_its_query(group);
  }
  if (exists) {
    const auto take = takes(
        plan.on_groups, wanted == present,
        "thing " + plan.name.text() + " is in " + listed(present) + ", not in " + listed(wanted) + " alone");
    if (!take) return take.error();
    if (!*take) return Ok{};
  }
  std::set<ThingGroupName> after = wanted;
  const bool adds = exists && plan.on_groups == Override::merge;
  if (adds) after.insert(present.begin(), present.end());
  dynamic.insert(after.begin(), after.end());
  if (auto checked = registry_.check_memberships(plan.name, dynamic); !checked) return checked;
  std::set_difference(after.begin(), after.end(), present.begin(), present.end(),
                      std::inserter(joins_, joins_.end()));
  std::set_difference(present.begin(), present.end(), after.begin(), after.end(),
                      std::inserter(leaves_, leaves_.end()));
  return Ok{};
}

Status Registry::Draft::take_policy(const PolicyPlan& plan) {
  const bool drafted = std::any_of(new_policies_.begin(), new_policies_.end(),
                                   [&](const PolicyPtr& policy) { return policy->name == plan.name; });
  if (!drafted && !registry_.policies_.find(plan.name)) {
    if (plan.document.empty()) {
      return does_not_exist(plan.name);
    }
    auto record = registry_.new_policy(plan.name, plan.document, now_);
    if (!record) return record.error();
    new_policies_.push_back(std::move(*record));
  }
  named_policies_.push_back(plan.name);
  return Ok{};
}

Status Registry::Draft::attach(const CertificatePlan& plan) {
  const Principal principal{registry_.realm_, certificate_->id};
  std::set<PolicyName> missing;
  for (const auto& name : named_policies_) {
    if (!registry_.policy_links_.find(principal, name)) missing.insert(name);
  }
  const auto attached = registry_.policy_links_.count_of_left(principal);
  if (attached + missing.size() > registry_.options_.policies_per_certificate) {
    return Error{Errc::limit_exceeded,
                 "At most " + std::to_string(registry_.options_.policies_per_certificate) +
                     " policies can be attached to " + principal.text() + "; it has " +
                     std::to_string(attached) + " and the template adds " + std::to_string(missing.size())};
  }
  if (thing_) {
    const auto present = registry_.thing_links_.find(principal, thing_->name);
    const auto wanted = plan.attachment.value_or(present.value_or(ThingPrincipalType::non_exclusive));
    if (present != wanted) {
      if (auto checked = registry_.check_exclusivity(thing_->name, principal, wanted); !checked)
        return checked;
      thing_attachment_ = wanted;
    }
  }
  policy_attachments_.assign(missing.begin(), missing.end());
  return Ok{};
}

Status Registry::Draft::activate(const CertificatePlan& plan) {
  const auto status = certificate_->status;
  if (status == CertificateStatus::revoked || status == CertificateStatus::pending_transfer) {
    return Error{Errc::certificate_state, "Certificate " + certificate_->id.hex() + " is " +
                                              std::string{to_text(status)} + " and cannot become " +
                                              std::string{to_text(plan.status)}};
  }
  // P5.6: a certificate that waits for its activation, or a new one, takes the status whatever the settings.
  const bool settled = old_certificate_ && status != CertificateStatus::pending_activation;
  if (settled) {
    // REPLACE where the template does not say; FAIL only when there is something to change.
    const bool equal = status == plan.status;
    if (equal || plan.on_status == Override::do_nothing) return Ok{};
    if (plan.on_status == Override::fail) {
      return conflicts("the status of certificate " + certificate_->id.hex(), plan.on_status);
    }
  }
  auto next = std::make_shared<CertificateRecord>(*certificate_);
  next->status = plan.status;
  next->changed_at = now_;
  if (old_certificate_) ++next->version;
  certificate_ = std::move(next);
  return Ok{};
}

Status Registry::Draft::commit() {
  std::vector<Change> changes;
  const bool new_certificate = certificate_ != old_certificate_;
  const bool new_thing = thing_ != old_thing_;
  if (new_certificate) changes.emplace_back(certificate_);
  if (new_thing) changes.emplace_back(thing_);
  for (const auto& group : leaves_)
    changes.emplace_back(GroupMembership{.thing = thing_->name, .group = group, .member = false});
  for (const auto& group : joins_)
    changes.emplace_back(GroupMembership{.thing = thing_->name, .group = group, .member = true});
  for (const auto& policy : new_policies_) changes.emplace_back(policy);
  std::optional<Principal> principal;
  if (certificate_) principal.emplace(registry_.realm_, certificate_->id);
  for (const auto& policy : policy_attachments_)
    changes.emplace_back(PolicyAttachment{.policy = policy, .target = principal->text(), .attached = true});
  if (thing_attachment_) {
    changes.emplace_back(ThingAttachment{
        .thing = thing_->name, .principal = principal->text(), .type = *thing_attachment_, .attached = true});
  }
  if (changes.empty()) return Ok{};
  if (auto saved = registry_.store_.write(changes); !saved) return saved;

  if (new_thing) registry_.show_thing(old_thing_.get(), thing_);
  for (const auto& group : leaves_) registry_.leave(thing_, group);
  for (const auto& group : joins_) registry_.join(thing_, group);
  for (const auto& policy : new_policies_) registry_.policies_.put(policy);
  for (const auto& policy : policy_attachments_) registry_.policy_links_.put(*principal, policy, Ok{});
  if (thing_attachment_) registry_.thing_links_.put(*principal, thing_->name, *thing_attachment_);
  // Last: who finds the certificate ACTIVE finds all that belongs to it.
  if (new_certificate) show_certificate();
  registry_.verdicts_changed();
  return thing_ ? registry_.follow_queries(thing_->name) : Status{Ok{}};
}

void Registry::Draft::show_certificate() {
  registry_.show_certificate(certificate_);
  if (!old_certificate_ || old_certificate_->status == certificate_->status) return;
  registry_.bus_.publish(CertificateStatusChanged{.realm = registry_.realm_,
                                                  .id = certificate_->id,
                                                  .from = old_certificate_->status,
                                                  .to = certificate_->status});
}

}  // namespace iotemu::registry
