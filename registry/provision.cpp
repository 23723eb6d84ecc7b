// Applying a provisioning plan (P5.1, P5.5–5.8). Every piece is first drafted against what exists, in the
// guide's order: certificate, thing, policies, attachments, the certificate's status last. The draft is then
// written in one go, so that no reader and no crash ever meets half a plan; when a piece cannot be made, the
// caller's Leftovers say whether the pieces before it are written all the same.

#include <algorithm>
#include <set>

#include "registry/attributes.h"
#include "registry/events.h"
#include "registry/pki/csr.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

using provisioning::CertificateFromCsr;
using provisioning::CertificateFromPem;
using provisioning::CertificatePlan;
using provisioning::Override;
using provisioning::PolicyPlan;
using provisioning::ThingPlan;

/// What a resource lacks is a failed registration of that resource, whatever it is called elsewhere.
Error failed(std::string_view resource, const Error& why) {
  switch (why.code) {
    case Errc::conflicting_resource_update:
    case Errc::resource_registration_failure:
    case Errc::io:
    case Errc::internal:
      return {why.code, "Resource '" + std::string{resource} + "': " + why.message};
    default:
      return {Errc::resource_registration_failure,
              "Resource '" + std::string{resource} + "': " + why.message};
  }
}

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

/// A name may be that of a policy which another resource brings along, whatever their logical names.
std::vector<const PolicyPlan*> documents_first(const std::vector<PolicyPlan>& policies) {
  std::vector<const PolicyPlan*> out;
  for (const bool by_name : {false, true}) {
    for (const auto& policy : policies) {
      if (policy.document.empty() == by_name) out.push_back(&policy);
    }
  }
  return out;
}

std::string listed(const std::set<ThingGroupName>& groups) {
  std::string text;
  for (const auto& group : groups) text += (text.empty() ? "" : ", ") + group.text();
  return text.empty() ? "no group" : text;
}

}  // namespace

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
  Status take_thing(const ThingPlan& plan);
  Status take_policy(const PolicyPlan& plan);
  Status attach(const CertificatePlan& plan);
  Status activate(const CertificatePlan& plan);

  [[nodiscard]] const CertificatePtr& certificate() const { return certificate_; }
  [[nodiscard]] const ThingPtr& thing() const { return thing_; }

  /// Writes everything taken so far, all or nothing, and shows it.
  Status commit();

 private:
  Result<ThingPtr> new_thing(const ThingPlan& plan);
  Result<ThingPtr> changed_thing(const ThingPlan& plan, const ThingPtr& old);
  Status take_groups(const ThingPlan& plan, bool exists);
  [[nodiscard]] Status check_billing_group(const BillingGroupName& name) const;
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

Status Registry::Draft::take_certificate(const Source& source) {
  old_certificate_ = certificate_ = registry_.certificates_.find(source.id);
  if (certificate_) return Ok{};
  const auto& fresh = source.fresh;
  if (!fresh) return Error{Errc::not_found, "Certificate " + source.id.hex() + " does not exist"};
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

Status Registry::Draft::check_billing_group(const BillingGroupName& name) const {
  if (registry_.billing_groups_.find(name)) return Ok{};
  return Error{Errc::not_found, "Billing group " + name.text() + " does not exist"};
}

Result<ThingPtr> Registry::Draft::new_thing(const ThingPlan& plan) {
  auto record = std::make_shared<ThingRecord>();
  record->name = plan.name;
  record->arn = thing_arn(registry_.realm_, plan.name);
  record->type = plan.type;
  record->billing_group = plan.billing_group;
  if (plan.attributes) put_attributes(record->attributes, *plan.attributes);
  if (auto checked = registry_.check_attributes(*record); !checked) return checked.error();
  if (plan.type) {
    if (auto checked = registry_.check_type_for_new_use(*plan.type); !checked) return checked.error();
  }
  if (plan.billing_group) {
    if (auto checked = check_billing_group(*plan.billing_group); !checked) return checked.error();
  }
  record->id = registry_.random_.uuid();
  record->created_at = now_;
  return ThingPtr{std::move(record)};
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
  for (const auto& [group, unused] : registry_.group_links_.of_left(plan.name)) present.insert(group);
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
  if (auto checked = registry_.check_memberships(plan.name, after); !checked) return checked;
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
      return Error{Errc::not_found, "Policy " + plan.name.text() + " does not exist"};
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
  for (const auto& group : leaves_) registry_.group_links_.erase(thing_->name, group);
  for (const auto& group : joins_) registry_.group_links_.put(thing_->name, group, Ok{});
  for (const auto& policy : new_policies_) registry_.policies_.put(policy);
  for (const auto& policy : policy_attachments_) registry_.policy_links_.put(*principal, policy, Ok{});
  if (thing_attachment_) registry_.thing_links_.put(*principal, thing_->name, *thing_attachment_);
  // Last: who finds the certificate ACTIVE finds all that belongs to it.
  if (new_certificate) show_certificate();
  registry_.verdicts_changed();
  return Ok{};
}

void Registry::Draft::show_certificate() {
  registry_.show_certificate(certificate_);
  if (!old_certificate_ || old_certificate_->status == certificate_->status) return;
  registry_.bus_.publish(CertificateStatusChanged{.realm = registry_.realm_,
                                                  .id = certificate_->id,
                                                  .from = old_certificate_->status,
                                                  .to = certificate_->status});
}

Result<Registry::Source> Registry::read_source(const CertificatePlan& plan) {
  // A new certificate is INACTIVE until everything else is made.
  if (const auto* csr = std::get_if<CertificateFromCsr>(&plan.source)) {
    const auto request = pki::Csr::from_pem(csr->csr_pem);
    if (!request) return request.error();
    const auto certificate = service_ca_->issue(*request, clock_.now(), random_);
    if (!certificate) return certificate.error();
    return Source{.id = certificate->id(),
                  .fresh = new_certificate(*certificate, certificate->pem(), CertificateStatus::inactive)};
  }
  if (const auto* pem = std::get_if<CertificateFromPem>(&plan.source)) {
    const auto certificate = pki::Certificate::from_pem(pem->pem);
    if (!certificate) return certificate.error();
    // Who is registered already needs no CA any more (P5.7, last row).
    if (certificates_.find(certificate->id())) return Source{.id = certificate->id()};
    auto record = read_registration({.pem = pem->pem, .ca_pem = pem->ca_pem});
    if (!record) return record.error();
    return Source{.id = certificate->id(), .fresh = std::move(*record)};
  }
  return Source{.id = std::get<CertificateId>(plan.source)};
}

Result<Provisioned> Registry::apply(const provisioning::Plan& plan, Leftovers leftovers, bool only_pending,
                                    const std::string& ownership_token) {
  Source source;
  if (plan.certificate) {
    auto read = read_source(*plan.certificate);
    if (!read) return failed(plan.certificate->logical_name, read.error());
    source = std::move(*read);
  }

  const Writing write{write_mutex_};
  if (!ownership_token.empty() && !ownership_tokens_.find(ownership_token, clock_.tick())) {
    return no_such_token();
  }
  Draft draft{*this};
  if (plan.certificate) {
    if (auto done = draft.take_certificate(source); !done)
      return failed(plan.certificate->logical_name, done.error());
    if (only_pending && draft.certificate()->status != CertificateStatus::pending_activation)
      return Provisioned{.certificate = draft.certificate(), .left_alone = true};
  }
  const auto take = [&]() -> Status {
    if (plan.thing) {
      if (auto done = draft.take_thing(*plan.thing); !done)
        return failed(plan.thing->logical_name, done.error());
    }
    for (const auto* policy : documents_first(plan.policies)) {
      if (auto done = draft.take_policy(*policy); !done) return failed(policy->logical_name, done.error());
    }
    if (!plan.certificate) return Ok{};
    if (auto done = draft.attach(*plan.certificate); !done)
      return failed(plan.certificate->logical_name, done.error());
    if (auto done = draft.activate(*plan.certificate); !done)
      return failed(plan.certificate->logical_name, done.error());
    return Ok{};
  };
  const Status taken = take();
  if (!taken && leftovers == Leftovers::nothing) return taken.error();
  if (auto committed = draft.commit(); !committed) return committed.error();
  if (!taken) return taken.error();
  ownership_tokens_.use_up(ownership_token);

  Provisioned result{.certificate = draft.certificate(),
                     .thing = draft.thing(),
                     .device_configuration = plan.device_configuration,
                     .warnings = plan.warnings};
  if (plan.thing && result.thing) result.resource_arns[plan.thing->logical_name] = result.thing->arn;
  if (plan.certificate) result.resource_arns[plan.certificate->logical_name] = result.certificate->arn;
  for (const auto& policy : plan.policies)
    result.resource_arns[policy.logical_name] = policy_arn(realm_, policy.name);
  return result;
}

Result<Provisioned> Registry::provision(const provisioning::Plan& plan, Leftovers leftovers) {
  return apply(plan, leftovers, false);
}

Result<Provisioned> Registry::register_thing(const provisioning::Template& document,
                                             const provisioning::Parameters& parameters) {
  const auto plan = provisioning::evaluate(document, {.parameters = parameters});
  if (!plan) return plan.error();
  return provision(*plan, Leftovers::earlier_pieces);
}

}  // namespace iotemu::registry
