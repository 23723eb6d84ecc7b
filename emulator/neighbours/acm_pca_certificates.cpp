// The certificates of ACM PCA: an authority's own, and those that it issues.

#include <array>
#include <utility>

#include "base/hex.h"
#include "emulator/neighbours/acm_pca.h"
#include "emulator/neighbours/pca_faults.h"
#include "emulator/neighbours/pca_import.h"
#include "emulator/neighbours/pca_issue.h"
#include "emulator/neighbours/pem_blob.h"

namespace iotemu::neighbours {
namespace {

using State = PcaAuthority::State;

constexpr std::size_t kMaxCertificates = 1'000'000;
constexpr std::size_t kSerialBytes = 16;

std::string plain_serial(std::string serial) {
  std::erase(serial, ':');
  return lowercase(serial);
}

}  // namespace

Answer<Json> AcmPca::get_csr(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  if ((*authority)->state == State::deleted)
    return invalid_state(**authority, clock_.now(), "restore it first");
  return Json{{"Csr", (*authority)->csr}};
}

Answer<Json> AcmPca::import_certificate(const Question& question) {
  const auto certificate = pem_of_blob(question.str("Certificate"));
  const auto chain =
      question.str("CertificateChain").empty() ? "" : pem_of_blob(question.str("CertificateChain"));
  const auto before = find(question);
  if (!before) return before.fault();
  const auto now = clock_.now();
  if ((*before)->state == State::deleted) return invalid_state(**before, now, "it takes no certificate");
  // Signatures take their time: not under the lock.
  auto import = check_import(**before, certificate, chain, now);
  if (!import) return import.fault();
  auto whole = import->chain;
  whole.insert(whole.begin(), import->certificate);
  const auto issued_chain = std::make_shared<const std::string>(shown_chain(whole));
  return replace(
      question,
      [&](PcaAuthority& authority) -> Done {
        authority.certificate = std::move(import->certificate);
        authority.chain = std::move(import->chain);
        authority.issued_chain = issued_chain;
        if (authority.state == State::pending_certificate) authority.state = State::active;
        return Ok{};
      },
      *before);
}

Answer<Json> AcmPca::get_authority_certificate(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  if (!(*authority)->certificate) {
    return invalid_state(**authority, clock_.now(), "no certificate has been imported");
  }
  Json answer{{"Certificate", shown_pem(*(*authority)->certificate)}};
  if (!(*authority)->chain.empty()) answer["CertificateChain"] = shown_chain((*authority)->chain);
  return answer;
}

Answer<Json> AcmPca::issue(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  const auto& arn = (*authority)->arn;
  const auto given = question.str("IdempotencyToken");
  const auto token = given.empty() ? "" : "issue " + arn + " " + given;
  {
    const std::lock_guard lock{mutex_};
    auto* mine = home(question.realm);
    if (mine == nullptr) return no_authority(arn);
    if (const auto done = earlier(*mine, token)) return Json{{"CertificateArn", *done}};
  }
  std::array<std::uint8_t, kSerialBytes> serial{};
  random_.fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);  // positive, and always 16 bytes
  const auto issued =
      issue_certificate({.authority = **authority,
                         .realm = question.realm,
                         .template_arn = question.str("TemplateArn"),
                         .csr_pem = pem_of_blob(question.str("Csr")),
                         .signing_algorithm = question.str("SigningAlgorithm"),
                         .validity = question.input.at("Validity"),
                         .validity_not_before = question.input.value("ValidityNotBefore", Json{}),
                         .api_passthrough = question.input.value("ApiPassthrough", Json{}),
                         .serial = std::string{serial.begin(), serial.end()},
                         .now = clock_.now()});
  if (!issued) return issued.fault();

  auto record = std::make_shared<PcaCertificate>(PcaCertificate{.pem = issued->pem});
  if (!issued->self_signed) record->chain = (*authority)->issued_chain;
  const std::lock_guard lock{mutex_};
  auto* known = home(question.realm);
  // It may have gone while the certificate was signed, with a reset for one.
  if (known == nullptr || !known->authorities.contains(arn)) return no_authority(arn);
  auto& mine = *known;
  if (const auto done = earlier(mine, token)) return Json{{"CertificateArn", *done}};
  if (mine.certificates.size() >= kMaxCertificates) {
    return Fault{"LimitExceededException",
                 "There are " + std::to_string(kMaxCertificates) + " certificates already"};
  }
  const auto certificate_arn = arn + "/certificate/" + to_hex(serial);
  mine.certificates[certificate_arn] = std::move(record);
  if (!token.empty()) remember(mine, token, certificate_arn);
  return Json{{"CertificateArn", certificate_arn}};
}

Answer<Json> AcmPca::get_certificate(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  const auto arn = question.str("CertificateArn");
  if (!arn.starts_with((*authority)->arn + "/certificate/")) {
    return Fault{"InvalidArnException", "The ARN " + arn + " is not that of a certificate of this CA"};
  }
  const std::lock_guard lock{mutex_};
  const auto* mine = home(question.realm);
  if (mine == nullptr || !mine->certificates.contains(arn)) {
    return Fault{"ResourceNotFoundException", "The certificate " + arn + " does not exist"};
  }
  const auto& found = *mine->certificates.at(arn);
  Json answer{{"Certificate", found.pem}};
  if (found.chain) answer["CertificateChain"] = *found.chain;
  return answer;
}

Answer<Json> AcmPca::revoke(const Question& question) {
  const auto authority = find(question);
  if (!authority) return authority.fault();
  const auto state = (*authority)->state;
  if (state != State::active && state != State::disabled) {
    return invalid_state(**authority, clock_.now(), "it revokes nothing");
  }
  const auto serial = plain_serial(question.str("CertificateSerial"));
  if (!is_hex(serial)) {
    return Fault{"InvalidRequestException", "The serial number " + serial + " is not hexadecimal"};
  }
  const std::lock_guard lock{mutex_};
  auto* mine = home(question.realm);
  if (mine == nullptr) return no_authority((*authority)->arn);
  const auto found = mine->certificates.find((*authority)->arn + "/certificate/" + serial);
  if (found == mine->certificates.end()) {
    return Fault{"ResourceNotFoundException",
                 "The CA has issued no certificate with the serial number " + serial};
  }
  if (!found->second->chain) {
    return Fault{"InvalidRequestException", "The CA's own self-signed certificate cannot be revoked"};
  }
  if (found->second->revoked) {
    return Fault{"RequestAlreadyProcessedException", "The certificate is revoked already"};
  }
  auto next = std::make_shared<PcaCertificate>(*found->second);
  next->revoked = true;
  found->second = std::move(next);
  return Json::object();
}

}  // namespace iotemu::neighbours
