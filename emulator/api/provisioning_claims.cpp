// Temporary claims for fleet provisioning (P6.5).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

Result<Json> create_provisioning_claim(Call& call) {
  const auto created = call.registry.create_provisioning_claim(call.template_name());
  if (!created) return created.error();
  const auto& certificate = *created->certificate;
  return Json{
      {"certificateId", certificate.id.hex()},
      {"certificatePem", certificate.pem},
      {"keyPair", {{"PublicKey", created->public_key_pem}, {"PrivateKey", created->private_key_pem.text()}}},
      {"expiration", epoch_seconds(certificate.not_after)}};
}

}  // namespace

const OperationTable& provisioning_claim_operations() {
  static const OperationTable table{
      {.name = "CreateProvisioningClaim",
       .verb = Verb::post,
       .path = "/provisioning-templates/{templateName}/provisioning-claim",
       .input = {template_name(path_member("templateName"))},
       .output = {"certificateId", "certificatePem", "keyPair", "expiration"},
       .errors = {Errc::not_found},
       .run = create_provisioning_claim,
       .blocking = true},
  };
  return table;
}

}  // namespace iotemu::api
