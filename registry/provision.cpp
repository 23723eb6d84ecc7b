// Applying a provisioning plan (P5.1, P5.5–5.8). Every piece is first drafted against what exists, in the
// guide's order: certificate, thing, policies, attachments, the certificate's status last. The draft is then
// written in one go, so that no reader and no crash ever meets half a plan; when a piece cannot be made, the
// caller's Leftovers say whether the pieces before it are written all the same.

#include "registry/draft.h"
#include "registry/errors.h"
#include "registry/pki/csr.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

using provisioning::CertificateFromCsr;
using provisioning::CertificateFromPem;
using provisioning::CertificatePlan;
using provisioning::PolicyPlan;

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

}  // namespace

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
