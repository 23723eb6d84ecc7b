#include "tests/support/tls_identities.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <atomic>
#include <stdexcept>

#include "base/free.h"

namespace iotemu::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

Bio reader(const std::string& text) {
  return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const Bio out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(out.get(), certificate);
  return contents(out.get());
}

std::string pem(EVP_PKEY* key) {
  const Bio out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return contents(out.get());
}

Key new_key(TestKey kind) {
  Key key{kind == TestKey::ec_p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048)};
  if (!key) throw std::runtime_error{"no key"};
  return key;
}

Certificate unsigned_certificate(EVP_PKEY* key, std::string_view common_name) {
  static std::atomic<long> serial{1};
  Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30L * 24 * 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  return certificate;
}

}  // namespace

TestIdentity make_test_authority(std::string_view common_name) {
  const Key key = new_key(TestKey::ec_p256);
  const Certificate certificate = unsigned_certificate(key.get(), common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  return {.chain_pem = pem(certificate.get()), .key_pem = pem(key.get())};
}

TestIdentity make_test_identity(const TestIdentity& authority, std::string_view common_name, TestKey kind) {
  const Certificate issuer{PEM_read_bio_X509(reader(authority.chain_pem).get(), nullptr, nullptr, nullptr)};
  const Key issuer_key{PEM_read_bio_PrivateKey(reader(authority.key_pem).get(), nullptr, nullptr, nullptr)};
  if (!issuer || !issuer_key) throw std::runtime_error{"no authority"};
  const Key key = new_key(kind);
  const Certificate certificate = unsigned_certificate(key.get(), common_name);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  X509_sign(certificate.get(), issuer_key.get(), EVP_sha256());
  return {.chain_pem = pem(certificate.get()) + authority.chain_pem, .key_pem = pem(key.get())};
}

std::string first_der(const std::string& text) {
  const Certificate certificate{PEM_read_bio_X509(reader(text).get(), nullptr, nullptr, nullptr)};
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate.get(), &bytes);
  std::string der{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  OPENSSL_free(bytes);
  return der;
}

}  // namespace iotemu::testing
