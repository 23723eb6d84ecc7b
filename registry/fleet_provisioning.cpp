// Fleet provisioning (P6): certificates that wait for their template, the tokens that stand for them, and
// temporary claims.

#include <utility>

#include "registry/events.h"
#include "registry/pki/csr.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

constexpr Duration kClaimLifetime{std::chrono::minutes{5}};

/// P6.5: what a claim may do, for the topics of one template.
std::string claim_policy(const Realm& realm, const TemplateName& name) {
  const auto each = [&](const char* type) {
    Json resources = Json::array();
    for (const std::string& topic :
         {std::string{"$aws/certificates/create/*"}, std::string{"$aws/certificates/create-from-csr/*"},
          "$aws/provisioning-templates/" + name.text() + "/provision/*"}) {
      resources.push_back(iot_arn(realm, type + topic));
    }
    return resources;
  };
  const auto allow = [](const Json& actions, const Json& resources) {
    return Json{{"Effect", "Allow"}, {"Action", actions}, {"Resource", resources}};
  };
  return Json{{"Version", "2012-10-17"},
              {"Statement",
               {allow("iot:Connect", "*"), allow({"iot:Publish", "iot:Receive"}, each("topic/")),
                allow("iot:Subscribe", each("topicfilter/"))}}}
      .dump();
}

}  // namespace

Result<OwnedCertificate> Registry::own(const Result<pki::Certificate>& certificate,
                                       const StillWanted& still_wanted) {
  if (!certificate) return certificate.error();
  auto record = new_certificate(*certificate, certificate->pem(), CertificateStatus::pending_activation);
  const Writing write{write_mutex_};
  if (still_wanted && !still_wanted()) {
    return Error{Errc::unavailable, "Nobody wants the certificate any more"};
  }
  auto stored = insert(std::move(record));
  if (!stored) return stored.error();
  const Tick now = clock_.tick();
  std::string token = ownership_tokens_.issue((*stored)->id, now, random_);
  bus_.publish(ExpiryAhead{.realm = realm_, .due = now + OwnershipTokens::kLifetime});
  return OwnedCertificate{.certificate = std::move(*stored), .ownership_token = std::move(token)};
}

Result<OwnedCertificate> Registry::create_owned_keys_and_certificate(const StillWanted& still_wanted) {
  const auto key = pki::PrivateKey::generate(pki::KeyKind::rsa_2048);
  if (!key) return key.error();
  auto owned = own(service_ca_->issue(key->public_key_der(), clock_.now(), random_), still_wanted);
  if (owned) owned->private_key_pem = key->private_pem();
  return owned;
}

Result<OwnedCertificate> Registry::create_owned_certificate(std::string_view csr_pem,
                                                            const StillWanted& still_wanted) {
  const auto csr = pki::Csr::from_pem(csr_pem);
  if (!csr) return csr.error();
  return own(service_ca_->issue(*csr, clock_.now(), random_), still_wanted);
}

Result<CertificatePtr> Registry::owned_certificate(const std::string& token) const {
  const Writing write{write_mutex_};
  const auto id = ownership_tokens_.find(token, clock_.tick());
  auto certificate = id ? certificates_.find(*id) : nullptr;
  if (!certificate) return no_such_token();
  return certificate;
}

Result<Provisioned> Registry::provision_owned(const std::string& token, const provisioning::Plan& plan) {
  if (token.empty()) return no_such_token();
  return apply(plan, Leftovers::nothing, false, token);
}

Result<CreatedKeysAndCertificate> Registry::create_provisioning_claim(const TemplateName& name) {
  const auto record = provisioning_template(name);
  if (!record) return record.error();
  const std::string who = "Provisioning template " + name.text();
  if ((*record)->type != TemplateType::fleet_provisioning) {
    return Error{Errc::invalid_request, who + " is of type " + std::string{to_text((*record)->type)} +
                                            "; a claim needs one of type FLEET_PROVISIONING"};
  }
  if (!(*record)->enabled) return Error{Errc::invalid_request, who + " is disabled"};

  auto document = policy::parse(claim_policy(realm_, name));
  if (!document) return document.error();
  const auto key = pki::PrivateKey::generate(pki::KeyKind::rsa_2048);
  if (!key) return key.error();
  const Time now = clock_.now();
  const auto certificate =
      service_ca_->issue_until(now + kClaimLifetime, key->public_key_der(), now, random_);
  if (!certificate) return certificate.error();
  auto claim = new_certificate(*certificate, certificate->pem(), CertificateStatus::active);
  claim->created_at = claim->changed_at = now;
  const CertificatePtr done{std::move(claim)};

  const Writing write{write_mutex_};
  const Tick due = clock_.tick() + kClaimLifetime;
  claims_.put(std::make_shared<const ProvisioningClaimRecord>(ProvisioningClaimRecord{
      .certificate = done,
      .template_name = name,
      .policy = {.name = "claim for template " + name.text(), .document = std::move(*document)}}));
  claims_by_expiry_.emplace_back(due, done->id);
  verdicts_changed();
  bus_.publish(ExpiryAhead{.realm = realm_, .due = due});
  return CreatedKeysAndCertificate{
      .certificate = done, .public_key_pem = key->public_pem(), .private_key_pem = key->private_pem()};
}

void Registry::forget_expired() {
  const Writing write{write_mutex_};
  forget_claims();
  for (const CertificateId& id : ownership_tokens_.take_expired(clock_.tick())) {
    const auto certificate = certificates_.find(id);
    const Principal principal{realm_, id};
    // P6.2: only what nobody has touched.
    if (!certificate || certificate->status != CertificateStatus::pending_activation ||
        thing_links_.count_of_left(principal) > 0 || policy_links_.count_of_left(principal) > 0) {
      continue;
    }
    // A store that fails keeps the certificate: it is listed, and can be deleted by hand.
    (void)erase_certificate(*certificate);
  }
}

void Registry::forget_claims() {
  while (!claims_by_expiry_.empty() && claims_by_expiry_.front().first <= clock_.tick()) {
    const CertificateId id = claims_by_expiry_.front().second;
    claims_by_expiry_.pop_front();
    claims_.erase(id);
    verdicts_changed();
    bus_.publish(CertificateDeleted{.realm = realm_, .id = id});
  }
}

}  // namespace iotemu::registry
