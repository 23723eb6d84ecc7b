// What a connecting device needs from the registry (P3.4). All of it is on the connect path: short, and no
// writer lock except to create a record.

#include <algorithm>

#include "registry/pki/verify.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

/// How far into a sent chain we look for a hint.
constexpr std::size_t kChainHints = 8;

using Verdict = IssuerCandidate::Verdict;

}  // namespace

IssuerSearch Registry::find_issuer(const pki::Certificate& leaf,
                                   std::span<const pki::Certificate> chain) const {
  IssuerSearch search;
  const auto group = issuers_.find(leaf.issuer().normalised);
  std::vector<std::size_t> signers;  // places in search.candidates
  if (group) {
    for (const auto& issuer : group->issuers) {
      auto verdict = Verdict::not_preferred;
      if (issuer.record->id == leaf.id()) {
        verdict = Verdict::is_the_certificate_itself;  // P3.5 row 23
      } else if (!pki::signature_verifies(leaf, issuer.certificate)) {
        verdict = Verdict::signature_differs;
      } else if (pki::key_ids_differ(leaf, issuer.certificate)) {
        verdict = Verdict::key_id_differs;
      }
      search.candidates.push_back({.ca = issuer.record, .verdict = verdict});
      if (verdict == Verdict::not_preferred) signers.push_back(search.candidates.size() - 1);
    }
  }
  if (signers.empty()) {  // a key identifier alone excludes nobody
    for (std::size_t i = 0; i < search.candidates.size(); ++i) {
      if (search.candidates[i].verdict == Verdict::key_id_differs) signers.push_back(i);
    }
  }

  if (!signers.empty()) {
    const auto was_sent = [&](std::size_t i) {
      return std::any_of(chain.begin(), chain.end(), [&](const pki::Certificate& sent) {
        return sent.id() == search.candidates[i].ca->id;
      });
    };
    const auto is_open = [&](std::size_t i) {
      const auto& ca = *search.candidates[i].ca;
      return ca.status == CaStatus::active && ca.auto_registration;
    };
    auto best = std::find_if(signers.begin(), signers.end(), was_sent);
    if (best == signers.end()) best = std::find_if(signers.begin(), signers.end(), is_open);
    if (best == signers.end()) best = signers.begin();  // the oldest: groups are kept in that order
    search.candidates[*best].verdict = Verdict::chosen;
    search.chosen = search.candidates[*best].ca;
    return search;
  }

  const auto place = "account " + realm_.account + ", region " + realm_.region;
  const auto name = "'" + leaf.issuer().text() + "'";
  if (search.candidates.empty()) {
    search.why_none = "no CA certificate with the subject " + name + " is registered in " + place;
  } else if (search.candidates.size() == 1 &&
             search.candidates[0].verdict == Verdict::is_the_certificate_itself) {
    search.why_none = "the certificate is a registered CA certificate itself, and no device certificate";
  } else {
    search.why_none = "the CA certificate registered in " + place + " with the subject " + name +
                      " has another key than the one that signed this certificate";
  }
  if (leaf.issuer().normalised == leaf.subject().normalised)
    search.why_none += "; the certificate names itself as issuer";
  for (const auto& sent : chain.subspan(0, std::min(chain.size(), kChainHints))) {
    if (sent.id() == leaf.id() || !cas_.find(sent.id())) continue;
    search.why_none += "; '" + sent.subject().text() +
                       "' from the sent chain is registered, but only the direct issuer counts";
  }
  return search;
}

Result<AutoRegistration> Registry::auto_register(const pki::Certificate& leaf,
                                                 const CaCertificateRecord& ca) {
  if (auto known = certificates_.find(leaf.id())) {
    return AutoRegistration{.certificate = std::move(known), .created = false};
  }
  auto record = new_certificate(leaf, leaf.pem(), CertificateStatus::pending_activation);
  record->ca_id = ca.id;
  record->mode = ca.mode;
  {
    const auto now = cas_.find(ca.id);
    if (!now || now->status != CaStatus::active || !now->auto_registration) {
      return Error{Errc::certificate_state,
                   "CA certificate " + ca.id.hex() + " is no longer ACTIVE with auto-registration ENABLE"};
    }
  }
  auto stored = insert_certificate(std::move(record));
  if (stored) return AutoRegistration{.certificate = std::move(*stored), .created = true};
  if (stored.error().code != Errc::already_exists) return stored.error();
  // Another connect was faster (P3.4: exactly one record).
  auto known = certificates_.find(leaf.id());
  if (!known) return stored.error();
  return AutoRegistration{.certificate = std::move(known), .created = false};
}

CertificatePtr Registry::find_at_door(const CertificateId& id) const {
  if (auto certificate = certificates_.find(id)) return certificate;
  const auto claim = claims_.find(id);
  return claim ? claim->certificate : nullptr;
}

std::shared_ptr<const PrincipalView> Registry::principal_view(const CertificateId& id) const {
  auto view = std::make_shared<PrincipalView>();
  auto certificate = certificates_.find(id);
  if (!certificate) {
    const auto claim = claims_.find(id);
    if (!claim) return nullptr;
    view->certificate = claim->certificate;
    view->policies = {claim->policy};
    view->claim_for = claim->template_name;
    return view;
  }
  view->certificate = std::move(certificate);
  const Principal principal{realm_, id};
  view->policies = documents_of({principal});
  view->things = attached_things(principal);
  return view;
}

std::vector<policy::NamedDocument> Registry::documents_of(const std::vector<PolicyTarget>& targets) const {
  std::set<PolicyName> names;
  for (const auto& target : targets) {
    for (const auto& [name, unused] : policy_links_.of_left(target)) names.insert(name);
  }
  std::vector<policy::NamedDocument> documents;
  for (const auto& name : names) {
    if (const auto policy = policies_.find(name)) {
      documents.push_back({.name = name.text(), .document = policy->effective().document});
    }
  }
  return documents;
}

std::vector<AttachedThing> Registry::attached_things(const Principal& principal) const {
  std::vector<AttachedThing> things;
  for (const auto& [name, type] : thing_links_.of_left(principal)) {
    auto thing = things_.find(name);
    if (!thing) continue;
    std::vector<PolicyTarget> groups;
    for (const auto& group : groups_above(name)) groups.emplace_back(realm_, group);
    things.push_back({.thing = std::move(thing), .type = type, .group_policies = documents_of(groups)});
  }
  return things;
}

bool Registry::owns_certificate(const CertificateId& id) const {
  const auto found = certificates_.find(id);
  return found && found->mode == CertificateMode::default_mode;
}

bool Registry::owns_ca(const CertificateId& id) const {
  const auto found = cas_.find(id);
  return found && found->mode == CertificateMode::default_mode;
}

}  // namespace iotemu::registry
