#include "registry/pki/keys.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "registry/pki/openssl.h"

namespace iotemu::registry::pki {

Secret::Secret(Secret&& other) noexcept {
  *this = std::move(other);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = other.text_;  // a copy, so that a short string's inline buffer can be wiped at its source
  other.wipe();
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() {
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

Result<PrivateKey> PrivateKey::generate(KeyKind kind) {
  auto impl = std::make_shared<Impl>();
  switch (kind) {
    case KeyKind::ec_p256:
      impl->key.reset(EVP_EC_gen("P-256"));
      break;
    case KeyKind::ec_p384:
      impl->key.reset(EVP_EC_gen("P-384"));
      break;
    case KeyKind::ec_p521:
      impl->key.reset(EVP_EC_gen("P-521"));
      break;
    case KeyKind::rsa_2048:
      impl->key.reset(EVP_RSA_gen(2048U));
      break;
    case KeyKind::rsa_3072:
      impl->key.reset(EVP_RSA_gen(3072U));
      break;
    case KeyKind::rsa_4096:
      impl->key.reset(EVP_RSA_gen(4096U));
      break;
  }
  if (!impl->key) {
    ERR_clear_error();
    return Error{Errc::internal, "A key could not be generated"};
  }
  return PrivateKey{std::move(impl)};
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  // Without this, OpenSSL asks the terminal for the passphrase of an encrypted key.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  auto impl = std::make_shared<Impl>();
  if (bio) impl->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!impl->key) {
    ERR_clear_error();
    return Error{Errc::invalid_request, "The text is not an unencrypted private key in PEM"};
  }
  return PrivateKey{std::move(impl)};
}

Secret PrivateKey::private_pem() const {
  const BioPtr bio{BIO_new(BIO_s_secmem())};
  PEM_write_bio_PrivateKey_traditional(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Secret{contents(bio.get())};
}

std::string PrivateKey::public_pem() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_PUBKEY(bio.get(), impl_->key.get());
  return contents(bio.get());
}

std::string PrivateKey::public_key_der() const {
  return to_der<const EVP_PKEY>(impl_->key.get(), i2d_PUBKEY);
}

}  // namespace iotemu::registry::pki
