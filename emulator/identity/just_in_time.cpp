#include "emulator/identity/just_in_time.h"

#include <optional>
#include <utility>

#include "base/log.h"
#include "emulator/topics/registration.h"

namespace iotemu::identity {
namespace {

using registry::CaCertificatePtr;
using registry::CertificateRecord;
using registry::CertificateStatus;

std::string activate(const CertificateRecord& certificate) {
  return "aws iot update-certificate --certificate-id " + certificate.id.hex() + " --new-status ACTIVE";
}

std::string update_ca(const CertificateRecord& certificate, std::string_view change) {
  return "aws iot update-ca-certificate --certificate-id " + certificate.ca_id->hex() + " " +
         std::string{change};
}

std::string who(const CertificateRecord& certificate, bool first) {
  return "certificate " + certificate.id.hex() +
         (first ? " was registered by this connect" : " is PENDING_ACTIVATION");
}

/// What the template made or found: ARNs.
std::string made(const registry::Provisioned& provisioned) {
  std::string text;
  for (const auto& [name, arn] : provisioned.resource_arns) text += (text.empty() ? "" : ", ") + arn;
  return text;
}

/// P3.5 row 8: nothing for a CA that lets devices register.
std::optional<Turned> judge_ca(const CertificateRecord& certificate, const Result<CaCertificatePtr>& ca) {
  const auto closed = [&](const std::string& why, std::string cure) {
    return Turned{.refusal = Refusal::certificate_pending,
                  .cause = who(certificate, false) + "; its CA certificate " + certificate.ca_id->hex() +
                           " " + why + ", so no provisioning template runs (P3.5 row 8)",
                  .cure = std::move(cure)};
  };
  if (!ca) return closed("was deleted", "register it again, or " + activate(certificate));
  if ((*ca)->status != registry::CaStatus::active)
    return closed("is INACTIVE", update_ca(certificate, "--new-status ACTIVE"));
  if (!(*ca)->auto_registration) {
    return closed("has autoRegistrationStatus DISABLE",
                  update_ca(certificate, "--new-auto-registration-status ENABLE"));
  }
  return std::nullopt;
}

Turned failed(const CertificateRecord& certificate, bool first, const Error& error) {
  log::warn("ProvisionDevice",
            {{"status", "Failure"}, {"certificateId", certificate.id.hex()}, {"why", error.message}});
  return {
      .refusal = Refusal::provisioning_failed,
      .cause = who(certificate, first) + " and the provisioning template of its CA failed: " + error.message,
      .cure = "mend what the template needs, or the template (" +
              update_ca(certificate, "--registration-config file://CONFIG.json") +
              "); the next connect of the device tries again (P5.7)"};
}

/// Somebody was faster: another connect, a handler, a person.
Turned left_alone(const CertificateRecord& certificate, CertificateStatus status) {
  return {.refusal = Refusal::certificate_pending,
          .cause = "certificate " + certificate.id.hex() +
                   " was PENDING_ACTIVATION when it connected; another connect, a handler or a person has "
                   "made it " +
                   std::string{to_text(status)} + " meanwhile, so its template did not run",
          .cure = status == CertificateStatus::active ? "connect again" : activate(certificate)};
}

Turned told_of_success(const CertificateRecord& certificate, bool first,
                       const registry::Provisioned& provisioned) {
  const std::string status{to_text(provisioned.certificate->status)};
  for (const auto& warning : provisioned.warnings) {
    log::warn("ProvisionDevice",
              {{"status", "Warning"}, {"certificateId", certificate.id.hex()}, {"why", warning}});
  }
  log::info("ProvisionDevice", {{"status", "Success"},
                                {"certificateId", certificate.id.hex()},
                                {"certificateStatus", status},
                                {"resources", made(provisioned)}});
  const bool active = provisioned.certificate->status == CertificateStatus::active;
  return {.refusal = Refusal::certificate_pending,
          .cause = who(certificate, first) + " and was provisioned just now: it is " + status + "; " +
                   made(provisioned) + " (P5.1)",
          .cure = active ? "connect again: the device is let in if its policies allow it"
                         : "the template asks for that status; " + activate(certificate)};
}

}  // namespace

JustInTime::JustInTime(const Switches& switches, Refusals& refusals, const Clock& clock, Timers& timers,
                       metrics::RegistrationCounts& counts, OnKnock on_knock)
    : switches_{switches},
      refusals_{refusals},
      clock_{clock},
      timers_{timers},
      counts_{counts},
      on_knock_{std::move(on_knock)} {}

Refusal JustInTime::knock(RealmHome& home, const Client& client, const CertificateRecord& certificate,
                          const registry::pki::Certificate* fresh) {
  const bool first = fresh != nullptr;
  const auto ca = home.registry().ca(*certificate.ca_id);
  auto closed = judge_ca(certificate, ca);
  const bool announced = !closed || switches_.event_on_pending_with_inactive_ca;
  const CertificateRegistered event = event_of(home, client, certificate, first);
  if (announced) on_knock_.announce(home, event);
  Turned turned = [&]() -> Turned {
    if (closed) return std::move(*closed);
    if ((*ca)->registration_config) return provision(home, client, certificate, fresh);
    return {
        .refusal = Refusal::certificate_pending,
        .cause = who(certificate, first) + " and waits for its activation (P3.5 row " + (first ? "5)" : "7)"),
        .cure = activate(certificate)};
  }();
  const Refusal refusal = turned.refusal;
  refusals_.add(refusal_of(client, std::move(turned)));
  if (announced) on_knock_.call_handlers(event);
  return refusal;
}

Turned JustInTime::succeeded(const CertificateRecord& certificate, bool first,
                             const registry::Provisioned& provisioned) {
  ++counts_.just_in_time;
  return told_of_success(certificate, first, provisioned);
}

CertificateRegistered JustInTime::event_of(const RealmHome& home, const Client& client,
                                           const CertificateRecord& certificate, bool first) const {
  CertificateRegistered event{.certificate_id = certificate.id.hex(),
                              .certificate_arn = certificate.arn,
                              .ca_certificate_id = certificate.ca_id->hex(),
                              .account = home.realm().account,
                              .region = home.realm().region,
                              .timestamp = epoch_ms(clock_.now()),
                              .client_id = client.client_id};
  if (!first) event.registered_at = epoch_ms(certificate.created_at);
  event.json = topics::registration_payload(event);
  return event;
}

Turned JustInTime::provision(RealmHome& home, const Client& client, const CertificateRecord& certificate,
                             const registry::pki::Certificate* fresh) {
  const bool first = fresh != nullptr;
  if (switches_.jitp_delay) {
    provision_later(home, client, certificate.id, first);
    return {.refusal = Refusal::certificate_pending,
            .cause = who(certificate, first) + "; the provisioning template of its CA runs in " +
                     std::to_string(switches_.jitp_delay->count()) + " ms (switch jitp_timing)",
            .cure = "connect again after that"};
  }
  const auto provisioned = home.registry().provision_just_in_time(certificate.id, fresh);
  if (!provisioned) return failed(certificate, first, provisioned.error());
  if (provisioned->left_alone) return left_alone(certificate, provisioned->certificate->status);
  return succeeded(certificate, first, *provisioned);
}

void JustInTime::provision_later(RealmHome& home, const Client& client, const registry::CertificateId& id,
                                 bool first) {
  timers_.after(*switches_.jitp_delay, [this, &home, client, id, first] {
    const auto certificate = home.registry().certificate(id);
    if (!certificate) return;  // deleted meanwhile
    const auto provisioned = home.registry().provision_just_in_time(id);
    if (!provisioned) {
      refusals_.add(refusal_of(client, failed(**certificate, first, provisioned.error())));
    } else if (!provisioned->left_alone) {
      (void)succeeded(**certificate, first, *provisioned);  // for its log line: there is nobody to refuse
    }
  });
}

}  // namespace iotemu::identity
