#include "registry/pki/extensions.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "registry/pki/openssl.h"
#include "registry/pki/pem.h"

namespace iotemu::registry::pki {
namespace {

void free_extensions(STACK_OF(X509_EXTENSION) * list) {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), Free<free_extensions>>;
using PoliciesPtr = std::unique_ptr<CERTIFICATEPOLICIES, Free<CERTIFICATEPOLICIES_free>>;
using AccessPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, Free<AUTHORITY_INFO_ACCESS_free>>;
using PointsPtr = std::unique_ptr<CRL_DIST_POINTS, Free<CRL_DIST_POINTS_free>>;
using BitsPtr = std::unique_ptr<ASN1_BIT_STRING, Free<ASN1_BIT_STRING_free>>;

Error cannot(std::string_view what) {
  ERR_clear_error();
  return {Errc::invalid_request, std::string{what}};
}

std::string dotted(const ASN1_OBJECT* object) {
  std::array<char, 256> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

RawExtension raw(std::string_view oid, bool critical, std::string der) {
  return {.oid = std::string{oid}, .critical = critical, .der = std::move(der)};
}

RawExtension raw(const X509_EXTENSION* extension) {
  auto* object = X509_EXTENSION_get_object(const_cast<X509_EXTENSION*>(extension));
  const auto* data = X509_EXTENSION_get_data(const_cast<X509_EXTENSION*>(extension));
  return raw(
      dotted(object), X509_EXTENSION_get_critical(extension) == 1,
      std::string{as_text(ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data)))});
}

/// An extension that OpenSSL reads from a comma-separated list of words.
Result<RawExtension> from_words(int nid, bool critical, const std::vector<std::string>& words,
                                std::string_view what) {
  std::string text = critical ? "critical" : "";
  for (const auto& word : words) {
    if (word.find_first_of(",:@\n") != word.npos) return cannot("'" + word + "' is no " + std::string{what});
    if (!text.empty()) text += ',';
    text += word;
  }
  const X509ExtensionPtr extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, text.c_str())};
  if (!extension) return cannot("the " + std::string{what} + " is not possible");
  return raw(extension.get());
}

ASN1_UTF8STRING* utf8(const std::string& text) {
  auto* result = ASN1_UTF8STRING_new();
  ASN1_STRING_set(result, text.data(), static_cast<int>(text.size()));
  return result;
}

GeneralNamePtr other_name(const GeneralName& wanted) {
  Asn1ObjectPtr type{OBJ_txt2obj(wanted.type.c_str(), 1)};
  if (!type) return {};
  GeneralNamePtr result{GENERAL_NAME_new()};
  auto* value = ASN1_TYPE_new();
  ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8(wanted.value));
  if (GENERAL_NAME_set0_othername(result.get(), type.get(), value) != 1) {
    ASN1_TYPE_free(value);
    return {};
  }
  (void)type.release();  // it belongs to the name now
  return result;
}

GeneralNamePtr edi_party_name(const GeneralName& wanted) {
  auto* party = EDIPARTYNAME_new();
  const auto directory_string = [](const std::string& text) {
    auto* string = ASN1_STRING_type_new(V_ASN1_UTF8STRING);
    ASN1_STRING_set(string, text.data(), static_cast<int>(text.size()));
    return string;
  };
  ASN1_STRING_free(party->partyName);
  party->partyName = directory_string(wanted.value);
  if (!wanted.type.empty()) party->nameAssigner = directory_string(wanted.type);
  GeneralNamePtr result{GENERAL_NAME_new()};
  GENERAL_NAME_set0_value(result.get(), GEN_EDIPARTY, party);
  return result;
}

GeneralNamePtr directory_name(const GeneralName& wanted) {
  const auto der = encode_name(wanted.name);
  if (!der) return {};
  const auto* at = as_bytes(*der);
  auto* name = d2i_X509_NAME(nullptr, &at, static_cast<long>(der->size()));
  if (name == nullptr) return {};
  GeneralNamePtr result{GENERAL_NAME_new()};
  GENERAL_NAME_set0_value(result.get(), GEN_DIRNAME, name);
  return result;
}

int type_of(GeneralName::Kind kind) {
  switch (kind) {
    case GeneralName::Kind::dns:
      return GEN_DNS;
    case GeneralName::Kind::ip:
      return GEN_IPADD;
    case GeneralName::Kind::uri:
      return GEN_URI;
    case GeneralName::Kind::registered_id:
      return GEN_RID;
    default:
      return GEN_EMAIL;
  }
}

GeneralNamePtr make(const GeneralName& wanted) {
  switch (wanted.kind) {
    case GeneralName::Kind::other:
      return other_name(wanted);
    case GeneralName::Kind::edi_party:
      return edi_party_name(wanted);
    case GeneralName::Kind::directory:
      return directory_name(wanted);
    default:
      return GeneralNamePtr{
          a2i_GENERAL_NAME(nullptr, nullptr, nullptr, type_of(wanted.kind), wanted.value.c_str(), 0)};
  }
}

Result<GeneralNamePtr> checked(const GeneralName& wanted) {
  auto made = make(wanted);
  if (!made) return cannot("'" + wanted.value + "' is not possible as a general name");
  return made;
}

void add_cps(POLICYINFO* policy, const std::string& uri) {
  auto* qualifier = POLICYQUALINFO_new();
  ASN1_OBJECT_free(qualifier->pqualid);
  qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
  qualifier->d.cpsuri = ASN1_IA5STRING_new();
  ASN1_STRING_set(qualifier->d.cpsuri, uri.data(), static_cast<int>(uri.size()));
  if (policy->qualifiers == nullptr) policy->qualifiers = sk_POLICYQUALINFO_new_null();
  sk_POLICYQUALINFO_push(policy->qualifiers, qualifier);
}

}  // namespace

Result<RawExtension> basic_constraints(const BasicConstraints& wanted, bool critical) {
  const BasicConstraintsPtr constraints{BASIC_CONSTRAINTS_new()};
  constraints->ca = wanted.ca ? 0xff : 0;
  if (wanted.path_length) {
    constraints->pathlen = ASN1_INTEGER_new();
    ASN1_INTEGER_set_int64(constraints->pathlen, *wanted.path_length);
  }
  return raw(oid::kBasicConstraints, critical,
             to_der<const BASIC_CONSTRAINTS>(constraints.get(), i2d_BASIC_CONSTRAINTS));
}

Result<RawExtension> key_usage(const std::vector<std::string>& words) {
  return from_words(NID_key_usage, true, words, "key usage");
}

Result<RawExtension> extended_key_usage(const std::vector<std::string>& words, bool critical) {
  return from_words(NID_ext_key_usage, critical, words, "extended key usage");
}

Result<RawExtension> subject_alternative_names(const std::vector<GeneralName>& names) {
  const GeneralNamesPtr list{GENERAL_NAMES_new()};
  for (const auto& name : names) {
    auto made = checked(name);
    if (!made) return made.error();
    sk_GENERAL_NAME_push(list.get(), made->release());
  }
  return raw(oid::kSubjectAlternativeName, false, to_der<const GENERAL_NAMES>(list.get(), i2d_GENERAL_NAMES));
}

Result<RawExtension> certificate_policies(const std::vector<PolicyInformation>& policies) {
  const PoliciesPtr list{CERTIFICATEPOLICIES_new()};
  for (const auto& wanted : policies) {
    auto* policy = POLICYINFO_new();
    sk_POLICYINFO_push(list.get(), policy);
    ASN1_OBJECT_free(policy->policyid);
    policy->policyid = OBJ_txt2obj(wanted.oid.c_str(), 1);
    if (policy->policyid == nullptr) return cannot("'" + wanted.oid + "' is no OID of a certificate policy");
    for (const auto& uri : wanted.cps_uris) add_cps(policy, uri);
  }
  return raw(oid::kCertificatePolicies, false,
             to_der<const CERTIFICATEPOLICIES>(list.get(), i2d_CERTIFICATEPOLICIES));
}

Result<RawExtension> crl_distribution_point(const std::string& uri) {
  auto name = checked({.kind = GeneralName::Kind::uri, .value = uri});
  if (!name) return name.error();
  const PointsPtr points{CRL_DIST_POINTS_new()};
  auto* point = DIST_POINT_new();
  sk_DIST_POINT_push(points.get(), point);
  point->distpoint = DIST_POINT_NAME_new();
  point->distpoint->type = 0;
  point->distpoint->name.fullname = sk_GENERAL_NAME_new_null();
  sk_GENERAL_NAME_push(point->distpoint->name.fullname, name->release());
  return raw(oid::kCrlDistributionPoints, false,
             to_der<const CRL_DIST_POINTS>(points.get(), i2d_CRL_DIST_POINTS));
}

Result<RawExtension> information_access(std::string_view oid,
                                        const std::vector<AccessDescription>& descriptions) {
  const AccessPtr list{AUTHORITY_INFO_ACCESS_new()};
  for (const auto& wanted : descriptions) {
    auto* access = ACCESS_DESCRIPTION_new();
    sk_ACCESS_DESCRIPTION_push(list.get(), access);
    ASN1_OBJECT_free(access->method);
    access->method = OBJ_txt2obj(wanted.method_oid.c_str(), 1);
    if (access->method == nullptr) return cannot("'" + wanted.method_oid + "' is no OID of an access method");
    auto location = checked(wanted.location);
    if (!location) return location.error();
    GENERAL_NAME_free(access->location);
    access->location = location->release();
  }
  return raw(oid, false, to_der<const AUTHORITY_INFO_ACCESS>(list.get(), i2d_AUTHORITY_INFO_ACCESS));
}

Result<std::string> key_identifier(std::string_view public_key_der) {
  const auto* at = as_bytes(public_key_der);
  const std::unique_ptr<X509_PUBKEY, Free<X509_PUBKEY_free>> key{
      d2i_X509_PUBKEY(nullptr, &at, static_cast<long>(public_key_der.size()))};
  const unsigned char* bits = nullptr;
  int size = 0;
  if (!key || X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, key.get()) != 1) {
    return cannot("the public key cannot be read");
  }
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(bits, static_cast<std::size_t>(size), hash.data());
  return std::string{as_text(hash.data(), hash.size())};
}

RawExtension subject_key_identifier(std::string_view identifier) {
  const Asn1OctetsPtr octets{ASN1_OCTET_STRING_new()};
  ASN1_OCTET_STRING_set(octets.get(), as_bytes(identifier), static_cast<int>(identifier.size()));
  return raw(oid::kSubjectKeyId, false, to_der<const ASN1_OCTET_STRING>(octets.get(), i2d_ASN1_OCTET_STRING));
}

RawExtension authority_key_identifier(std::string_view identifier) {
  const AuthorityKeyIdPtr authority{AUTHORITY_KEYID_new()};
  authority->keyid = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(authority->keyid, as_bytes(identifier), static_cast<int>(identifier.size()));
  return raw(oid::kAuthorityKeyId, false,
             to_der<const AUTHORITY_KEYID>(authority.get(), i2d_AUTHORITY_KEYID));
}

Result<std::vector<RawExtension>> requested_extensions(std::string_view csr_pem) {
  for (const std::string_view label : {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"}) {
    const auto block = pem_block(csr_pem, label);
    if (block.empty()) continue;
    const auto der = pem_bytes(block, label);
    if (!der) break;
    const auto* at = as_bytes(*der);
    const X509ReqPtr request{d2i_X509_REQ(nullptr, &at, static_cast<long>(der->size()))};
    if (!request) break;
    const ExtensionsPtr list{X509_REQ_get_extensions(request.get())};
    std::vector<RawExtension> result;
    for (int i = 0; i < sk_X509_EXTENSION_num(list.get()); ++i) {
      result.push_back(raw(sk_X509_EXTENSION_value(list.get(), i)));
    }
    ERR_clear_error();
    return result;
  }
  return cannot("the request's extensions cannot be read");
}

Result<std::string> make_csr(const Subject& subject, const PrivateKey& key,
                             const std::vector<RawExtension>& extensions, Digest digest) {
  const auto name_der = encode_name(subject);
  if (!name_der) return name_der.error();
  const auto* at = as_bytes(*name_der);
  const X509NamePtr name{d2i_X509_NAME(nullptr, &at, static_cast<long>(name_der->size()))};
  const X509ReqPtr request{X509_REQ_new()};
  const ExtensionsPtr list{sk_X509_EXTENSION_new_null()};
  for (const auto& wanted : extensions) {
    const Asn1ObjectPtr object{OBJ_txt2obj(wanted.oid.c_str(), 1)};
    const Asn1OctetsPtr data{ASN1_OCTET_STRING_new()};
    ASN1_OCTET_STRING_set(data.get(), as_bytes(wanted.der), static_cast<int>(wanted.der.size()));
    auto* extension =
        X509_EXTENSION_create_by_OBJ(nullptr, object.get(), wanted.critical ? 1 : 0, data.get());
    if (extension == nullptr) return cannot("the extension '" + wanted.oid + "' is not possible");
    sk_X509_EXTENSION_push(list.get(), extension);
  }
  const auto* md = digest == Digest::sha512   ? EVP_sha512()
                   : digest == Digest::sha384 ? EVP_sha384()
                                              : EVP_sha256();
  auto* pkey = key.impl().key.get();
  const bool made = name && request && X509_REQ_set_version(request.get(), 0) == 1 &&
                    X509_REQ_set_subject_name(request.get(), name.get()) == 1 &&
                    X509_REQ_set_pubkey(request.get(), pkey) == 1 &&
                    (extensions.empty() || X509_REQ_add_extensions(request.get(), list.get()) == 1) &&
                    X509_REQ_sign(request.get(), pkey, md) > 0;
  if (!made) return cannot("a certificate signing request could not be made");
  return to_pem(to_der<const X509_REQ>(request.get(), i2d_X509_REQ), "CERTIFICATE REQUEST");
}

std::string certificate_pem(std::string_view der) {
  return to_pem(der, "CERTIFICATE");
}

AuthorityFacts authority_facts(const Certificate& certificate) {
  AuthorityFacts facts;
  const auto* x509 = certificate.impl().x509.get();
  int critical = -1;
  const BasicConstraintsPtr constraints{
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(x509, NID_basic_constraints, &critical, nullptr))};
  if (constraints) {
    facts.is_ca = constraints->ca != 0;
    facts.basic_constraints_critical = critical == 1;
    if (constraints->pathlen != nullptr)
      facts.path_length = static_cast<int>(ASN1_INTEGER_get(constraints->pathlen));
  }
  const BitsPtr usage{static_cast<ASN1_BIT_STRING*>(X509_get_ext_d2i(x509, NID_key_usage, nullptr, nullptr))};
  if (usage) {  // RFC 5280, 4.2.1.3
    facts.signs_certificates = ASN1_BIT_STRING_get_bit(usage.get(), 5) == 1;
    facts.signs_crls = ASN1_BIT_STRING_get_bit(usage.get(), 6) == 1;
  }
  for (int i = 0; i < X509_get_ext_count(x509); ++i) {
    auto* extension = X509_get_ext(x509, i);
    if (X509_EXTENSION_get_critical(extension) == 1) {
      facts.critical_oids.push_back(dotted(X509_EXTENSION_get_object(extension)));
    }
  }
  ERR_clear_error();
  return facts;
}

bool is_elliptic(const PrivateKey& key) {
  return EVP_PKEY_get_base_id(key.impl().key.get()) == EVP_PKEY_EC;
}

}  // namespace iotemu::registry::pki
