// Certificates that change their account (P2.10). The caller's realm is one side; the other account's is
// found by the certificate.

#include "emulator/api/members.h"
#include "emulator/api/ports.h"

namespace iotemu::api {
namespace {

using registry::TransferSide;

/// The registry of another account; not having room for it is no error that these operations model.
Result<registry::Registry*> registry_of(const Call& call, const std::string& account) {
  auto found = call.realms.registry({.account = account, .region = call.registry.realm().region});
  if (!found) return Error{Errc::unavailable, found.error().message};
  return found;
}

Result<registry::Registry*> partner(const Call& call, TransferSide side) {
  const auto realm = call.registry.transfer_partner(call.certificate_id(), side);
  if (!realm) return realm.error();
  return registry_of(call, realm->account);
}

Result<Json> transfer_certificate(Call& call) {
  // Before a realm is made for an account that was only mistyped.
  if (auto known = call.registry.certificate(call.certificate_id()); !known) return known.error();
  const auto target = registry_of(call, call.str("targetAwsAccount"));
  if (!target) return target.error();
  const auto arn =
      call.registry.transfer_certificate(call.certificate_id(), **target, call.str("transferMessage"));
  if (!arn) return arn.error();
  return Json{{"transferredCertificateArn", *arn}};
}

Result<Json> accept_certificate_transfer(Call& call) {
  const auto source = partner(call, TransferSide::target);
  if (!source) return source.error();
  return empty_answer(
      call.registry.accept_transfer(call.certificate_id(), **source, call.flag("setAsActive")));
}

Result<Json> reject_certificate_transfer(Call& call) {
  const auto source = partner(call, TransferSide::target);
  if (!source) return source.error();
  return empty_answer(
      call.registry.reject_transfer(call.certificate_id(), **source, call.str("rejectReason")));
}

Result<Json> cancel_certificate_transfer(Call& call) {
  const auto target = partner(call, TransferSide::source);
  if (!target) return target.error();
  return empty_answer(call.registry.cancel_transfer(call.certificate_id(), **target));
}

Result<Json> list_outgoing_certificates(Call& call) {
  const auto page = call.registry.outgoing_certificates(call.page());
  if (!page) return page.error();
  return page_answer(*page, "outgoingCertificates", "nextMarker",
                     [](const registry::CertificatePtr& certificate) {
                       const auto& transfer = *certificate->transfer;
                       Json item{{"certificateArn", certificate->arn},
                                 {"certificateId", certificate->id.hex()},
                                 {"transferredTo", transfer.to},
                                 {"transferDate", epoch_seconds(transfer.sent_at)},
                                 {"creationDate", epoch_seconds(certificate->created_at)}};
                       put(item, "transferMessage", transfer.message);
                       return item;
                     });
}

Member message(std::string_view name) {
  return body(name).length(0, 128);
}

}  // namespace

const OperationTable& certificate_transfer_operations() {
  static const OperationTable table{
      {.name = "TransferCertificate",
       .verb = Verb::patch,
       .path = "/transfer-certificate/{certificateId}",
       .input = {certificate_id(),
                 query("targetAwsAccount").required().length(12, 12).pattern(kAccountPattern),
                 message("transferMessage")},
       .output = {"transferredCertificateArn"},
       .errors = {Errc::certificate_state, Errc::not_found, Errc::transfer_conflict},
       .run = transfer_certificate},
      {.name = "AcceptCertificateTransfer",
       .verb = Verb::patch,
       .path = "/accept-certificate-transfer/{certificateId}",
       .input = {certificate_id(), set_as_active()},
       .errors = {Errc::not_found, Errc::transfer_already_completed},
       .run = accept_certificate_transfer},
      {.name = "RejectCertificateTransfer",
       .verb = Verb::patch,
       .path = "/reject-certificate-transfer/{certificateId}",
       .input = {certificate_id(), message("rejectReason")},
       .errors = {Errc::not_found, Errc::transfer_already_completed},
       .run = reject_certificate_transfer},
      {.name = "CancelCertificateTransfer",
       .verb = Verb::patch,
       .path = "/cancel-certificate-transfer/{certificateId}",
       .input = {certificate_id()},
       .errors = {Errc::not_found, Errc::transfer_already_completed},
       .run = cancel_certificate_transfer},
      {.name = "ListOutgoingCertificates",
       .verb = Verb::get,
       .path = "/certificates-out-going",
       .input = with_ordered_marker({}),
       .output = {"outgoingCertificates", "nextMarker"},
       .run = list_outgoing_certificates},
  };
  return table;
}

}  // namespace iotemu::api
