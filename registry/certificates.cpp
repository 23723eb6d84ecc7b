// Device certificates (P2).

#include "registry/errors.h"
#include "registry/events.h"
#include "registry/pki/csr.h"
#include "registry/pki/verify.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

bool is_internal(CertificateStatus status) {
  return status == CertificateStatus::pending_activation || status == CertificateStatus::pending_transfer;
}

/// The status a registration asks for (P2.4 rows 1 to 5).
Result<CertificateStatus> initial_status(const RegisterCertificate& request) {
  if (!request.status) {
    return request.set_active ? CertificateStatus::active : CertificateStatus::inactive;
  }
  if (is_internal(*request.status)) {
    return Error{Errc::certificate_state, "Not allowed to register certificate with " +
                                              std::string{to_text(*request.status)} + " status"};
  }
  return *request.status == CertificateStatus::register_inactive ? CertificateStatus::inactive
                                                                 : *request.status;
}

std::string submitted_pem(std::string_view text) {
  return std::string{pki::first_certificate_block(text)} + '\n';
}

}  // namespace

std::shared_ptr<CertificateRecord> Registry::new_certificate(const pki::Certificate& certificate,
                                                             std::string pem,
                                                             CertificateStatus status) const {
  auto record = std::make_shared<CertificateRecord>();
  record->id = certificate.id();
  record->arn = certificate_arn(realm_, record->id);
  record->status = status;
  record->pem = std::move(pem);
  record->owned_by = realm_.account;
  record->not_before = certificate.not_before();
  record->not_after = certificate.not_after();
  return record;
}

Status Registry::store_certificate(const CertificatePtr& record) {
  const Change change{record};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  show_certificate(record);
  return Ok{};
}

void Registry::show_certificate(const CertificatePtr& record) {
  const auto old = certificates_.find(record->id);
  certificates_.put(record);
  if (record->ca_id) certificates_by_ca_.put(*record->ca_id, old.get(), record);
}

Status Registry::check_ownership(const CertificateRecord& record) const {
  if (record.mode == CertificateMode::default_mode && neighbours_ != nullptr &&
      neighbours_->certificate_owned_elsewhere(realm_, record.id)) {
    return Error{Errc::invalid_request, "This request is not valid"};
  }
  return Ok{};
}

Result<CertificatePtr> Registry::insert_certificate(std::shared_ptr<CertificateRecord> record) {
  const Writing write{write_mutex_};
  return insert(std::move(record));
}

Result<CertificatePtr> Registry::insert(std::shared_ptr<CertificateRecord> record) {
  if (certificates_.find(record->id)) {
    return already_exists("The certificate is already provisioned or registered", record->id.hex(),
                          record->arn);
  }
  if (auto checked = check_ownership(*record); !checked) return checked.error();
  record->created_at = record->changed_at = clock_.now();
  record->generation_id = random_.uuid();
  const CertificatePtr done{std::move(record)};
  if (auto saved = store_certificate(done); !saved) return saved.error();
  return done;
}

Result<CreatedKeysAndCertificate> Registry::create_keys_and_certificate(bool set_active) {
  const auto key = pki::PrivateKey::generate(pki::KeyKind::rsa_2048);
  if (!key) return key.error();
  const auto certificate = service_ca_->issue(key->public_key_der(), clock_.now(), random_);
  if (!certificate) return certificate.error();
  const auto status = set_active ? CertificateStatus::active : CertificateStatus::inactive;
  auto stored = insert_certificate(new_certificate(*certificate, certificate->pem(), status));
  if (!stored) return stored.error();
  return CreatedKeysAndCertificate{.certificate = std::move(*stored),
                                   .public_key_pem = key->public_pem(),
                                   .private_key_pem = key->private_pem()};
}

Result<CertificatePtr> Registry::create_certificate_from_csr(std::string_view csr_pem, bool set_active) {
  const auto csr = pki::Csr::from_pem(csr_pem);
  if (!csr) return csr.error();
  const auto certificate = service_ca_->issue(*csr, clock_.now(), random_);
  if (!certificate) return certificate.error();
  const auto status = set_active ? CertificateStatus::active : CertificateStatus::inactive;
  return insert_certificate(new_certificate(*certificate, certificate->pem(), status));
}

Result<std::shared_ptr<CertificateRecord>> Registry::read_registration(
    const RegisterCertificate& request) const {
  const auto status = initial_status(request);
  if (!status) return status.error();
  const auto certificate = pki::Certificate::from_pem(request.pem);
  if (!certificate) return certificate.error();

  CaCertificatePtr ca;
  const auto signers = signers_of(*certificate);
  if (!request.ca_pem.empty()) {
    const auto named = pki::Certificate::from_pem(request.ca_pem);
    if (!named) return Error{Errc::certificate_validation, "CA certificate: " + named.error().message};
    for (const auto& signer : signers) {
      if (signer.record->id == named->id()) ca = signer.record;
    }
    if (!ca) {
      return Error{Errc::certificate_validation,
                   cas_.find(named->id())
                       ? "The CA certificate " + named->id().hex() + " did not sign the certificate"
                       : "The CA certificate " + named->id().hex() + " is not registered"};
    }
  } else if (signers.empty()) {
    return Error{Errc::certificate_validation,
                 "No registered CA certificate signed the certificate: its issuer is '" +
                     certificate->issuer().text() + "'"};
  } else if (signers.size() > 1) {
    return Error{Errc::certificate_conflict, "Several registered CA certificates have the subject '" +
                                                 certificate->issuer().text() +
                                                 "' and the same public key: name one with caCertificatePem"};
  } else {
    ca = signers.front().record;
  }
  if (ca->status != CaStatus::active) {
    return Error{Errc::certificate_state, "The CA certificate " + ca->id.hex() + " is not ACTIVE"};
  }

  auto record = new_certificate(*certificate, submitted_pem(request.pem), *status);
  record->ca_id = ca->id;
  record->mode = ca->mode;
  return record;
}

Result<CertificatePtr> Registry::register_certificate(const RegisterCertificate& request) {
  auto record = read_registration(request);
  if (!record) return record.error();
  return insert_certificate(std::move(*record));
}

Result<CertificatePtr> Registry::register_certificate_without_ca(const RegisterCertificate& request) {
  const auto status = initial_status(request);
  if (!status) return status.error();
  const auto certificate = pki::Certificate::from_pem(request.pem);
  if (!certificate) return certificate.error();
  auto record = new_certificate(*certificate, submitted_pem(request.pem), *status);
  record->mode = CertificateMode::sni_only;
  return insert_certificate(std::move(record));
}

Result<CertificatePtr> Registry::certificate(const CertificateId& id) const {
  auto found = certificates_.find(id);
  if (!found) return does_not_exist(id);
  return found;
}

Status Registry::set_certificate_status(const CertificateId& id, CertificateStatus to) {
  if (to == CertificateStatus::register_inactive) to = CertificateStatus::inactive;
  const Writing write{write_mutex_};
  const auto old = certificates_.find(id);
  if (!old) return does_not_exist(id);
  const auto refuse = [&](std::string_view why) {
    return Error{Errc::certificate_state, "Certificate " + id.hex() + " is " +
                                              std::string{to_text(old->status)} + " and cannot become " +
                                              std::string{to_text(to)} + ": " + std::string{why}};
  };
  if (is_internal(to)) return refuse("only the service itself sets that status");
  if (old->status == CertificateStatus::pending_transfer) return refuse("its transfer is not finished");
  if (old->status == to) return Ok{};
  if (old->status == CertificateStatus::revoked && options_.revoked_is_final) {
    return refuse("a revoked certificate cannot be used again");
  }

  auto next = std::make_shared<CertificateRecord>(*old);
  next->status = to;
  next->changed_at = clock_.now();
  ++next->version;
  if (auto saved = store_certificate(std::move(next)); !saved) return saved;
  verdicts_changed();
  bus_.publish(CertificateStatusChanged{.realm = realm_, .id = id, .from = old->status, .to = to});
  return Ok{};
}

Status Registry::delete_certificate(const CertificateId& id, bool force) {
  const Writing write{write_mutex_};
  const auto old = certificates_.find(id);
  if (!old) return does_not_exist(id);
  if (old->status == CertificateStatus::active) {
    return Error{Errc::certificate_state,
                 "Certificate must be deactivated (not ACTIVE) before deletion. " + id.hex()};
  }
  if (old->status == CertificateStatus::pending_transfer) {
    return Error{Errc::certificate_state, "Certificate has a transfer that is not finished. " + id.hex()};
  }
  const Principal principal{realm_, id};
  if (thing_links_.count_of_left(principal) > 0) {
    return Error{Errc::delete_conflict, "Things must be detached before deletion (arn: " + old->arn + ")"};
  }
  if (policy_links_.count_of_left(principal) > 0 && !force) {
    return Error{Errc::delete_conflict,
                 "Certificate policies must be detached before deletion (arn: " + old->arn + ")"};
  }
  return erase_certificate(*old);
}

Status Registry::erase_certificate(const CertificateRecord& record) {
  const Principal principal{realm_, record.id};
  const auto policies = policy_links_.of_left(principal);
  std::vector<Change> changes;
  for (const auto& [policy, unused] : policies) {
    changes.emplace_back(PolicyAttachment{.policy = policy, .target = principal.text(), .attached = false});
  }
  changes.emplace_back(Erased{.kind = RecordKind::certificate, .key = record.id.hex()});
  if (auto saved = store_.write(changes); !saved) return saved;
  for (const auto& [policy, unused] : policies) policy_links_.erase(principal, policy);
  if (record.ca_id) certificates_by_ca_.erase(*record.ca_id, record);
  const CertificateId id = record.id;
  certificates_.erase(id);
  verdicts_changed();
  bus_.publish(CertificateDeleted{.realm = realm_, .id = id});
  return Ok{};
}

Result<Page<CertificatePtr>> Registry::list_certificates(const PageRequest& page) const {
  return certificates_.page(page);
}

}  // namespace iotemu::registry
