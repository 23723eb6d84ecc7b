#include "emulator/identity/just_in_time.h"

#include <string>

#include "base/log.h"

namespace iotemu::identity {
namespace {

/// "thing dev-1, policy P, certificate …": what the template made or found.
std::string made(const registry::Provisioned& provisioned) {
  std::string text;
  for (const auto& [name, arn] : provisioned.resource_arns) text += (text.empty() ? "" : ", ") + arn;
  return text;
}

std::string template_command(const registry::CertificateId& ca) {
  return "aws iot update-ca-certificate --registration-config file://CONFIG.json --certificate-id " +
         ca.hex();
}

}  // namespace

Turned provision_just_in_time(registry::Registry& registry, const registry::CertificateRecord& certificate,
                              bool first) {
  const std::string& id = certificate.id.hex();
  const std::string who =
      "certificate " + id + (first ? " was registered by this connect" : " is PENDING_ACTIVATION");
  const auto provisioned = registry.provision_just_in_time(certificate.id);
  if (!provisioned) {
    const std::string& why = provisioned.error().message;
    log::warn("ProvisionDevice", {{"status", "Failure"}, {"certificateId", id}, {"why", why}});
    return {.refusal = Refusal::provisioning_failed,
            .cause = who + " and the provisioning template of its CA failed: " + why,
            .cure = "mend what the template needs, or the template (" + template_command(*certificate.ca_id) +
                    "); the next connect of the device tries again (P5.7)"};
  }
  for (const auto& warning : provisioned->warnings) {
    log::warn("ProvisionDevice", {{"status", "Warning"}, {"certificateId", id}, {"why", warning}});
  }
  const std::string status{to_text(provisioned->certificate->status)};
  log::info("ProvisionDevice", {{"status", "Success"},
                                {"certificateId", id},
                                {"certificateStatus", status},
                                {"resources", made(*provisioned)}});
  const bool active = provisioned->certificate->status == registry::CertificateStatus::active;
  return {.refusal = Refusal::certificate_pending,
          .cause = who + " and was provisioned just now: it is " + status +
                   (provisioned->resource_arns.empty() ? "" : "; " + made(*provisioned)) + " (P5.1)",
          .cure = active ? "connect again: the device is let in if its policies allow it"
                         : "the template asks for that status; aws iot update-certificate --certificate-id " +
                               id + " --new-status ACTIVE"};
}

}  // namespace iotemu::identity
