#include "registry/pki/public_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <optional>
#include <string>
#include <utility>

#include "registry/pki/openssl.h"
#include "registry/pki/pem.h"

namespace iotemu::registry::pki {

struct RsaPublicKey::Impl {
  EvpKeyPtr key;
};

Result<RsaPublicKey> RsaPublicKey::from_pem(std::string_view pem) {
  struct Form {
    std::string_view label;
    EVP_PKEY* (*read)(const unsigned char**, long);
  };
  const auto read_spki = [](const unsigned char** bytes, long size) {
    return d2i_PUBKEY(nullptr, bytes, size);
  };
  const auto read_pkcs1 = [](const unsigned char** bytes, long size) {
    return d2i_PublicKey(EVP_PKEY_RSA, nullptr, bytes, size);
  };
  for (const Form form : {Form{"PUBLIC KEY", read_spki}, Form{"RSA PUBLIC KEY", read_pkcs1}}) {
    const auto block = pem_block(pem, form.label);
    if (block.empty()) continue;
    const auto der = pem_bytes(block, form.label);
    auto impl = std::make_shared<Impl>();
    if (der) {
      const auto* bytes = as_bytes(*der);
      impl->key.reset(form.read(&bytes, static_cast<long>(der->size())));
      // What follows the key is no part of it.
      if (bytes != as_bytes(*der) + der->size()) impl->key.reset();
    }
    ERR_clear_error();
    if (!impl->key) return Error{Errc::invalid_request, "The PEM block holds no public key that can be read"};
    if (EVP_PKEY_get_base_id(impl->key.get()) != EVP_PKEY_RSA) {
      return Error{Errc::invalid_request, "The public key is not an RSA key"};
    }
    return RsaPublicKey{std::move(impl)};
  }
  return Error{Errc::invalid_request, "The text is not a public key in PEM (BEGIN PUBLIC KEY)"};
}

int RsaPublicKey::bits() const {
  return EVP_PKEY_get_bits(impl_->key.get());
}

bool RsaPublicKey::verifies(std::string_view text, std::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
  const bool verified =
      context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, impl_->key.get()) == 1 &&
      EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(text), text.size()) ==
          1;
  ERR_clear_error();
  return verified;
}

}  // namespace iotemu::registry::pki
