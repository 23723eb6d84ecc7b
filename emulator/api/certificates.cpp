// Device certificates (P2).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::string_view kCertificateStatuses[]{
    "ACTIVE", "INACTIVE", "REVOKED", "PENDING_TRANSFER", "REGISTER_INACTIVE", "PENDING_ACTIVATION"};

Json identifiers(const registry::CertificateRecord& certificate) {
  return Json{{"certificateArn", certificate.arn}, {"certificateId", certificate.id.hex()}};
}

Result<Json> create_keys_and_certificate(Call& call) {
  auto created = call.registry.create_keys_and_certificate(call.flag("setAsActive"));
  if (!created) return created.error();
  auto answer = identifiers(*created->certificate);
  answer["certificatePem"] = created->certificate->pem;
  answer["keyPair"] = {{"PublicKey", created->public_key_pem},
                       {"PrivateKey", created->private_key_pem.text()}};
  return answer;
}

Result<Json> create_certificate_from_csr(Call& call) {
  const auto created = call.registry.create_certificate_from_csr(call.str("certificateSigningRequest"),
                                                                 call.flag("setAsActive"));
  if (!created) return created.error();
  auto answer = identifiers(**created);
  answer["certificatePem"] = (*created)->pem;
  return answer;
}

registry::RegisterCertificate registration_of(const Call& call) {
  registry::RegisterCertificate request{.pem = call.str("certificatePem"),
                                        .ca_pem = call.str("caCertificatePem"),
                                        .set_active = call.flag("setAsActive")};
  if (call.has("status")) request.status = registry::parse_certificate_status(call.str("status"));
  return request;
}

Result<Json> register_certificate(Call& call) {
  const auto registered = call.registry.register_certificate(registration_of(call));
  if (!registered) return registered.error();
  return identifiers(**registered);
}

Result<Json> register_certificate_without_ca(Call& call) {
  const auto registered = call.registry.register_certificate_without_ca(registration_of(call));
  if (!registered) return registered.error();
  return identifiers(**registered);
}

Json transfer_data(const registry::CertificateTransfer& transfer) {
  Json data{{"transferDate", epoch_seconds(transfer.sent_at)}};
  put(data, "transferMessage", transfer.message);
  put(data, "rejectReason", transfer.reject_reason);
  if (transfer.accepted_at) data["acceptDate"] = epoch_seconds(*transfer.accepted_at);
  if (transfer.rejected_at) data["rejectDate"] = epoch_seconds(*transfer.rejected_at);
  return data;
}

Result<Json> describe_certificate(Call& call) {
  const auto found = call.registry.certificate(call.certificate_id());
  if (!found) return found.error();
  const auto& certificate = **found;
  auto description = identifiers(certificate);
  if (certificate.ca_id) description["caCertificateId"] = certificate.ca_id->hex();
  description["status"] = to_text(certificate.status);
  description["certificatePem"] = certificate.pem;
  description["ownedBy"] = certificate.owned_by;
  put(description, "previousOwnedBy", certificate.previous_owner);
  if (certificate.transfer) description["transferData"] = transfer_data(*certificate.transfer);
  description["creationDate"] = epoch_seconds(certificate.created_at);
  description["lastModifiedDate"] = epoch_seconds(certificate.changed_at);
  description["customerVersion"] = certificate.version;
  description["generationId"] = certificate.generation_id;
  description["validity"] = {{"notBefore", epoch_seconds(certificate.not_before)},
                             {"notAfter", epoch_seconds(certificate.not_after)}};
  description["certificateMode"] = to_text(certificate.mode);
  return Json{{"certificateDescription", std::move(description)}};
}

Result<Json> update_certificate(Call& call) {
  const auto status = registry::parse_certificate_status(call.str("newStatus"));
  return empty_answer(call.registry.set_certificate_status(call.certificate_id(), *status));
}

Result<Json> delete_certificate(Call& call) {
  return empty_answer(call.registry.delete_certificate(call.certificate_id(), call.flag("forceDelete")));
}

Result<Json> certificate_list(const Result<registry::Page<registry::CertificatePtr>>& page) {
  if (!page) return page.error();
  return page_answer(*page, "certificates", "nextMarker", [](const registry::CertificatePtr& certificate) {
    auto item = identifiers(*certificate);
    item["status"] = to_text(certificate->status);
    item["certificateMode"] = to_text(certificate->mode);
    item["creationDate"] = epoch_seconds(certificate->created_at);
    return item;
  });
}

Result<Json> list_certificates(Call& call) {
  return certificate_list(call.registry.list_certificates(call.page()));
}

Result<Json> list_certificates_by_ca(Call& call) {
  return certificate_list(
      call.registry.list_certificates_by_ca(call.certificate_id("caCertificateId"), call.page()));
}

}  // namespace

const OperationTable& certificate_operations() {
  static const OperationTable table{
      {.name = "CreateKeysAndCertificate",
       .verb = Verb::post,
       .path = "/keys-and-certificate",
       .input = {set_as_active()},
       .output = {"certificateArn", "certificateId", "certificatePem", "keyPair"},
       .run = create_keys_and_certificate,
       .blocking = true},
      {.name = "CreateCertificateFromCsr",
       .verb = Verb::post,
       .path = "/certificates",
       .input = {body("certificateSigningRequest").required().length(1, 4096), set_as_active()},
       .output = {"certificateArn", "certificateId", "certificatePem"},
       .run = create_certificate_from_csr,
       .blocking = true},  // the first one makes the issuing CA's key
      {.name = "RegisterCertificate",
       .verb = Verb::post,
       .path = "/certificate/register",
       .input = {certificate_pem("certificatePem").required(), certificate_pem("caCertificatePem"),
                 set_as_active(), body("status").one_of(kCertificateStatuses)},
       .output = {"certificateArn", "certificateId"},
       .errors = {Errc::already_exists, Errc::certificate_conflict, Errc::certificate_state,
                  Errc::certificate_validation},
       .run = register_certificate},
      {.name = "RegisterCertificateWithoutCA",
       .verb = Verb::post,
       .path = "/certificate/register-no-ca",
       .input = {certificate_pem("certificatePem").required(), body("status").one_of(kCertificateStatuses)},
       .output = {"certificateArn", "certificateId"},
       .errors = {Errc::already_exists, Errc::certificate_state, Errc::certificate_validation},
       .run = register_certificate_without_ca},
      {.name = "DescribeCertificate",
       .verb = Verb::get,
       .path = "/certificates/{certificateId}",
       .input = {certificate_id()},
       .output = {"certificateDescription"},
       .errors = {Errc::not_found},
       .run = describe_certificate},
      {.name = "UpdateCertificate",
       .verb = Verb::put,
       .path = "/certificates/{certificateId}",
       .input = {certificate_id(), query("newStatus").required().one_of(kCertificateStatuses)},
       .errors = {Errc::certificate_state, Errc::not_found},
       .run = update_certificate},
      {.name = "DeleteCertificate",
       .verb = Verb::del,
       .path = "/certificates/{certificateId}",
       .input = {certificate_id(), query("forceDelete").boolean()},
       .errors = {Errc::certificate_state, Errc::delete_conflict, Errc::not_found},
       .run = delete_certificate},
      {.name = "ListCertificates",
       .verb = Verb::get,
       .path = "/certificates",
       .input = with_ordered_marker({}),
       .output = {"certificates", "nextMarker"},
       .run = list_certificates},
      {.name = "ListCertificatesByCA",
       .verb = Verb::get,
       .path = "/certificates-by-ca/{caCertificateId}",
       .input = with_ordered_marker(
           {path_member("caCertificateId").length(64, 64).pattern(kCertificateIdPattern)}),
       .output = {"certificates", "nextMarker"},
       .run = list_certificates_by_ca},
  };
  return table;
}

}  // namespace iotemu::api
