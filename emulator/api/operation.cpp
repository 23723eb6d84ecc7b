#include "emulator/api/operation.h"

#include <algorithm>

#include "emulator/api/api.h"

namespace iotemu::api {
namespace {

Member at(Place place, std::string_view name, std::string_view wire) {
  return Member{.name = name, .wire = wire.empty() ? name : wire, .place = place};
}

/// Validation has applied the same rule; the empty name that a disagreement would leave is never found.
template <class Name>
Name parsed(Result<Name> result) {
  return result ? std::move(*result) : Name{};
}

}  // namespace

std::string_view method_of(Verb verb) {
  switch (verb) {
    case Verb::get:
      return "GET";
    case Verb::post:
      return "POST";
    case Verb::put:
      return "PUT";
    case Verb::patch:
      return "PATCH";
    case Verb::del:
      return "DELETE";
  }
  return {};
}

Member path_member(std::string_view name, std::string_view wire) {
  return at(Place::path, name, wire).required();
}
Member query(std::string_view name, std::string_view wire) {
  return at(Place::query, name, wire);
}
Member header(std::string_view name, std::string_view wire) {
  return at(Place::header, name, wire);
}
Member body(std::string_view name) {
  return at(Place::body, name, name);
}
Member payload(std::string_view name) {
  auto member = at(Place::payload, name, name);
  member.type = Type::blob;
  return member;
}

Member Member::required() const {
  auto next = *this;
  next.is_required = true;
  return next;
}

Member Member::length(std::size_t min, std::size_t max) const {
  auto next = *this;
  next.min_length = min;
  next.max_length = max;
  return next;
}

Member Member::base64() const {
  auto next = *this;
  next.is_base64 = true;
  return next;
}

Member Member::pattern(const Pattern& rule) const {
  auto next = *this;
  next.must_match = &rule;
  return next;
}

Member Member::one_of(std::span<const std::string_view> allowed) const {
  auto next = *this;
  next.values = allowed;
  return next;
}

Member Member::integer(std::int64_t low, std::int64_t high) const {
  auto next = *this;
  next.type = Type::integer;
  next.lowest = low;
  next.highest = high;
  return next;
}

Member Member::number(std::int64_t low, std::int64_t high) const {
  auto next = integer(low, high);
  next.type = Type::number;
  return next;
}

Member Member::boolean() const {
  auto next = *this;
  next.type = Type::boolean;
  return next;
}

Member Member::as_base64() const {
  auto next = *this;
  next.decodes_base64 = true;
  return next;
}

Member Member::structure(std::vector<Member> members) const {
  auto next = *this;
  next.type = Type::structure;
  next.parts = std::move(members);
  return next;
}

Member Member::closed() const {
  auto next = *this;
  next.is_closed = true;
  return next;
}

Member Member::flat(std::string_view wire_name) const {
  auto member = *this;
  member.is_flat = true;
  member.wire = wire_name;
  return member;
}

Member Member::list_of(const Member& element) const {
  auto next = *this;
  next.type = Type::list;
  next.parts = {element};
  return next;
}

Member Member::document() const {
  auto next = *this;
  next.type = Type::document;
  return next;
}

Member Member::map_of(const Member& key, const Member& value) const {
  auto next = *this;
  next.type = Type::string_map;
  next.parts = {key, value};
  return next;
}

std::string Call::str(std::string_view name) const {
  const auto found = input.find(name);
  return found == input.end() ? std::string{} : found->get<std::string>();
}

bool Call::flag(std::string_view name) const {
  const auto found = input.find(name);
  return found != input.end() && found->get<bool>();
}

std::optional<std::int64_t> Call::integer(std::string_view name) const {
  const auto found = input.find(name);
  if (found == input.end()) return std::nullopt;
  return found->get<std::int64_t>();
}

registry::CertificateId Call::certificate_id(std::string_view name) const {
  return parsed(registry::CertificateId::parse(str(name)));
}

registry::PolicyName Call::policy_name() const {
  return parsed(registry::PolicyName::parse(str("policyName")));
}

registry::TemplateName Call::template_name() const {
  return parsed(registry::TemplateName::parse(str("templateName")));
}

registry::ThingName Call::thing_name() const {
  return parsed(registry::ThingName::parse(str("thingName")));
}

std::optional<registry::ThingTypeName> Call::thing_type_name() const {
  if (!has("thingTypeName")) return std::nullopt;
  return parsed(registry::ThingTypeName::parse(str("thingTypeName")));
}

registry::ThingGroupName Call::thing_group_name(std::string_view name) const {
  return parsed(registry::ThingGroupName::parse(str(name)));
}

std::optional<registry::BillingGroupName> Call::billing_group_name() const {
  if (!has("billingGroupName")) return std::nullopt;
  return parsed(registry::BillingGroupName::parse(str("billingGroupName")));
}

registry::RoleAliasName Call::role_alias() const {
  return parsed(registry::RoleAliasName::parse(str("roleAlias")));
}

registry::AuthorizerName Call::authorizer_name() const {
  return parsed(registry::AuthorizerName::parse(str("authorizerName")));
}

registry::DomainConfigurationName Call::domain_configuration_name() const {
  return parsed(registry::DomainConfigurationName::parse(str("domainConfigurationName")));
}

registry::TopicRuleName Call::topic_rule_name() const {
  return parsed(registry::TopicRuleName::parse(str("ruleName")));
}

registry::Tags Call::tags() const {
  registry::Tags tags;
  if (const auto found = input.find("tags"); found != input.end()) {
    for (const auto& tag : *found) tags.push_back({tag.at("Key"), tag.value("Value", std::string{})});
  }
  return tags;
}

registry::PageRequest Call::page() const {
  registry::PageRequest page;
  if (const auto size = has("pageSize") ? integer("pageSize") : integer("maxResults")) {
    page.size = static_cast<std::size_t>(*size);
  }
  page.marker = has("marker") ? str("marker") : str("nextToken");
  const bool has_order = std::any_of(operation.input.begin(), operation.input.end(),
                                     [](const Member& member) { return member.name == "ascendingOrder"; });
  // Lists that know the order flag begin with the newest item (P1.7).
  page.ascending = !has_order || flag("ascendingOrder");
  return page;
}

}  // namespace iotemu::api
