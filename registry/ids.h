#pragma once

// The names of registry objects, each its own type so that none can be taken for another (P0.2). A value
// comes from `parse`, which applies the service's pattern, or from a record; an empty one is "none".

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/realm.h"
#include "base/result.h"

namespace iotemu::registry {

/// SHA-256 of a certificate's DER bytes: 64 lowercase hex characters. Device and CA certificates alike.
class CertificateId {
 public:
  CertificateId() = default;

  /// 64 characters of `(0x)?[a-fA-F0-9]+`, any letter case, kept in lowercase (P0.2).
  static Result<CertificateId> parse(std::string_view text);
  static CertificateId of_der(std::string_view der);

  [[nodiscard]] const std::string& hex() const { return hex_; }
  friend auto operator<=>(const CertificateId&, const CertificateId&) = default;

 private:
  explicit CertificateId(std::string hex) : hex_{std::move(hex)} {}
  std::string hex_;
};

/// A name checked against the pattern and length that `Rule` holds.
template <class Rule>
class Name {
 public:
  Name() = default;

  static Result<Name> parse(std::string_view text) {
    if (auto checked = Rule::check(text); !checked) return checked.error();
    return Name{std::string{text}};
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  explicit Name(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

struct PolicyNameRule {
  static Status check(std::string_view text);
};
struct ThingNameRule {
  static Status check(std::string_view text);
};
struct ThingTypeNameRule {
  static Status check(std::string_view text);
};
struct ThingGroupNameRule {
  static Status check(std::string_view text);
};
struct BillingGroupNameRule {
  static Status check(std::string_view text);
};
struct TemplateNameRule {
  static Status check(std::string_view text);
};
struct RoleAliasNameRule {
  static Status check(std::string_view text);
};
struct AuthorizerNameRule {
  static Status check(std::string_view text);
};
struct DomainConfigurationNameRule {
  static Status check(std::string_view text);
};
struct TopicRuleNameRule {
  static Status check(std::string_view text);
};

using PolicyName = Name<PolicyNameRule>;              ///< `[\w+=,.@-]+`, 1..128
using ThingName = Name<ThingNameRule>;                ///< `[a-zA-Z0-9:_-]+`, 1..128
using ThingTypeName = Name<ThingTypeNameRule>;        ///< `[a-zA-Z0-9:_-]+`, 1..128
using ThingGroupName = Name<ThingGroupNameRule>;      ///< `[a-zA-Z0-9:_-]+`, 1..128
using BillingGroupName = Name<BillingGroupNameRule>;  ///< `[a-zA-Z0-9:_-]+`, 1..128
using TemplateName = Name<TemplateNameRule>;          ///< `[0-9A-Za-z_-]+`, 1..36
using RoleAliasName = Name<RoleAliasNameRule>;        ///< `[\w=,@-]+`, 1..128
using AuthorizerName = Name<AuthorizerNameRule>;      ///< `[\w=,@-]+`, 1..128
using TopicRuleName = Name<TopicRuleNameRule>;        ///< `[a-zA-Z0-9_]+`, 1..128
/// `[\w.-]+`, 1..128; with a colon (`iot:Data-ATS`) it is one of the service's own.
using DomainConfigurationName = Name<DomainConfigurationNameRule>;

/// Who can be attached to a policy or a thing: a device certificate of this realm, or a Cognito identity,
/// whose existence nobody checks.
class Principal {
 public:
  Principal() = default;
  Principal(const Realm& realm, const CertificateId& certificate);

  /// A certificate ARN or a Cognito identity id (`<region>:<uuid>`). Malformed: Errc::invalid_request (P8.3);
  /// the ARN of a certificate of another realm: Errc::not_found, it cannot exist here.
  static Result<Principal> parse(const Realm& realm, std::string_view text);

  [[nodiscard]] bool is_certificate() const { return !certificate_.hex().empty(); }
  [[nodiscard]] const CertificateId& certificate() const { return certificate_; }
  /// The ARN or the identity id: what lists answer.
  [[nodiscard]] const std::string& text() const { return text_; }
  friend auto operator<=>(const Principal&, const Principal&) = default;

 private:
  std::string text_;
  CertificateId certificate_;
};

/// What a policy can be attached to: a principal, or a thing group of this realm.
class PolicyTarget {
 public:
  PolicyTarget() = default;
  // A principal is a target as it is. NOLINTNEXTLINE(google-explicit-constructor)
  PolicyTarget(Principal principal) : principal_{std::move(principal)} {}
  PolicyTarget(const Realm& realm, const ThingGroupName& group);

  /// What Principal::parse reads, or the ARN of a thing group, with the same errors.
  static Result<PolicyTarget> parse(const Realm& realm, std::string_view text);

  [[nodiscard]] bool is_group() const { return !group_.text().empty(); }
  [[nodiscard]] const ThingGroupName& group() const { return group_; }
  [[nodiscard]] const Principal& principal() const { return principal_; }
  /// The ARN or the identity id: what lists answer.
  [[nodiscard]] const std::string& text() const { return is_group() ? group_arn_ : principal_.text(); }
  friend bool operator==(const PolicyTarget&, const PolicyTarget&) = default;

 private:
  Principal principal_;
  ThingGroupName group_;
  std::string group_arn_;
};

[[nodiscard]] std::string certificate_arn(const Realm& realm, const CertificateId& id);
[[nodiscard]] std::string ca_certificate_arn(const Realm& realm, const CertificateId& id);
[[nodiscard]] std::string policy_arn(const Realm& realm, const PolicyName& name);
[[nodiscard]] std::string thing_arn(const Realm& realm, const ThingName& name);
[[nodiscard]] std::string thing_type_arn(const Realm& realm, const ThingTypeName& name);
[[nodiscard]] std::string thing_group_arn(const Realm& realm, const ThingGroupName& name);
[[nodiscard]] std::string billing_group_arn(const Realm& realm, const BillingGroupName& name);
[[nodiscard]] std::string provisioning_template_arn(const Realm& realm, const TemplateName& name);

}  // namespace iotemu::registry

template <>
struct std::hash<iotemu::registry::CertificateId> {
  std::size_t operator()(const iotemu::registry::CertificateId& id) const noexcept {
    return std::hash<std::string>{}(id.hex());
  }
};
template <class Rule>
struct std::hash<iotemu::registry::Name<Rule>> {
  std::size_t operator()(const iotemu::registry::Name<Rule>& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};
template <>
struct std::hash<iotemu::registry::PolicyTarget> {
  std::size_t operator()(const iotemu::registry::PolicyTarget& target) const noexcept {
    return std::hash<std::string>{}(target.text());
  }
};
template <>
struct std::hash<iotemu::registry::Principal> {
  std::size_t operator()(const iotemu::registry::Principal& principal) const noexcept {
    return std::hash<std::string>{}(principal.text());
  }
};
