// Just-in-time provisioning (P5.1, P5.3, P5.7): the template of the CA that signed a waiting certificate,
// evaluated with what stands in the certificate. Every failure is a sentence that tells what to mend.

#include "registry/errors.h"
#include "registry/provisioning/certificate_parameters.h"
#include "registry/registry.h"
#include "registry/role_arn.h"

namespace iotemu::registry {
namespace {

using provisioning::TemplatePtr;

Error failed(std::string why) {
  return {Errc::resource_registration_failure, std::move(why)};
}

/// P5.7: roles are judged by their form alone.
Status check_role(const std::string& arn, const std::string& whose) {
  if (arn.empty()) return failed(whose + " names no roleArn, and provisioning runs as an IAM role");
  if (auto checked = check_role_arn(arn); !checked) return failed(whose + ": " + checked.error().message);
  return Ok{};
}

/// P3.5 row 8.
Status check_open(const CaCertificateRecord& ca) {
  const auto closed = [&](const std::string& why) {
    return failed("its CA certificate " + ca.id.hex() + " " + why + ", so no template runs (P3.5 row 8)");
  };
  if (ca.status != CaStatus::active) return closed("is INACTIVE");
  if (!ca.auto_registration) return closed("has autoRegistrationStatus DISABLE");
  return Ok{};
}

}  // namespace

Result<TemplatePtr> Registry::provisioning_document(const RegistrationConfig& config) const {
  if (config.template_name.empty()) {
    if (auto checked = check_role(config.role_arn, "the registrationConfig"); !checked)
      return checked.error();
    if (!config.document) return provisioning::parse_template(config.template_body);  // for its error
    return config.document;
  }
  const std::string who = "provisioning template " + config.template_name;
  const auto name = TemplateName::parse(config.template_name);
  const auto record = name ? provisioning_templates_.find(*name) : nullptr;
  if (!record) return failed(who + " of the registrationConfig does not exist any more");
  if (!record->enabled) {
    return failed(who + " is disabled: aws iot update-provisioning-template --enabled --template-name " +
                  config.template_name);
  }
  if (auto checked = check_role(record->role_arn, who); !checked) return checked.error();
  return record->effective().document;
}

Result<Provisioned> Registry::provision_just_in_time(const CertificateId& id, const pki::Certificate* known) {
  const auto record = certificates_.find(id);
  if (!record) return does_not_exist(id);
  if (record->status != CertificateStatus::pending_activation)
    return Provisioned{.certificate = record, .left_alone = true};
  const auto ca = record->ca_id ? cas_.find(*record->ca_id) : nullptr;
  if (!ca) return failed("the CA certificate of certificate " + id.hex() + " is not registered any more");
  if (auto open = check_open(*ca); !open) return open.error();
  if (!ca->registration_config) {
    return failed("the CA certificate of certificate " + id.hex() + " has no registrationConfig");
  }
  const auto document = provisioning_document(*ca->registration_config);
  if (!document) return document.error();
  const auto certificate =
      known != nullptr ? Result<pki::Certificate>{*known} : pki::Certificate::from_pem(record->pem);
  if (!certificate) return certificate.error();

  const auto plan = provisioning::evaluate(**document, {.parameters = provisioning::certificate_parameters(
                                                            *certificate, options_.jitp_serial_fallback),
                                                        .from_certificate = true,
                                                        .missing = options_.jitp_missing_parameter});
  if (!plan) return plan.error();
  const auto* named = plan->certificate ? std::get_if<CertificateId>(&plan->certificate->source) : nullptr;
  if (named == nullptr || *named != id) {
    return failed("the template provisions " +
                  (named == nullptr ? "no certificate by its CertificateId" : "certificate " + named->hex()) +
                  ", not the one that connects: its CertificateId must be {\"Ref\": "
                  "\"AWS::IoT::Certificate::Id\"}");
  }
  return apply(*plan, Leftovers::nothing, true);
}

}  // namespace iotemu::registry
