#include "registry/ids.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/utf8.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kIdLength = 64;
constexpr std::size_t kNameLength = 128;
constexpr std::size_t kTemplateNameLength = 36;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Status check_name(std::string_view what, std::string_view text, std::size_t max, std::string_view others) {
  const bool fits = !text.empty() && text.size() <= max;
  const bool legal = std::all_of(text.begin(), text.end(),
                                 [&](char c) { return is_alphanumeric(c) || others.find(c) != others.npos; });
  if (fits && legal) return Ok{};
  return Error{Errc::invalid_request, "A " + std::string{what} + " has 1 to " + std::to_string(max) +
                                          " letters, digits and characters of '" + std::string{others} +
                                          "': '" + std::string{front_characters(text, kNameLength)} +
                                          "' does not"};
}

/// `<region>:<uuid>`, as Cognito names an identity.
bool is_cognito_identity(std::string_view text) {
  constexpr std::size_t kUuid = 36;
  const auto colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  const auto region = text.substr(0, colon);
  const auto uuid = text.substr(colon + 1);
  if (uuid.size() != kUuid) return false;
  const bool region_ok =
      std::all_of(region.begin(), region.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? uuid[i] != '-' : !is_hex(uuid.substr(i, 1))) return false;
  }
  return region_ok;
}

/// The resource part of any account's IoT ARN; empty if it is none.
std::string_view foreign_resource(std::string_view arn) {
  std::array<std::string_view, 5> parts;
  for (auto& part : parts) {
    const auto colon = arn.find(':');
    if (colon == arn.npos) return {};
    part = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  return parts[0] == "arn" && parts[2] == "iot" ? arn : std::string_view{};
}

}  // namespace

Result<CertificateId> CertificateId::parse(std::string_view text) {
  const auto digits = text.starts_with("0x") ? text.substr(2) : text;
  const bool legal = std::all_of(digits.begin(), digits.end(), [&](char c) {
    return is_hex(std::string_view{&c, 1});
  });
  if (text.size() == kIdLength && legal) return CertificateId{lowercase(text)};
  return Error{Errc::invalid_request, "A certificate id has 64 hexadecimal characters: '" +
                                          std::string{front_characters(text, kNameLength)} + "' does not"};
}

CertificateId CertificateId::of_der(std::string_view der) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const std::uint8_t*>(der.data()), der.size(), hash.data());
  return CertificateId{to_hex(hash)};
}

Status PolicyNameRule::check(std::string_view text) {
  return check_name("policy name", text, kNameLength, "_+=,.@-");
}
Status ThingNameRule::check(std::string_view text) {
  return check_name("thing name", text, kNameLength, ":_-");
}
Status ThingTypeNameRule::check(std::string_view text) {
  return check_name("thing type name", text, kNameLength, ":_-");
}
Status ThingGroupNameRule::check(std::string_view text) {
  return check_name("thing group name", text, kNameLength, ":_-");
}
Status BillingGroupNameRule::check(std::string_view text) {
  return check_name("billing group name", text, kNameLength, ":_-");
}
Status TemplateNameRule::check(std::string_view text) {
  return check_name("template name", text, kTemplateNameLength, "_-");
}
Status RoleAliasNameRule::check(std::string_view text) {
  return check_name("role alias name", text, kNameLength, "_=,@-");
}
Status AuthorizerNameRule::check(std::string_view text) {
  return check_name("authorizer name", text, kNameLength, "_=,@-");
}
Status DomainConfigurationNameRule::check(std::string_view text) {
  return check_name("domain configuration name", text, kNameLength, "_.:-");
}
Status TopicRuleNameRule::check(std::string_view text) {
  return check_name("rule name", text, kNameLength, "_");
}

Principal::Principal(const Realm& realm, const CertificateId& certificate)
    : text_{certificate_arn(realm, certificate)}, certificate_{certificate} {}

Result<Principal> Principal::parse(const Realm& realm, std::string_view text) {
  if (is_cognito_identity(text)) {
    Principal identity;
    identity.text_ = text;
    return identity;
  }
  constexpr std::string_view kCertificate = "cert/";
  const auto resource = foreign_resource(text);
  if (!resource.starts_with(kCertificate)) {
    return Error{Errc::invalid_request,
                 "'" + std::string{front_characters(text, 256)} +
                     "' is neither the ARN of a certificate nor a Cognito identity id"};
  }
  const auto id = CertificateId::parse(resource.substr(kCertificate.size()));
  if (!id) return id.error();
  if (iot_resource(realm, text) != resource) {
    return Error{Errc::not_found, "Certificate " + std::string{text} + " does not exist in account " +
                                      realm.account + ", region " + realm.region};
  }
  return Principal{realm, *id};
}

PolicyTarget::PolicyTarget(const Realm& realm, const ThingGroupName& group)
    : group_{group}, group_arn_{thing_group_arn(realm, group)} {}

Result<PolicyTarget> PolicyTarget::parse(const Realm& realm, std::string_view text) {
  constexpr std::string_view kGroup = "thinggroup/";
  const auto resource = foreign_resource(text);
  if (!resource.starts_with(kGroup)) {
    auto principal = Principal::parse(realm, text);
    if (!principal) return principal.error();
    return PolicyTarget{std::move(*principal)};
  }
  const auto group = ThingGroupName::parse(resource.substr(kGroup.size()));
  if (!group) return group.error();
  if (iot_resource(realm, text) != resource) {
    return Error{Errc::not_found, "Thing group " + std::string{text} + " does not exist in account " +
                                      realm.account + ", region " + realm.region};
  }
  return PolicyTarget{realm, *group};
}

std::string certificate_arn(const Realm& realm, const CertificateId& id) {
  return iot_arn(realm, "cert/" + id.hex());
}
std::string ca_certificate_arn(const Realm& realm, const CertificateId& id) {
  return iot_arn(realm, "cacert/" + id.hex());
}
std::string policy_arn(const Realm& realm, const PolicyName& name) {
  return iot_arn(realm, "policy/" + name.text());
}
std::string thing_arn(const Realm& realm, const ThingName& name) {
  return iot_arn(realm, "thing/" + name.text());
}
std::string thing_type_arn(const Realm& realm, const ThingTypeName& name) {
  return iot_arn(realm, "thingtype/" + name.text());
}
std::string thing_group_arn(const Realm& realm, const ThingGroupName& name) {
  return iot_arn(realm, "thinggroup/" + name.text());
}
std::string billing_group_arn(const Realm& realm, const BillingGroupName& name) {
  return iot_arn(realm, "billinggroup/" + name.text());
}
std::string provisioning_template_arn(const Realm& realm, const TemplateName& name) {
  return iot_arn(realm, "provisioningtemplate/" + name.text());
}

}  // namespace iotemu::registry
