// The door's judgement of a certificate: whose it is, whether it may come in by the name that it called, what
// becomes of one that nobody knows (P3.3 to P3.5).

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/iso_time.h"
#include "emulator/identity/authenticator.h"
#include "emulator/identity/domains.h"
#include "registry/pki/verify.h"

namespace iotemu::identity {
namespace {

namespace pki = registry::pki;
using registry::CertificateId;
using registry::CertificateStatus;

/// Certificates behind the leaf that are looked at; what comes after the issuer is ignored anyway (P3.3).
constexpr std::size_t kMaxChain = 8;

std::string window(Time not_before, Time not_after, Time now) {
  return "valid from " + iso_time(not_before) + " to " + iso_time(not_after) + "; it is " + iso_time(now);
}

std::string activate(const CertificateId& id) {
  return "aws iot update-certificate --certificate-id " + id.hex() + " --new-status ACTIVE";
}

std::string named(const registry::CaCertificateRecord& ca) {
  return "CA certificate " + ca.id.hex() + " (" + ca.subject + ")";
}

Turned in_transfer(const registry::CertificateRecord& certificate) {
  const std::string id = certificate.id.hex();
  const std::string to = certificate.transfer ? certificate.transfer->to : "another account";
  return {.refusal = Refusal::certificate_in_transfer,
          .cause = "certificate " + id + " is PENDING_TRANSFER from account " + certificate.owned_by +
                   " to " + to + " (P3.5 row 12)",
          .cure = "as account " + to + ": aws iot accept-certificate-transfer --certificate-id " + id +
                  " --set-as-active, or as account " + certificate.owned_by +
                  ": aws iot cancel-certificate-transfer --certificate-id " + id};
}

bool is_of_the_service(const registry::CertificateRecord& certificate) {
  const auto read = pki::Certificate::from_pem(certificate.pem);
  return read && registry::ServiceCa::is_issuer_of(*read);
}

std::vector<pki::Certificate> read_chain(const pki::Certificate& leaf, const mqtt::PeerIdentity& peer) {
  std::vector<pki::Certificate> chain{leaf};
  for (std::size_t at = 1; at < std::min(peer.chain.size(), kMaxChain); ++at) {
    // One that cannot be read helps nobody to choose.
    if (auto certificate = pki::Certificate::from_der(peer.chain[at]))
      chain.push_back(std::move(*certificate));
  }
  return chain;
}

/// The configuration of the endpoint itself.
registry::DomainConfigurationPtr own_endpoint(const RealmHome& home, Service service) {
  static const auto data = *registry::DomainConfigurationName::parse("iot:Data-ATS");
  static const auto credentials = *registry::DomainConfigurationName::parse("iot:CredentialProvider");
  return home.registry().domain_configurations().table().find(service == Service::data ? data : credentials);
}

}  // namespace

Result<CertificateAuthenticator::Resolved> CertificateAuthenticator::resolve(const CertificateId& id,
                                                                             const mqtt::PeerIdentity& peer,
                                                                             Service service) const {
  // P3.2: the endpoint serves the default realm; another one only if it alone knows the certificate or its
  // issuer.
  std::vector<RealmHome*> homes = realms_.all();
  auto [domain_home, domain] = find_domain(homes, peer.server_name);
  if (domain_home != nullptr) homes = {domain_home};
  const auto domain_at = [&, &named = domain](const RealmHome& home) {
    return named ? named : own_endpoint(home, service);
  };
  for (RealmHome* home : homes) {
    if (auto known = home->registry().find_at_door(id))
      return Resolved{.home = home, .domain = domain_at(*home), .known = std::move(known)};
  }
  auto leaf = pki::Certificate::from_der(peer.chain.front());
  if (!leaf) return leaf.error();
  const std::vector<pki::Certificate> chain = read_chain(*leaf, peer);
  auto search = homes.front()->registry().find_issuer(*leaf, chain);
  RealmHome* home = homes.front();
  for (std::size_t at = 1; at < homes.size() && !search.chosen; ++at) {
    auto other = homes[at]->registry().find_issuer(*leaf, chain);
    if (!other.chosen) continue;
    search = std::move(other);
    home = homes[at];
  }
  return Resolved{.home = home,
                  .domain = domain_at(*home),
                  .unknown = Unknown{.leaf = std::move(*leaf), .search = std::move(search)}};
}

std::pair<RealmHome*, registry::DomainConfigurationPtr> CertificateAuthenticator::find_domain(
    const std::vector<RealmHome*>& homes, std::string_view server_name) {
  for (RealmHome* home : homes) {
    if (auto domain = home->registry().domain_configurations().by_name(server_name)) {
      return {home, std::move(domain)};
    }
  }
  return {nullptr, nullptr};
}

Result<std::shared_ptr<const CertificateFacts>> CertificateAuthenticator::facts_about(
    const Resolved& resolved, std::string_view der) {
  if (resolved.known) return facts_.get(resolved.known->id, der);
  // Not kept: strangers would fill the cache.
  return std::make_shared<const CertificateFacts>(facts_of(resolved.unknown->leaf));
}

CertificateAuthenticator::Decision CertificateAuthenticator::judge(const Resolved& resolved,
                                                                   const mqtt::PeerIdentity& peer,
                                                                   Transport transport,
                                                                   Service service) const {
  // None in the moment of a reset only.
  if (resolved.domain) {
    if (auto turned = judge_domain(*resolved.domain, transport, service)) return *turned;
  }
  return resolved.known ? judge_known(resolved.known, peer) : judge_unknown(*resolved.unknown, peer);
}

std::optional<Turned> CertificateAuthenticator::judge_server_name(bool sni_only,
                                                                  const mqtt::PeerIdentity& peer) const {
  if (!sni_only && !options_.switches.require_sni) return std::nullopt;
  if (is_endpoint(peer.server_name)) return std::nullopt;
  const std::string sent = peer.server_name.empty() ? "the client sent no server name (SNI)"
                                                    : "the client sent the server name '" + peer.server_name +
                                                          "', which is no name of this endpoint";
  return Turned{
      .refusal = Refusal::sni_missing,
      .cause = sent + ", and " +
               (sni_only ? "the certificate's mode is SNI_ONLY (P3.2)" : "the switch require_sni is on"),
      .cure =
          "connect by the name that `aws iot describe-endpoint --endpoint-type iot:Data-ATS` answers" +
          (peer.server_name.empty() ? "" : ", or start the emulator with --hostname " + peer.server_name)};
}

bool CertificateAuthenticator::is_endpoint(std::string_view name) const {
  return !name.empty() &&
         (registry::is_service_name(name, options_.endpoint_names) || realms_.has_domain(name));
}

CertificateAuthenticator::Decision CertificateAuthenticator::judge_known(
    const CertificatePtr& certificate, const mqtt::PeerIdentity& peer) const {
  const CertificateId& id = certificate->id;
  if (auto turned = judge_server_name(certificate->mode == registry::CertificateMode::sni_only, peer))
    return *turned;
  const Time now = clock_.now();
  switch (certificate->status) {
    case CertificateStatus::active:
      break;
    case CertificateStatus::pending_activation:
      if (certificate->ca_id) return Pending{certificate};
      if (is_of_the_service(*certificate)) {
        return Turned{
            .refusal = Refusal::certificate_pending,
            .cause = "certificate " + id.hex() +
                     " was made by fleet provisioning and no template has provisioned it (P3.5 row 9)",
            .cure =
                "let the device publish its certificateOwnershipToken to "
                "$aws/provisioning-templates/NAME/provision/json, or " +
                activate(id)};
      }
      return Turned{.refusal = Refusal::certificate_pending,
                    .cause = "certificate " + id.hex() +
                             " is PENDING_ACTIVATION and came from no registered CA (P3.5 row 9)",
                    .cure = activate(id)};
    case CertificateStatus::revoked:
      return Turned{.refusal = Refusal::certificate_revoked,
                    .cause = "certificate " + id.hex() + " is REVOKED (P3.5 row 11)",
                    .cure = "give the device a new certificate; a revoked one stays revoked"};
    case CertificateStatus::pending_transfer:
      return in_transfer(*certificate);
    case CertificateStatus::inactive:
    case CertificateStatus::register_inactive:
      return Turned{.refusal = Refusal::certificate_inactive,
                    .cause = "certificate " + id.hex() + " is INACTIVE (P3.5 row 10)",
                    .cure = activate(id)};
  }
  switch (pki::validity_at(certificate->not_before, certificate->not_after, now)) {
    case pki::Validity::valid:
      break;
    case pki::Validity::not_yet_valid:
      return Turned{
          .refusal = Refusal::certificate_not_yet_valid,
          .cause = "certificate " + id.hex() + " is ACTIVE but " +
                   window(certificate->not_before, certificate->not_after, now) + " (P3.5 row 16)",
          .cure = "give the device a certificate that is valid already, or set the emulator's clock"};
    case pki::Validity::expired:
      if (options_.switches.accept_expired_leaf) break;
      return Turned{.refusal = Refusal::certificate_expired,
                    .cause = "certificate " + id.hex() + " is ACTIVE but " +
                             window(certificate->not_before, certificate->not_after, now) + " (P3.5 row 15)",
                    .cure = "give the device a new certificate, or set the switch expired_leaf=accept"};
  }
  return Active{certificate};
}

CertificateAuthenticator::Decision CertificateAuthenticator::judge_unknown(
    const Unknown& unknown, const mqtt::PeerIdentity& peer) const {
  const pki::Certificate& leaf = unknown.leaf;
  const registry::CaCertificatePtr& ca = unknown.search.chosen;
  const std::string who = "certificate " + leaf.id().hex() + " is not registered and ";
  if (!ca && registry::ServiceCa::is_issuer_of(leaf)) {
    return Turned{
        .refusal = Refusal::ca_unknown,
        .cause = "certificate " + leaf.id().hex() +
                 " was issued by the service itself, which no longer knows it: it was deleted, nobody "
                 "provisioned it within an hour (P6.2), or it was a provisioning claim, which is valid "
                 "for five minutes (P6.5)",
        .cure = "let the device ask for a new certificate"};
  }
  if (!ca) {
    return Turned{
        .refusal = Refusal::ca_unknown,
        .cause = who + "no registered CA signed it: " + unknown.search.why_none,
        .cure =
            "register the CA whose subject is '" + leaf.issuer().text() +
            "' (the direct issuer): aws iot register-ca-certificate --ca-certificate file://CA.pem "
            "--verification-certificate file://VERIFICATION.pem --set-as-active --allow-auto-registration"};
  }
  const std::string update = "aws iot update-ca-certificate --certificate-id " + ca->id.hex();
  if (auto turned = judge_server_name(ca->mode == registry::CertificateMode::sni_only, peer)) return *turned;
  if (ca->status != registry::CaStatus::active) {
    return Turned{.refusal = Refusal::ca_inactive,
                  .cause = who + "its " + named(*ca) + " is INACTIVE (P3.5 row 3)",
                  .cure = update + " --new-status ACTIVE --new-auto-registration-status ENABLE"};
  }
  if (!ca->auto_registration) {
    return Turned{.refusal = Refusal::auto_registration_disabled,
                  .cause = who + "its " + named(*ca) + " has autoRegistrationStatus DISABLE (P3.5 row 4)",
                  .cure = update + " --new-auto-registration-status ENABLE"};
  }
  const Time now = clock_.now();
  if (pki::validity_at(ca->not_before, ca->not_after, now) != pki::Validity::valid) {
    return Turned{.refusal = Refusal::ca_expired,
                  .cause = who + "its " + named(*ca) + " is " + window(ca->not_before, ca->not_after, now) +
                           " (P3.5 row 18)",
                  .cure = "register a CA certificate that is valid now"};
  }
  const pki::Validity validity = pki::validity_at(leaf, now);
  if (validity != pki::Validity::valid) {
    return Turned{
        .refusal = validity == pki::Validity::expired ? Refusal::certificate_expired
                                                      : Refusal::certificate_not_yet_valid,
        .cause = who + "it is " + window(leaf.not_before(), leaf.not_after(), now) + " (P3.5 row 17)",
        .cure = "give the device a certificate that is valid now"};
  }
  return AutoRegister{.leaf = leaf, .ca = ca};
}

}  // namespace iotemu::identity
