#include "registry/rights.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace iotemu::registry {
namespace {

using Policies = std::vector<policy::NamedDocument>;
using Add = void (policy::CertificateVariables::*)(policy::AlternativeName, std::span<const std::string>);

/// P7.3: the principal's policies and those of the associated thing's groups, each once.
Policies effective_policies(const PrincipalView& view, const AttachedThing* associated) {
  if (associated == nullptr || associated->group_policies.empty()) return view.policies;
  Policies all;
  std::ranges::set_union(view.policies, associated->group_policies, std::back_inserter(all), {},
                         &policy::NamedDocument::name, &policy::NamedDocument::name);
  return all;
}

policy::AssociatedThing thing_facts(const ThingRecord& thing) {
  return {.name = thing.name.text(),
          .type = thing.type ? thing.type->text() : std::string{},
          .attributes = {thing.attributes.begin(), thing.attributes.end()}};
}

std::vector<policy::NameAttribute> attributes(const pki::DistinguishedName& name) {
  std::vector<policy::NameAttribute> result;
  for (const pki::NameAttribute& attribute : name.attributes)
    result.emplace_back(attribute.oid, attribute.value);
  return result;
}

void add_alternative_names(policy::CertificateVariables& variables, Add add,
                           const pki::AlternativeNames& names) {
  (variables.*add)(policy::AlternativeName::rfc822_name, names.email);
  (variables.*add)(policy::AlternativeName::dns_name, names.dns);
  (variables.*add)(policy::AlternativeName::directory_name, names.directory);
  (variables.*add)(policy::AlternativeName::uniform_resource_identifier, names.uri);
  (variables.*add)(policy::AlternativeName::ip_address, names.ip);
}

}  // namespace

const AttachedThing* associated_thing(const PrincipalView& view, std::string_view client_id) {
  const auto exclusive = std::ranges::find(view.things, ThingPrincipalType::exclusive, &AttachedThing::type);
  if (exclusive != view.things.end()) return &*exclusive;
  const auto named = std::ranges::find_if(
      view.things, [&](const AttachedThing& attached) { return attached.thing->name.text() == client_id; });
  return named == view.things.end() ? nullptr : &*named;
}

Rights rights_of(const Realm& realm, const PrincipalView& view, const Connection& connection) {
  const AttachedThing* attached =
      connection.is_mqtt ? associated_thing(view, connection.client_id.value_or("")) : nullptr;
  Rights rights{.policies = effective_policies(view, attached)};
  policy::Context& context = rights.context;
  context.client_id = connection.client_id;
  context.domain_name = connection.server_name;
  context.source_ip = connection.source_ip;
  if (view.certificate) context.certificate_id = view.certificate->id.hex();
  context.certificate = connection.certificate;
  if (attached != nullptr) {
    context.thing = std::make_shared<const policy::AssociatedThing>(thing_facts(*attached->thing));
  }
  // Without a client id nobody can tell which thing would be meant.
  if (attached != nullptr || connection.client_id) context.is_attached = attached != nullptr;
  context.persistent_connect = connection.persistent;
  if (!connection.will_topic.empty()) {
    context.last_will_topic = iot_arn(realm, "topic/" + connection.will_topic);
  }
  return rights;
}

policy::CertificateVariables certificate_variables(const pki::Certificate& certificate) {
  policy::CertificateVariables variables;
  variables.set_serial_number(certificate.serial_decimal());
  variables.add_subject(attributes(certificate.subject()));
  variables.add_issuer(attributes(certificate.issuer()));
  add_alternative_names(variables, &policy::CertificateVariables::add_subject_alternative_names,
                        certificate.subject_alternative_names());
  add_alternative_names(variables, &policy::CertificateVariables::add_issuer_alternative_names,
                        certificate.issuer_alternative_names());
  return variables;
}

}  // namespace iotemu::registry
