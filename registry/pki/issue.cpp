#include "registry/pki/issue.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdio>
#include <utility>

#include "base/tls/library_context.h"
#include "registry/pki/openssl.h"

namespace iotemu::registry::pki {
namespace {

constexpr std::size_t kSerialBytes = 20;

Error cannot(std::string_view what) {
  ERR_clear_error();
  return {Errc::invalid_request, "A certificate cannot be made: " + std::string{what}};
}

bool add_attribute(X509_NAME* name, const SubjectAttribute& attribute) {
  // Older OpenSSL called the title `T`, and the walkthroughs still do.
  const auto known = attribute.name == "T" ? std::string{"title"} : attribute.name;
  const Asn1ObjectPtr object{OBJ_txt2obj(known.c_str(), 0)};
  if (!object) return false;
  const unsigned long form = attribute.type == StringType::bmp         ? B_ASN1_BMPSTRING
                             : attribute.type == StringType::printable ? B_ASN1_PRINTABLESTRING
                                                                       : B_ASN1_UTF8STRING;
  // Converted here and not by X509_NAME, which would apply the length limits of X.520.
  ASN1_STRING* converted = nullptr;
  const int type = ASN1_mbstring_copy(&converted, as_bytes(attribute.value),
                                      static_cast<int>(attribute.value.size()), MBSTRING_UTF8, form);
  if (type < 0) return false;
  const std::unique_ptr<ASN1_STRING, Free<ASN1_STRING_free>> value{converted};
  return X509_NAME_add_entry_by_OBJ(name, object.get(), type, ASN1_STRING_get0_data(value.get()),
                                    ASN1_STRING_length(value.get()), -1, 0) == 1;
}

Result<X509NamePtr> make_name(const Subject& subject) {
  X509NamePtr name{X509_NAME_new()};
  for (const auto& attribute : subject) {
    if (!add_attribute(name.get(), attribute)) {
      return cannot("the attribute '" + attribute.name + "' or its value '" + attribute.value +
                    "' is not possible");
    }
  }
  return name;
}

X509NamePtr decode_name(std::string_view der) {
  const auto* at = as_bytes(der);
  return X509NamePtr{d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size()))};
}

X509PublicKeyPtr decode_key(std::string_view spki) {
  const auto* at = as_bytes(spki);
  X509_PUBKEY* read = X509_PUBKEY_new_ex(tls::library_context(), nullptr);  // freed by what fails to fill it
  X509PublicKeyPtr key{d2i_X509_PUBKEY(&read, &at, static_cast<long>(spki.size()))};
  if (key && X509_PUBKEY_get0(key.get()) == nullptr) key.reset();
  return key;
}

/// As it is encoded. X509_set_pubkey would encode and decode it again, which costs more than the signature.
bool set_key(X509* x509, const X509_PUBKEY* key) {
  const unsigned char* bits = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  X509_ALGOR* own_algorithm = nullptr;
  auto* own = X509_get_X509_PUBKEY(x509);
  if (X509_PUBKEY_get0_param(nullptr, &bits, &size, &algorithm, key) != 1) return false;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(bits, static_cast<std::size_t>(size)));
  return copy != nullptr && X509_PUBKEY_set0_param(own, nullptr, V_ASN1_UNDEF, nullptr, copy, size) == 1 &&
         X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &own_algorithm, own) == 1 &&
         X509_ALGOR_copy(own_algorithm, algorithm) == 1;
}

/// RFC 5280 method 1: SHA-1 of the key's bits.
std::string key_identifier(const X509* x509) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  unsigned int size = 0;
  X509_pubkey_digest(x509, EVP_sha1(), hash.data(), &size);
  return std::string{as_text(hash.data(), size)};
}

bool set_time(ASN1_TIME* out, Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{second - day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return ASN1_TIME_set_string_X509(out, text.data()) == 1;
}

bool set_serial(X509* x509, std::string_view bytes) {
  std::array<unsigned char, kSerialBytes> random{};
  if (bytes.empty()) {
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return false;
    random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // positive, and always 20 bytes
    bytes = as_text(random.data(), random.size());
  }
  const BignumPtr number{BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr)};
  const Asn1IntegerPtr serial{BN_to_ASN1_INTEGER(number.get(), nullptr)};
  return serial && X509_set_serialNumber(x509, serial.get()) == 1;
}

Asn1OctetsPtr make_octets(std::string_view bytes) {
  Asn1OctetsPtr octets{ASN1_OCTET_STRING_new()};
  ASN1_OCTET_STRING_set(octets.get(), as_bytes(bytes), static_cast<int>(bytes.size()));
  return octets;
}

bool add_key_identifiers(X509* x509, std::string_view issuer_key_id) {
  if (!issuer_key_id.empty()) {
    const AuthorityKeyIdPtr authority{AUTHORITY_KEYID_new()};
    authority->keyid = make_octets(issuer_key_id).release();
    if (X509_add1_ext_i2d(x509, NID_authority_key_identifier, authority.get(), 0, X509V3_ADD_APPEND) != 1) {
      return false;
    }
  }
  const auto own = make_octets(key_identifier(x509));
  return X509_add1_ext_i2d(x509, NID_subject_key_identifier, own.get(), 0, X509V3_ADD_APPEND) == 1;
}

bool add_basic_constraints(X509* x509, const BasicConstraints& wanted) {
  const BasicConstraintsPtr constraints{BASIC_CONSTRAINTS_new()};
  constraints->ca = wanted.ca ? 0xff : 0;
  if (wanted.path_length) {
    constraints->pathlen = ASN1_INTEGER_new();
    ASN1_INTEGER_set_int64(constraints->pathlen, *wanted.path_length);
  }
  return X509_add1_ext_i2d(x509, NID_basic_constraints, constraints.get(), 1, X509V3_ADD_APPEND) == 1;
}

/// An extension that OpenSSL reads from a comma-separated list of words.
bool add_words(X509* x509, int nid, bool critical, const std::vector<std::string>& words) {
  if (words.empty()) return true;
  std::string text = critical ? "critical" : "";
  for (const auto& word : words) {
    if (!text.empty()) text += ',';
    text += word;
  }
  const X509ExtensionPtr extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, text.c_str())};
  return extension && X509_add_ext(x509, extension.get(), -1) == 1;
}

Result<GeneralNamePtr> make_general_name(const AltName& wanted) {
  if (wanted.kind == AltName::Kind::directory) {
    auto name = make_name(wanted.name);
    if (!name) return name.error();
    GeneralNamePtr result{GENERAL_NAME_new()};
    GENERAL_NAME_set0_value(result.get(), GEN_DIRNAME, name->release());
    return result;
  }
  const int type = wanted.kind == AltName::Kind::dns   ? GEN_DNS
                   : wanted.kind == AltName::Kind::ip  ? GEN_IPADD
                   : wanted.kind == AltName::Kind::uri ? GEN_URI
                                                       : GEN_EMAIL;
  GeneralNamePtr result{a2i_GENERAL_NAME(nullptr, nullptr, nullptr, type, wanted.value.c_str(), 0)};
  if (!result) return cannot("'" + wanted.value + "' is not possible as an alternative name");
  return result;
}

Status add_alternative_names(X509* x509, const std::vector<AltName>& wanted) {
  if (wanted.empty()) return Ok{};
  const GeneralNamesPtr names{GENERAL_NAMES_new()};
  for (const auto& name : wanted) {
    auto made = make_general_name(name);
    if (!made) return made.error();
    sk_GENERAL_NAME_push(names.get(), made->release());
  }
  if (X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) != 1) {
    return cannot("the alternative names cannot be encoded");
  }
  return Ok{};
}

bool add_raw(X509* x509, const RawExtension& wanted) {
  const Asn1ObjectPtr object{OBJ_txt2obj(wanted.oid.c_str(), 1)};
  if (!object) return false;
  const auto data = make_octets(wanted.der);
  const X509ExtensionPtr extension{
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), wanted.critical ? 1 : 0, data.get())};
  return extension && X509_add_ext(x509, extension.get(), -1) == 1;
}

/// In the order of the real service's certificates (P2.2).
Status add_extensions(X509* x509, const Profile& profile, std::string_view issuer_key_id) {
  if (profile.key_identifiers && !add_key_identifiers(x509, issuer_key_id)) {
    return cannot("the key identifiers cannot be encoded");
  }
  if (profile.basic_constraints && !add_basic_constraints(x509, *profile.basic_constraints)) {
    return cannot("basicConstraints cannot be encoded");
  }
  if (!add_words(x509, NID_key_usage, true, profile.key_usage)) return cannot("a key usage is unknown");
  if (!add_words(x509, NID_ext_key_usage, false, profile.extended_key_usage)) {
    return cannot("an extended key usage is unknown");
  }
  if (auto added = add_alternative_names(x509, profile.alternative_names); !added) return added;
  for (const auto& extension : profile.extensions) {
    if (!add_raw(x509, extension)) return cannot("the extension '" + extension.oid + "' is not possible");
  }
  return Ok{};
}

const EVP_MD* digest_of(Digest digest) {
  switch (digest) {
    case Digest::sha1:
      return EVP_sha1();
    case Digest::sha256:
      return EVP_sha256();
    case Digest::sha384:
      return EVP_sha384();
    case Digest::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

Result<std::string> sign(const Profile& profile, std::string_view public_key_der, const PrivateKey& key,
                         std::string_view subject_der, std::string_view issuer_der,
                         std::optional<std::string_view> issuer_key_id) {
  const X509Ptr x509{X509_new()};
  const auto public_key = decode_key(public_key_der);
  const auto subject = decode_name(subject_der);
  const auto issuer = decode_name(issuer_der);
  if (!public_key || !subject || !issuer) return cannot("the key or a name cannot be decoded");
  const bool filled =
      X509_set_version(x509.get(), profile.version - 1) == 1 && set_serial(x509.get(), profile.serial) &&
      set_time(X509_getm_notBefore(x509.get()), profile.not_before) &&
      set_time(X509_getm_notAfter(x509.get()), profile.not_after) &&
      X509_set_subject_name(x509.get(), subject.get()) == 1 &&
      X509_set_issuer_name(x509.get(), issuer.get()) == 1 && set_key(x509.get(), public_key.get());
  if (!filled) return cannot("a field is not possible");
  if (profile.version == 3) {
    const auto own_id = key_identifier(x509.get());
    if (auto added = add_extensions(x509.get(), profile, issuer_key_id.value_or(own_id)); !added) {
      return added.error();
    }
  }
  if (X509_sign(x509.get(), key.impl().key.get(), digest_of(profile.digest)) <= 0) {
    return cannot("signing failed");
  }
  ERR_clear_error();
  return to_der<const X509>(x509.get(), i2d_X509);
}

Result<Certificate> read_back(const Result<std::string>& der) {
  if (!der) return der.error();
  return Certificate::from_der(*der);
}

Signer signer_of(const Identity& ca) {
  return {.name_der = ca.certificate.subject().der, .key_id = ca.certificate.subject_key_id(), .key = ca.key};
}

}  // namespace

Profile ca_profile(Subject subject, Time not_before, Time not_after, std::optional<int> path_length) {
  return {.subject = std::move(subject),
          .not_before = not_before,
          .not_after = not_after,
          .basic_constraints = BasicConstraints{.ca = true, .path_length = path_length},
          .key_usage = {"digitalSignature", "keyCertSign", "cRLSign"}};
}

Profile device_profile(Subject subject, Time not_before, Time not_after) {
  return {.subject = std::move(subject),
          .not_before = not_before,
          .not_after = not_after,
          .key_usage = {"digitalSignature", "keyEncipherment"},
          .extended_key_usage = {"clientAuth"}};
}

Result<Certificate> self_sign(const Profile& profile, const PrivateKey& key) {
  const auto name = encode_name(profile.subject);
  if (!name) return name.error();
  return read_back(sign(profile, key.public_key_der(), key, *name, *name, {}));
}

Result<Identity> make_ca(const Profile& profile, KeyKind kind) {
  auto key = PrivateKey::generate(kind);
  if (!key) return key.error();
  auto certificate = self_sign(profile, *key);
  if (!certificate) return certificate.error();
  return Identity{std::move(*certificate), std::move(*key)};
}

Result<Identity> issue(const Profile& profile, const Identity& ca, KeyKind kind) {
  auto key = PrivateKey::generate(kind);
  if (!key) return key.error();
  auto certificate = issue_for_key(profile, key->public_key_der(), ca);
  if (!certificate) return certificate.error();
  return Identity{std::move(*certificate), std::move(*key)};
}

Result<Certificate> issue_for_key(const Profile& profile, std::string_view public_key_der,
                                  const Identity& ca) {
  return read_back(sign_der(profile, public_key_der, signer_of(ca)));
}

Result<Certificate> issue_from_csr(const Profile& profile, const Csr& csr, const Identity& ca) {
  return read_back(sign_der(profile, csr.public_key_der, signer_of(ca), csr.subject_der));
}

Result<Certificate> verification_certificate(std::string_view registration_code, const Identity& ca,
                                             Time not_before, Time not_after) {
  const auto profile =
      device_profile({{.name = "CN", .value = std::string{registration_code}}}, not_before, not_after);
  auto made = issue(profile, ca);
  if (!made) return made.error();
  return std::move(made->certificate);
}

Result<std::string> sign_der(const Profile& profile, std::string_view public_key_der, const Signer& signer,
                             std::string_view subject_der) {
  auto encoded = encode_name(profile.subject);
  if (!encoded) return encoded.error();
  return sign(profile, public_key_der, signer.key, subject_der.empty() ? *encoded : subject_der,
              signer.name_der, signer.key_id);
}

Result<std::string> encode_name(const Subject& subject) {
  const auto name = make_name(subject);
  if (!name) return name.error();
  return to_der<const X509_NAME>(name->get(), i2d_X509_NAME);
}

}  // namespace iotemu::registry::pki
