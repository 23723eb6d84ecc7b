#include "load/client/identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <string>

#include "base/free.h"

namespace iotemu::load {
namespace {

using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;

BioPtr reader(std::string_view text) {
  return BioPtr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

Error unreadable(const char* what) {
  ERR_clear_error();
  return Error{.code = Errc::invalid_request, .message = std::string{"no "} + what + " in PEM was found"};
}

void free_chain(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}

/// All certificates that are left in `pem`; empty if there is none.
std::shared_ptr<STACK_OF(X509)> read_chain(BIO* pem) {
  std::shared_ptr<STACK_OF(X509)> certificates{sk_X509_new_null(), free_chain};
  while (X509* next = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr)) {
    sk_X509_push(certificates.get(), next);
  }
  ERR_clear_error();
  return certificates;
}

}  // namespace

Result<CaChain> CaChain::from_pem(std::string_view pem) {
  CaChain chain;
  chain.certificates_ = read_chain(reader(pem).get());
  if (sk_X509_num(chain.certificates_.get()) == 0) return unreadable("CA certificate");
  return chain;
}

Result<ClientIdentity> ClientIdentity::from_pem(std::string_view chain_pem, std::string_view key_pem) {
  auto identity = from_pem(chain_pem, key_pem, {});
  if (!identity) return identity;
  const auto pem = reader(chain_pem);
  const std::unique_ptr<X509, Free<X509_free>> leaf{PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)};
  identity->chain_.certificates_ = read_chain(pem.get());
  return identity;
}

Result<ClientIdentity> ClientIdentity::from_pem(std::string_view leaf_pem, std::string_view key_pem,
                                                const CaChain& chain) {
  ClientIdentity identity;
  identity.leaf_.reset(PEM_read_bio_X509(reader(leaf_pem).get(), nullptr, nullptr, nullptr), X509_free);
  if (!identity.leaf_) return unreadable("certificate");
  identity.key_.reset(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, nullptr, nullptr),
                      EVP_PKEY_free);
  if (!identity.key_) return unreadable("private key");
  if (X509_check_private_key(identity.leaf_.get(), identity.key_.get()) != 1) {
    ERR_clear_error();
    return Error{.code = Errc::invalid_request, .message = "the key does not belong to the certificate"};
  }
  identity.chain_ = chain;
  return identity;
}

bool ClientIdentity::put_on(SSL* ssl) const {
  return SSL_use_certificate(ssl, leaf_.get()) == 1 && SSL_use_PrivateKey(ssl, key_.get()) == 1 &&
         (!chain_.certificates_ || SSL_set1_chain(ssl, chain_.certificates_.get()) == 1);
}

}  // namespace iotemu::load
