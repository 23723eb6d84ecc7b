#include "registry/pki/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <optional>
#include <span>

#include "base/hex.h"
#include "base/tls/library_context.h"
#include "registry/pki/der.h"
#include "registry/pki/openssl.h"
#include "registry/pki/pem.h"

namespace iotemu::registry::pki {
namespace {

constexpr std::string_view kLabel = "CERTIFICATE";

Error invalid(std::string_view what) {
  ERR_clear_error();
  return {Errc::certificate_validation, "The certificate is not valid: " + std::string{what}};
}

std::string hex_of(std::string_view bytes) {
  return to_hex(std::span{as_bytes(bytes), bytes.size()});
}

std::string dotted(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

/// UTF-8 whatever the string type; a value that is no string comes as `#` and hex. Nothing for bad encodings.
std::optional<std::string> text_of(const ASN1_STRING* value) {
  const auto raw = as_text(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size >= 0) {
    std::string text{as_text(utf8, static_cast<std::size_t>(size))};
    OPENSSL_free(utf8);
    return text;
  }
  ERR_clear_error();
  if (ASN1_STRING_type(value) == V_ASN1_BIT_STRING) return "#" + hex_of(raw);
  return {};
}

/// Lower case, outer spaces gone, inner runs of spaces one.
std::string folded(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == ' ' && (text.empty() || text.back() == ' ')) continue;
    text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

std::optional<DistinguishedName> read_name(X509_NAME* name) {
  DistinguishedName result;
  result.der = to_der<const X509_NAME>(name, i2d_X509_NAME);
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const auto* entry = X509_NAME_get_entry(name, i);
    const auto* object = X509_NAME_ENTRY_get_object(entry);
    auto value = text_of(X509_NAME_ENTRY_get_data(entry));
    if (!value) return {};
    NameAttribute attribute{.oid = dotted(object), .value = std::move(*value)};
    const int nid = OBJ_obj2nid(object);
    attribute.short_name = nid == NID_undef ? attribute.oid : OBJ_nid2sn(nid);
    result.normalised += std::to_string(X509_NAME_ENTRY_set(entry)) + '/' + attribute.oid + '=' +
                         folded(attribute.value) + '\n';
    result.attributes.push_back(std::move(attribute));
  }
  return result;
}

std::optional<Time> read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::year_month_day date{std::chrono::year{parts.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  return Time{std::chrono::sys_days{date} + std::chrono::hours{parts.tm_hour} +
              std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec}};
}

std::string ip_text(std::string_view bytes) {
  std::array<char, 64> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return "#" + hex_of(bytes);
  inet_ntop(family, bytes.data(), text.data(), static_cast<unsigned>(text.size()));
  return text.data();
}

/// An extension by its NID. `broken` when it is there and cannot be decoded.
template <class Pointer>
Pointer read_extension(const X509* x509, int nid, bool& broken) {
  int critical = -1;
  Pointer value{static_cast<typename Pointer::pointer>(X509_get_ext_d2i(x509, nid, &critical, nullptr))};
  if (!value && critical != -1) broken = true;
  return value;
}

AlternativeNames read_alternative_names(const X509* x509, int nid, bool& broken) {
  AlternativeNames result;
  const auto names = read_extension<GeneralNamesPtr>(x509, nid, broken);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    const auto string = [](const ASN1_STRING* value) {
      return std::string{
          as_text(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)))};
    };
    switch (name->type) {
      case GEN_EMAIL:
        result.email.push_back(string(name->d.rfc822Name));
        break;
      case GEN_DNS:
        result.dns.push_back(string(name->d.dNSName));
        break;
      case GEN_URI:
        result.uri.push_back(string(name->d.uniformResourceIdentifier));
        break;
      case GEN_IPADD:
        result.ip.push_back(ip_text(string(name->d.iPAddress)));
        break;
      case GEN_DIRNAME:
        if (const auto directory = read_name(name->d.directoryName)) {
          result.directory.push_back(directory->text());
        } else {
          broken = true;
        }
        break;
      default:
        break;  // the other kinds are no policy variables
    }
  }
  return result;
}

std::string octets(const ASN1_OCTET_STRING* value) {
  if (value == nullptr) return {};
  return std::string{
      as_text(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)))};
}

bool read_serial(Certificate::Impl& out) {
  const BignumPtr number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(out.x509.get()), nullptr)};
  if (!number) return false;
  const auto take = [](char* text) {
    std::string copy = text == nullptr ? "" : text;
    OPENSSL_free(text);
    return copy;
  };
  out.serial_decimal = take(BN_bn2dec(number.get()));
  out.serial_hex = lowercase(take(BN_bn2hex(number.get())));
  return !out.serial_decimal.empty();
}

/// Empty when all extensions of interest can be read.
std::string_view read_extensions(Certificate::Impl& out) {
  bool broken = false;
  const auto* x509 = out.x509.get();
  const auto constraints = read_extension<BasicConstraintsPtr>(x509, NID_basic_constraints, broken);
  out.is_ca = constraints && constraints->ca != 0;
  if (broken) return "basicConstraints cannot be read";
  out.subject_names = read_alternative_names(x509, NID_subject_alt_name, broken);
  out.issuer_names = read_alternative_names(x509, NID_issuer_alt_name, broken);
  if (broken) return "an alternative name cannot be read";
  out.subject_key_id = octets(read_extension<Asn1OctetsPtr>(x509, NID_subject_key_identifier, broken).get());
  const auto authority = read_extension<AuthorityKeyIdPtr>(x509, NID_authority_key_identifier, broken);
  if (authority) out.authority_key_id = octets(authority->keyid);
  if (broken) return "a key identifier cannot be read";
  return {};
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
      continue;
    }
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += hex.data();
  }
}

}  // namespace

std::string DistinguishedName::text() const {
  std::string result;
  for (const auto& attribute : attributes) {
    if (!result.empty()) result += ", ";
    result += attribute.short_name + '=';
    append_escaped(result, attribute.value);
  }
  return result;
}

std::vector<std::string> DistinguishedName::values(std::string_view oid) const {
  std::vector<std::string> result;
  for (const auto& attribute : attributes) {
    if (attribute.oid == oid) result.push_back(attribute.value);
  }
  return result;
}

std::string_view DistinguishedName::common_name() const {
  for (const auto& attribute : attributes) {
    if (attribute.oid == "2.5.4.3") return attribute.value;
  }
  return {};
}

Result<Certificate> Certificate::from_der(std::string_view der) {
  const auto facts = check_certificate_form(der);
  if (!facts) return invalid(facts.error().message);

  auto impl = std::make_shared<Impl>();
  const auto* at = as_bytes(der);
  X509* read = X509_new_ex(tls::library_context(), nullptr);  // freed by what fails to fill it
  impl->x509.reset(d2i_X509(&read, &at, static_cast<long>(der.size())));
  if (!impl->x509 || at != as_bytes(der) + der.size()) return invalid("it cannot be decoded");
  auto* x509 = impl->x509.get();
  if (X509_get0_pubkey(x509) == nullptr) return invalid("the public key cannot be used");

  impl->der = der;
  impl->id = CertificateId::of_der(der);
  impl->version = static_cast<int>(X509_get_version(x509)) + 1;
  impl->key_type = facts->type;
  impl->key_bits = facts->bits;
  auto subject = read_name(X509_get_subject_name(x509));
  auto issuer = read_name(X509_get_issuer_name(x509));
  if (!subject || !issuer) return invalid("a name cannot be read");
  impl->subject = std::move(*subject);
  impl->issuer = std::move(*issuer);
  const auto not_before = read_time(X509_get0_notBefore(x509));
  const auto not_after = read_time(X509_get0_notAfter(x509));
  if (!not_before || !not_after) return invalid("its dates cannot be read");
  impl->not_before = *not_before;
  impl->not_after = *not_after;
  if (!read_serial(*impl)) return invalid("the serial number cannot be read");
  if (const auto problem = read_extensions(*impl); !problem.empty()) return invalid(problem);
  impl->public_key_der = to_der<const X509_PUBKEY>(X509_get_X509_PUBKEY(x509), i2d_X509_PUBKEY);
  return Certificate{std::move(impl)};
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  const auto block = first_certificate_block(pem);
  if (block.empty()) return invalid("there is no CERTIFICATE block");
  const auto der = pem_bytes(block, kLabel);
  if (!der) return invalid("the CERTIFICATE block is not Base64");
  return from_der(*der);
}

const CertificateId& Certificate::id() const {
  return impl_->id;
}
const std::string& Certificate::der() const {
  return impl_->der;
}
std::string Certificate::pem() const {
  return to_pem(impl_->der, kLabel);
}
int Certificate::version() const {
  return impl_->version;
}
const DistinguishedName& Certificate::subject() const {
  return impl_->subject;
}
const DistinguishedName& Certificate::issuer() const {
  return impl_->issuer;
}
const std::string& Certificate::serial_decimal() const {
  return impl_->serial_decimal;
}
std::string Certificate::serial_hex() const {
  return impl_->serial_hex;
}
Time Certificate::not_before() const {
  return impl_->not_before;
}
Time Certificate::not_after() const {
  return impl_->not_after;
}
const AlternativeNames& Certificate::subject_alternative_names() const {
  return impl_->subject_names;
}
const AlternativeNames& Certificate::issuer_alternative_names() const {
  return impl_->issuer_names;
}
bool Certificate::is_ca() const {
  return impl_->is_ca;
}
KeyType Certificate::key_type() const {
  return impl_->key_type;
}
int Certificate::key_bits() const {
  return impl_->key_bits;
}
const std::string& Certificate::public_key_der() const {
  return impl_->public_key_der;
}
const std::string& Certificate::subject_key_id() const {
  return impl_->subject_key_id;
}
const std::string& Certificate::authority_key_id() const {
  return impl_->authority_key_id;
}

std::string_view first_certificate_block(std::string_view text) {
  return pem_block(text, kLabel);
}

Result<std::vector<Certificate>> read_chain(std::string_view pem) {
  std::vector<Certificate> chain;
  for (auto block = first_certificate_block(pem); !block.empty(); block = first_certificate_block(pem)) {
    auto certificate = Certificate::from_pem(block);
    if (!certificate) return certificate.error();
    chain.push_back(std::move(*certificate));
    pem.remove_prefix(static_cast<std::size_t>(block.data() + block.size() - pem.data()));
  }
  if (chain.empty()) return invalid("there is no CERTIFICATE block");
  return chain;
}

}  // namespace iotemu::registry::pki
