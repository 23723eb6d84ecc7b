#pragma once

// OpenSSL's types behind owning pointers. Included by .cpp files of this folder only.

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/free.h"
#include "registry/pki/certificate.h"
#include "registry/pki/keys.h"

namespace iotemu::registry::pki {

using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;
using X509PublicKeyPtr = std::unique_ptr<X509_PUBKEY, Free<X509_PUBKEY_free>>;
using X509ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using EvpKeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Asn1ObjectPtr = std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>>;
using Asn1OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>>;
using Asn1IntegerPtr = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
using Asn1TimePtr = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Free<GENERAL_NAME_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, Free<BASIC_CONSTRAINTS_free>>;
using AuthorityKeyIdPtr = std::unique_ptr<AUTHORITY_KEYID, Free<AUTHORITY_KEYID_free>>;

inline std::string_view as_text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
inline const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// The DER of an object by its i2d function; empty on failure.
template <class T>
std::string to_der(T* object, int (*i2d)(T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  const int size = i2d(object, &bytes);
  if (size <= 0) return {};
  std::string der{as_text(bytes, static_cast<std::size_t>(size))};
  OPENSSL_free(bytes);
  return der;
}

/// What is written to a memory BIO.
inline std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

struct Certificate::Impl {
  X509Ptr x509{};
  std::string der{};
  CertificateId id{};
  int version{1};
  DistinguishedName subject{};
  DistinguishedName issuer{};
  std::string serial_decimal{};
  std::string serial_hex{};
  Time not_before{};
  Time not_after{};
  AlternativeNames subject_names{};
  AlternativeNames issuer_names{};
  bool is_ca{false};
  KeyType key_type{KeyType::ec};
  int key_bits{0};
  std::string public_key_der{};
  std::string subject_key_id{};
  std::string authority_key_id{};
};

struct PrivateKey::Impl {
  EvpKeyPtr key{};
};

}  // namespace iotemu::registry::pki
