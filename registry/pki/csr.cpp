#include "registry/pki/csr.h"

#include <openssl/err.h>

#include "base/tls/library_context.h"
#include "registry/pki/der.h"
#include "registry/pki/issue.h"
#include "registry/pki/openssl.h"
#include "registry/pki/pem.h"

namespace iotemu::registry::pki {
namespace {

constexpr std::string_view kLabel = "CERTIFICATE REQUEST";
constexpr std::string_view kOldLabel = "NEW CERTIFICATE REQUEST";

Error invalid(std::string_view what) {
  ERR_clear_error();
  return {Errc::invalid_request, "The certificate signing request is not valid: " + std::string{what}};
}

}  // namespace

Result<Csr> Csr::from_pem(std::string_view pem) {
  const auto label = pem_block(pem, kLabel).empty() ? kOldLabel : kLabel;
  const auto block = pem_block(pem, label);
  if (block.empty()) return invalid("there is no CERTIFICATE REQUEST block");
  const auto der = pem_bytes(block, label);
  if (!der) return invalid("the block is not Base64");
  if (auto checked = check_request_form(*der); !checked) return invalid(checked.error().message);

  const auto* at = as_bytes(*der);
  X509_REQ* read = X509_REQ_new_ex(tls::library_context(), nullptr);  // freed by what fails to fill it
  const X509ReqPtr request{d2i_X509_REQ(&read, &at, static_cast<long>(der->size()))};
  if (!request || at != as_bytes(*der) + der->size()) return invalid("it cannot be decoded");
  auto* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    return invalid("its signature does not verify with its own key");
  }
  ERR_clear_error();
  return Csr{
      .subject_der = to_der<const X509_NAME>(X509_REQ_get_subject_name(request.get()), i2d_X509_NAME),
      .public_key_der = to_der<const X509_PUBKEY>(X509_REQ_get_X509_PUBKEY(request.get()), i2d_X509_PUBKEY)};
}

Result<std::string> make_csr(const Subject& subject, const PrivateKey& key) {
  const auto name_der = encode_name(subject);
  if (!name_der) return name_der.error();
  const auto* at = as_bytes(*name_der);
  const X509NamePtr name{d2i_X509_NAME(nullptr, &at, static_cast<long>(name_der->size()))};
  const X509ReqPtr request{X509_REQ_new()};
  auto* pkey = key.impl().key.get();
  const bool made = name && request && X509_REQ_set_version(request.get(), 0) == 1 &&
                    X509_REQ_set_subject_name(request.get(), name.get()) == 1 &&
                    X509_REQ_set_pubkey(request.get(), pkey) == 1 &&
                    X509_REQ_sign(request.get(), pkey, EVP_sha256()) > 0;
  if (!made) {
    ERR_clear_error();
    return Error{Errc::internal, "A certificate signing request could not be made"};
  }
  return to_pem(to_der<const X509_REQ>(request.get(), i2d_X509_REQ), kLabel);
}

}  // namespace iotemu::registry::pki
