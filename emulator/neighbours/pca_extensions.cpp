#include "emulator/neighbours/pca_extensions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"

namespace iotemu::neighbours {
namespace {

namespace pki = registry::pki;
using api::body;
using api::Member;

struct Attribute {
  const char* member;
  const char* short_name;
  std::size_t most;
  pki::StringType type{pki::StringType::utf8};
};

/// In the order in which the service writes them.
constexpr std::array<Attribute, 14> kAttributes{{
    {"Country", "C", 2, pki::StringType::printable},
    {"Organization", "O", 64},
    {"OrganizationalUnit", "OU", 64},
    {"DistinguishedNameQualifier", "dnQualifier", 64, pki::StringType::printable},
    {"State", "ST", 128},
    {"CommonName", "CN", 64},
    {"SerialNumber", "serialNumber", 64, pki::StringType::printable},
    {"Locality", "L", 128},
    {"Title", "title", 64},
    {"Surname", "SN", 40},
    {"GivenName", "GN", 16},
    {"Initials", "initials", 5},
    {"Pseudonym", "pseudonym", 128},
    {"GenerationQualifier", "generationQualifier", 3},
}};

struct Word {
  const char* member;
  const char* openssl;
};

constexpr std::array<Word, 9> kKeyUsages{{
    {"DigitalSignature", "digitalSignature"},
    {"NonRepudiation", "nonRepudiation"},
    {"KeyEncipherment", "keyEncipherment"},
    {"DataEncipherment", "dataEncipherment"},
    {"KeyAgreement", "keyAgreement"},
    {"KeyCertSign", "keyCertSign"},
    {"CRLSign", "cRLSign"},
    {"EncipherOnly", "encipherOnly"},
    {"DecipherOnly", "decipherOnly"},
}};

constexpr std::array<Word, 9> kExtendedKeyUsages{{
    {"SERVER_AUTH", "serverAuth"},
    {"CLIENT_AUTH", "clientAuth"},
    {"CODE_SIGNING", "codeSigning"},
    {"EMAIL_PROTECTION", "emailProtection"},
    {"TIME_STAMPING", "timeStamping"},
    {"OCSP_SIGNING", "OCSPSigning"},
    {"SMART_CARD_LOGIN", "1.3.6.1.4.1.311.20.2.2"},
    {"DOCUMENT_SIGNING", "1.3.6.1.4.1.311.10.3.12"},
    {"CERTIFICATE_TRANSPARENCY", "1.3.6.1.4.1.11129.2.4.4"},
}};

constexpr std::array<Word, 3> kAccessMethods{{
    {"CA_REPOSITORY", "1.3.6.1.5.5.7.48.5"},
    {"RESOURCE_PKI_MANIFEST", "1.3.6.1.5.5.7.48.10"},
    {"RESOURCE_PKI_NOTIFY", "1.3.6.1.5.5.7.48.13"},
}};

constexpr std::array<std::string_view, 9> kExtendedKeyUsageTypes{
    "SERVER_AUTH",  "CLIENT_AUTH",      "CODE_SIGNING",     "EMAIL_PROTECTION",        "TIME_STAMPING",
    "OCSP_SIGNING", "SMART_CARD_LOGIN", "DOCUMENT_SIGNING", "CERTIFICATE_TRANSPARENCY"};
constexpr std::array<std::string_view, 3> kAccessMethodTypes{"CA_REPOSITORY", "RESOURCE_PKI_MANIFEST",
                                                             "RESOURCE_PKI_NOTIFY"};
constexpr std::array<std::string_view, 1> kQualifierIds{"CPS"};

Fault invalid(std::string message) {
  return {"InvalidArgsException", std::move(message)};
}

std::string text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? std::string{} : found->get<std::string>();
}

/// `1.3.6.1.4.1`: what the model's pattern asks of an OID.
bool is_oid(std::string_view value) {
  const bool characters =
      std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return characters && value.size() >= 3 && value[0] >= '0' && value[0] <= '2' && value[1] == '.' &&
         value.find("..") == value.npos && !value.ends_with('.');
}

const api::Pattern kOidPattern{R"(^([0-2])\.([0-9]|([0-3][0-9]))((\.([0-9]+)){0,126})$)", is_oid};

Member oid_member(std::string_view name) {
  return body(name).length(0, 64).pattern(kOidPattern);
}

Member custom_attributes() {
  return body("CustomAttributes")
      .list_of(body("member").structure(
          {oid_member("ObjectIdentifier").required(), body("Value").required().length(1, 256)}))
      .length(1, 30);
}

Member key_usage_member() {
  std::vector<Member> parts;
  for (const auto& word : kKeyUsages) parts.push_back(body(word.member).boolean());
  return body("KeyUsage").structure(std::move(parts));
}

Member general_name(std::string_view name) {
  return body(name).structure(
      {body("OtherName")
           .structure({oid_member("TypeId").required(), body("Value").required().length(0, 256)}),
       body("Rfc822Name").length(0, 256), body("DnsName").length(0, 253), asn1_subject("DirectoryName"),
       body("EdiPartyName")
           .structure({body("PartyName").required().length(0, 256), body("NameAssigner").length(0, 256)}),
       body("UniformResourceIdentifier").length(0, 253), body("IpAddress").length(0, 39),
       oid_member("RegisteredId")});
}

Answer<pki::GeneralName> to_general_name(const Json& name) {
  using Kind = pki::GeneralName::Kind;
  if (name.size() != 1)
    return invalid("A GeneralName has exactly one member, this one has " + std::to_string(name.size()));
  if (name.contains("OtherName")) {
    const auto& other = name.at("OtherName");
    return pki::GeneralName{
        .kind = Kind::other, .value = text(other, "Value"), .type = text(other, "TypeId")};
  }
  if (name.contains("EdiPartyName")) {
    const auto& party = name.at("EdiPartyName");
    return pki::GeneralName{
        .kind = Kind::edi_party, .value = text(party, "PartyName"), .type = text(party, "NameAssigner")};
  }
  if (name.contains("DirectoryName")) {
    auto subject = to_subject(name.at("DirectoryName"));
    if (!subject) return subject.fault();
    return pki::GeneralName{.kind = Kind::directory, .name = std::move(*subject)};
  }
  static constexpr std::array<std::pair<const char*, Kind>, 5> kPlain{
      {{"Rfc822Name", Kind::email},
       {"DnsName", Kind::dns},
       {"UniformResourceIdentifier", Kind::uri},
       {"IpAddress", Kind::ip},
       {"RegisteredId", Kind::registered_id}}};
  for (const auto& [member, kind] : kPlain) {
    if (name.contains(member)) return pki::GeneralName{.kind = kind, .value = text(name, member)};
  }
  return invalid("A GeneralName is empty");
}

template <class T>
Done append(std::vector<T>& list, Result<T> made) {
  if (!made) return invalid(made.error().message);
  list.push_back(std::move(*made));
  return Ok{};
}

Done add_key_usage(std::vector<pki::RawExtension>& out, const Json& extensions) {
  if (!extensions.contains("KeyUsage")) return Ok{};
  std::vector<std::string> words;
  for (const auto& word : kKeyUsages) {
    if (extensions.at("KeyUsage").value(word.member, false)) words.emplace_back(word.openssl);
  }
  if (words.empty()) return Ok{};
  return append(out, pki::key_usage(words));
}

Done add_extended_key_usage(std::vector<pki::RawExtension>& out, const Json& extensions) {
  if (!extensions.contains("ExtendedKeyUsage")) return Ok{};
  std::vector<std::string> words;
  for (const auto& usage : extensions.at("ExtendedKeyUsage")) {
    if (usage.size() != 1) {
      return invalid(
          "An ExtendedKeyUsage has either ExtendedKeyUsageType or ExtendedKeyUsageObjectIdentifier");
    }
    const auto type = text(usage, "ExtendedKeyUsageType");
    const auto* known =
        std::ranges::find_if(kExtendedKeyUsages, [&](const Word& word) { return word.member == type; });
    words.push_back(known != kExtendedKeyUsages.end() ? known->openssl
                                                      : text(usage, "ExtendedKeyUsageObjectIdentifier"));
  }
  return append(out, pki::extended_key_usage(words, false));
}

Done add_alternative_names(std::vector<pki::RawExtension>& out, const Json& extensions) {
  if (!extensions.contains("SubjectAlternativeNames")) return Ok{};
  std::vector<pki::GeneralName> names;
  for (const auto& name : extensions.at("SubjectAlternativeNames")) {
    auto made = to_general_name(name);
    if (!made) return made.fault();
    names.push_back(std::move(*made));
  }
  return append(out, pki::subject_alternative_names(names));
}

Done add_policies(std::vector<pki::RawExtension>& out, const Json& extensions) {
  if (!extensions.contains("CertificatePolicies")) return Ok{};
  std::vector<pki::PolicyInformation> policies;
  for (const auto& policy : extensions.at("CertificatePolicies")) {
    pki::PolicyInformation information{.oid = text(policy, "CertPolicyId")};
    for (const auto& qualifier : policy.value("PolicyQualifiers", Json::array())) {
      information.cps_uris.push_back(text(qualifier.at("Qualifier"), "CpsUri"));
    }
    policies.push_back(std::move(information));
  }
  return append(out, pki::certificate_policies(policies));
}

Done add_custom(std::vector<pki::RawExtension>& out, const Json& extensions) {
  for (const auto& custom : extensions.value("CustomExtensions", Json::array())) {
    auto der = from_base64(text(custom, "Value"));
    if (!der) return invalid("The Value of a custom extension is not Base64");
    auto oid = text(custom, "ObjectIdentifier");
    if (std::ranges::find(out, oid, &pki::RawExtension::oid) != out.end()) {
      return invalid("The extension " + oid + " is given twice");
    }
    out.push_back(
        {.oid = std::move(oid), .critical = custom.value("Critical", false), .der = std::move(*der)});
  }
  return Ok{};
}

Done add_subject_information_access(std::vector<pki::RawExtension>& out, const Json& extensions) {
  if (!extensions.contains("SubjectInformationAccess")) return Ok{};
  std::vector<pki::AccessDescription> descriptions;
  for (const auto& description : extensions.at("SubjectInformationAccess")) {
    const auto& method = description.at("AccessMethod");
    if (method.size() != 1) {
      return invalid("An AccessMethod has either AccessMethodType or CustomObjectIdentifier");
    }
    auto location = to_general_name(description.at("AccessLocation"));
    if (!location) return location.fault();
    const auto type = text(method, "AccessMethodType");
    const auto* known =
        std::ranges::find_if(kAccessMethods, [&](const Word& word) { return word.member == type; });
    descriptions.push_back({.method_oid = known != kAccessMethods.end()
                                              ? known->openssl
                                              : text(method, "CustomObjectIdentifier"),
                            .location = std::move(*location)});
  }
  return append(out, pki::information_access(pki::oid::kSubjectInformationAccess, descriptions));
}

using Add = Done (*)(std::vector<pki::RawExtension>&, const Json&);

Answer<std::vector<pki::RawExtension>> all_of(const Json& extensions, std::initializer_list<Add> parts) {
  std::vector<pki::RawExtension> result;
  for (const auto add : parts) {
    if (auto added = add(result, extensions); !added) return added.fault();
  }
  return result;
}

}  // namespace

Member asn1_subject(std::string_view name) {
  std::vector<Member> parts;
  for (const auto& attribute : kAttributes) {
    const std::size_t least = std::string_view{attribute.member} == "Country" ? 2 : 0;
    parts.push_back(body(attribute.member).length(least, attribute.most));
  }
  parts.push_back(custom_attributes());
  return body(name).structure(std::move(parts));
}

Member csr_extensions() {
  return body("CsrExtensions")
      .structure(
          {key_usage_member(), body("SubjectInformationAccess")
                                   .list_of(body("member").structure(
                                       {body("AccessMethod")
                                            .required()
                                            .structure({oid_member("CustomObjectIdentifier"),
                                                        body("AccessMethodType").one_of(kAccessMethodTypes)}),
                                        general_name("AccessLocation").required()}))});
}

Member api_passthrough() {
  const auto qualifier = body("member").structure(
      {body("PolicyQualifierId").required().one_of(kQualifierIds),
       body("Qualifier").required().structure({body("CpsUri").required().length(0, 256)})});
  const auto policies =
      body("CertificatePolicies")
          .list_of(body("member").structure({oid_member("CertPolicyId").required(),
                                             body("PolicyQualifiers").list_of(qualifier).length(1, 20)}))
          .length(1, 20);
  const auto extended =
      body("ExtendedKeyUsage")
          .list_of(body("member").structure({body("ExtendedKeyUsageType").one_of(kExtendedKeyUsageTypes),
                                             oid_member("ExtendedKeyUsageObjectIdentifier")}))
          .length(1, 20);
  const auto custom = body("CustomExtensions")
                          .list_of(body("member").structure({oid_member("ObjectIdentifier").required(),
                                                             body("Value").required().length(1, 4096),
                                                             body("Critical").boolean()}))
                          .length(1, 20);
  return body("ApiPassthrough")
      .structure(
          {body("Extensions")
               .structure({policies, extended, key_usage_member(),
                           body("SubjectAlternativeNames").list_of(general_name("member")).length(1, 20),
                           custom}),
           asn1_subject("Subject")});
}

Answer<pki::Subject> to_subject(const Json& subject) {
  pki::Subject result;
  for (const auto& attribute : kAttributes) {
    const auto found = subject.find(attribute.member);
    if (found == subject.end() || found->get_ref<const std::string&>().empty()) continue;
    result.push_back(
        {.name = attribute.short_name, .value = found->get<std::string>(), .type = attribute.type});
  }
  if (subject.contains("CustomAttributes")) {
    if (!result.empty())
      return invalid("CustomAttributes cannot be used together with the standard attributes");
    for (const auto& attribute : subject.at("CustomAttributes")) {
      result.push_back({.name = text(attribute, "ObjectIdentifier"), .value = text(attribute, "Value")});
    }
  }
  if (auto encoded = pki::encode_name(result); !encoded) return invalid(encoded.error().message);
  return result;
}

Answer<std::vector<pki::RawExtension>> to_csr_extensions(const Json& extensions) {
  return all_of(extensions, {add_key_usage, add_subject_information_access});
}

Answer<std::vector<pki::RawExtension>> to_extensions(const Json& extensions) {
  return all_of(extensions,
                {add_policies, add_extended_key_usage, add_key_usage, add_alternative_names, add_custom});
}

}  // namespace iotemu::neighbours
