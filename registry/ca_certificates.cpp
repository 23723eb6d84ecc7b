// CA certificates (P1).

#include <algorithm>

#include "base/hex.h"
#include "base/json.h"
#include "base/utf8.h"
#include "registry/errors.h"
#include "registry/events.h"
#include "registry/pki/verify.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kCodeBytes = 32;

Error invalid_ca(std::string message) {
  return {Errc::certificate_validation, std::move(message)};
}

Error no_such_ca(const CertificateId& id) {
  return does_not_exist("CA certificate " + id.hex());
}

/// Fails unless the clock is inside the certificate's window.
Status check_window(const pki::Certificate& certificate, Time now, std::string_view what) {
  switch (pki::validity_at(certificate, now)) {
    case pki::Validity::valid:
      return Ok{};
    case pki::Validity::not_yet_valid:
      return invalid_ca("The " + std::string{what} + " is not yet valid");
    case pki::Validity::expired:
      return invalid_ca("The " + std::string{what} + " has expired");
  }
  return Ok{};
}

/// P1.2: DEFAULT needs the proof of possession, SNI_ONLY refuses it.
Status check_mode(const RegisterCa& request) {
  const bool proof = !request.verification_pem.empty();
  if (request.mode == CertificateMode::default_mode && !proof) {
    return Error{Errc::invalid_request,
                 "A verificationCertificate is required for certificateMode DEFAULT (SNI_ONLY needs none)"};
  }
  if (request.mode == CertificateMode::sni_only && proof) {
    return Error{Errc::invalid_request, "certificateMode SNI_ONLY takes no verificationCertificate"};
  }
  return Ok{};
}

/// P1.2 checks 3 to 6.
Result<pki::Certificate> read_ca(std::string_view pem, Time now) {
  auto certificate = pki::Certificate::from_pem(pem);
  if (!certificate) return invalid_ca("CA certificate: " + certificate.error().message);
  if (!certificate->is_ca()) {
    return invalid_ca("The CA certificate does not have the basicConstraints extension as true");
  }
  if (auto checked = check_window(*certificate, now, "CA certificate"); !checked) return checked.error();
  return certificate;
}

/// P1.2 check 7.
Result<pki::Certificate> read_verification(std::string_view pem, const pki::Certificate& ca, Time now) {
  auto certificate = pki::Certificate::from_pem(pem);
  if (!certificate) return invalid_ca("Verification certificate: " + certificate.error().message);
  if (!pki::names_match(*certificate, ca)) {
    return invalid_ca("The verification certificate's issuer '" + certificate->issuer().text() +
                      "' is not the CA certificate's subject '" + ca.subject().text() + "'");
  }
  if (!pki::signature_verifies(*certificate, ca)) {
    return invalid_ca("The verification certificate was not signed with the key of the CA certificate");
  }
  if (auto checked = check_window(*certificate, now, "verification certificate"); !checked) {
    return checked.error();
  }
  return certificate;
}

/// P1.2 check 8. An empty code was never requested.
Status check_code(const pki::Certificate& verification, const std::string& code) {
  const auto name = verification.subject().common_name();
  if (!code.empty() && lowercase(name) == code) return Ok{};
  const std::string have{front_characters(name, 128)};
  return Error{Errc::registration_code_validation,
               code.empty()
                   ? "No registration code was requested, so the verification certificate's common name '" +
                         have + "' cannot be it"
                   : "The verification certificate's common name '" + have +
                         "' is not the registration code of this account and region"};
}

}  // namespace

Result<std::string> Registry::registration_code() {
  const Writing write{write_mutex_};
  if (registration_code_.empty()) {
    auto code = random_.hex(kCodeBytes);
    const Change change{RegistrationCode{code}};
    if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
    registration_code_ = std::move(code);
  }
  return registration_code_;
}

Status Registry::delete_registration_code() {
  const Writing write{write_mutex_};
  if (registration_code_.empty()) return Error{Errc::not_found, "There is no registration code"};
  const Change change{RegistrationCode{}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  registration_code_.clear();
  return Ok{};
}

Result<CaCertificatePtr> Registry::register_ca(const RegisterCa& request) {
  // The numbers are those of the table in P1.2; what costs time comes before the lock.
  if (auto checked = check_tags(request.tags, options_.tags_per_resource); !checked)
    return checked.error();                                                  // 1
  if (auto checked = check_mode(request); !checked) return checked.error();  // 2
  const auto now = clock_.now();
  const auto certificate = read_ca(request.ca_pem, now);  // 3 to 6
  if (!certificate) return certificate.error();
  std::optional<pki::Certificate> verification;
  if (request.mode == CertificateMode::default_mode) {
    auto read = read_verification(request.verification_pem, *certificate, now);  // 7
    if (!read) return read.error();
    verification = std::move(*read);
  }

  const Writing write{write_mutex_};
  if (verification) {
    if (auto checked = check_code(*verification, registration_code_); !checked) return checked.error();  // 8
  }
  const auto& id = certificate->id();
  const auto arn = ca_certificate_arn(realm_, id);
  if (cas_.find(id)) {  // 9
    return already_exists("The CA certificate is already registered", id.hex(), arn);
  }
  if (verification && neighbours_ != nullptr && neighbours_->ca_owned_elsewhere(realm_, id)) {  // 10
    return Error{Errc::invalid_request, "Cannot accept this CACertificate"};
  }
  const auto namesakes = issuers_.find(certificate->subject().normalised);  // 11
  if (namesakes && namesakes->issuers.size() >= options_.cas_with_same_subject) {
    return Error{Errc::limit_exceeded, "Limit reached for number of CA Certificates with same subject"};
  }
  std::optional<RegistrationConfig> config;
  if (request.registration_config) {  // 12
    auto read = read_registration_config(*request.registration_config);
    if (!read) return read.error();
    config = std::move(*read);
  }

  auto record = std::make_shared<CaCertificateRecord>();
  record->id = id;
  record->arn = arn;
  record->status = request.set_active ? CaStatus::active : CaStatus::inactive;
  record->auto_registration = request.allow_auto_registration;
  record->mode = request.mode;
  record->pem = std::string{pki::first_certificate_block(request.ca_pem)} + '\n';
  record->subject = certificate->subject().text();
  record->owned_by = realm_.account;
  record->created_at = record->changed_at = clock_.now();
  record->generation_id = random_.uuid();
  record->not_before = certificate->not_before();
  record->not_after = certificate->not_after();
  record->registration_config = std::move(config);
  record->tags = request.tags;
  const CaCertificatePtr done{std::move(record)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  cas_.put(done);
  put_issuer(done, *certificate);
  return done;
}

Result<CaCertificatePtr> Registry::ca(const CertificateId& id) const {
  auto found = cas_.find(id);
  if (!found) return no_such_ca(id);
  return found;
}

Status Registry::update_ca(const CertificateId& id, const UpdateCa& request) {
  if (request.remove_auto_registration && request.registration_config) {
    return Error{Errc::invalid_request, "removeAutoRegistration and registrationConfig exclude each other"};
  }
  const Writing write{write_mutex_};
  const auto old = cas_.find(id);
  if (!old) return no_such_ca(id);
  auto next = std::make_shared<CaCertificateRecord>(*old);
  if (request.registration_config) {
    auto config = read_registration_config(*request.registration_config);
    if (!config) return config.error();
    next->registration_config = std::move(*config);
  }
  if (request.status) next->status = *request.status;
  if (request.auto_registration) next->auto_registration = *request.auto_registration;
  if (request.remove_auto_registration) {
    next->registration_config.reset();
    next->auto_registration = false;
  }
  const bool same = next->status == old->status && next->auto_registration == old->auto_registration &&
                    next->registration_config == old->registration_config;
  if (same) return Ok{};
  next->changed_at = clock_.now();
  ++next->version;

  const auto certificate = pki::Certificate::from_pem(next->pem);
  if (!certificate) return Error{Errc::internal, "CA certificate " + id.hex() + " cannot be read back"};
  const CaCertificatePtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  cas_.put(done);
  put_issuer(done, *certificate);
  if (done->status != old->status) {
    bus_.publish(CaStatusChanged{.realm = realm_, .id = id, .from = old->status, .to = done->status});
  }
  return Ok{};
}

Status Registry::delete_ca(const CertificateId& id) {
  const Writing write{write_mutex_};
  const auto old = cas_.find(id);
  if (!old) return no_such_ca(id);
  if (old->status == CaStatus::active) {
    return Error{Errc::certificate_state,
                 "CA certificate must be deactivated (not ACTIVE) before deletion. " + id.hex()};
  }
  const auto certificate = pki::Certificate::from_pem(old->pem);
  if (!certificate) return Error{Errc::internal, "CA certificate " + id.hex() + " cannot be read back"};
  const Change change{Erased{.kind = RecordKind::ca_certificate, .key = id.hex()}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  cas_.erase(id);
  erase_issuer(*certificate);
  bus_.publish(CaDeleted{.realm = realm_, .id = id});
  return Ok{};
}

Result<Page<CaCertificatePtr>> Registry::list_cas(const PageRequest& page,
                                                  const std::string& template_name) const {
  return cas_.page(page, [&](const CaCertificateRecord& record) {
    return template_name.empty() ||
           (record.registration_config && record.registration_config->template_name == template_name);
  });
}

Result<Page<CertificatePtr>> Registry::list_certificates_by_ca(const CertificateId& ca,
                                                               const PageRequest& page) const {
  return certificates_by_ca_.page(ca, page);
}

Result<RegistrationConfig> Registry::read_registration_config(RegistrationConfig config) const {
  if (!config.template_name.empty()) {
    if (!config.template_body.empty()) {
      return invalid("registrationConfig has either a templateBody or a templateName, not both");
    }
    const auto name = TemplateName::parse(config.template_name);
    const auto found = name ? provisioning_templates_.find(*name) : nullptr;
    if (!found) {
      return does_not_exist("Provisioning template " + config.template_name);
    }
    if (found->type != TemplateType::jitp) {
      return invalid("Provisioning template " + config.template_name +
                     " has type FLEET_PROVISIONING; a registrationConfig needs one of type JITP");
    }
    return config;
  }
  if (config.template_body.empty()) {
    return invalid("registrationConfig needs a templateBody or a templateName");
  }
  const auto json = parse_json(config.template_body);
  if (!json) return invalid("Invalid registration template. " + json.error().message);
  if (!json->is_object() || !json->contains("Resources") || !json->at("Resources").is_object()) {
    return invalid("Invalid registration template. It must be a JSON object with an object 'Resources'");
  }
  // P1.3: no more than that is checked here; what else is wrong shows when a device is provisioned.
  if (auto document = provisioning::parse_template(config.template_body)) config.document = *document;
  return config;
}

void Registry::put_issuer(const CaCertificatePtr& record, const pki::Certificate& certificate) {
  auto next = std::make_shared<IssuerGroup>();
  if (const auto old = issuers_.find(certificate.subject().normalised)) *next = *old;
  next->subject = certificate.subject().normalised;
  const auto known = std::find_if(next->issuers.begin(), next->issuers.end(),
                                  [&](const Issuer& issuer) { return issuer.record->id == record->id; });
  if (known != next->issuers.end()) {
    known->record = record;
  } else {
    next->issuers.push_back({.record = record, .certificate = certificate});
  }
  issuers_.put(std::move(next));
}

void Registry::erase_issuer(const pki::Certificate& certificate) {
  const auto old = issuers_.find(certificate.subject().normalised);
  if (!old) return;
  auto next = std::make_shared<IssuerGroup>(*old);
  std::erase_if(next->issuers, [&](const Issuer& issuer) { return issuer.record->id == certificate.id(); });
  if (next->issuers.empty()) {
    issuers_.erase(next->subject);
  } else {
    issuers_.put(std::move(next));
  }
}

std::vector<Registry::Issuer> Registry::signers_of(const pki::Certificate& certificate) const {
  std::vector<Issuer> signers;
  const auto group = issuers_.find(certificate.issuer().normalised);
  if (!group) return signers;
  for (const auto& issuer : group->issuers) {
    if (pki::signature_verifies(certificate, issuer.certificate)) signers.push_back(issuer);
  }
  return signers;
}

}  // namespace iotemu::registry
