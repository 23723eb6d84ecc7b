#include "emulator/identity/certificate_facts.h"

#include <utility>
#include <vector>

namespace iotemu::identity {
namespace {

namespace pki = registry::pki;
namespace policy = registry::policy;

std::vector<policy::NameAttribute> attributes(const pki::DistinguishedName& name) {
  std::vector<policy::NameAttribute> result;
  for (const pki::NameAttribute& attribute : name.attributes)
    result.emplace_back(attribute.oid, attribute.value);
  return result;
}

using Add = void (policy::CertificateVariables::*)(policy::AlternativeName, std::span<const std::string>);

void add_alternative_names(policy::CertificateVariables& variables, Add add,
                           const pki::AlternativeNames& names) {
  (variables.*add)(policy::AlternativeName::rfc822_name, names.email);
  (variables.*add)(policy::AlternativeName::dns_name, names.dns);
  (variables.*add)(policy::AlternativeName::directory_name, names.directory);
  (variables.*add)(policy::AlternativeName::uniform_resource_identifier, names.uri);
  (variables.*add)(policy::AlternativeName::ip_address, names.ip);
}

}  // namespace

CertificateFacts facts_of(const pki::Certificate& certificate) {
  CertificateFacts facts;
  facts.subject = certificate.subject().text();
  facts.variables.set_serial_number(certificate.serial_decimal());
  facts.variables.add_subject(attributes(certificate.subject()));
  facts.variables.add_issuer(attributes(certificate.issuer()));
  add_alternative_names(facts.variables, &policy::CertificateVariables::add_subject_alternative_names,
                        certificate.subject_alternative_names());
  add_alternative_names(facts.variables, &policy::CertificateVariables::add_issuer_alternative_names,
                        certificate.issuer_alternative_names());
  return facts;
}

Result<std::shared_ptr<const CertificateFacts>> CertificateFactsCache::get(const registry::CertificateId& id,
                                                                           std::string_view der) {
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = facts_.find(id); found != facts_.end()) return found->second;
  }
  const auto certificate = pki::Certificate::from_der(der);
  if (!certificate) return certificate.error();
  auto facts = std::make_shared<const CertificateFacts>(facts_of(*certificate));
  const std::lock_guard lock{mutex_};
  if (facts_.size() >= capacity_) facts_.clear();
  facts_.emplace(id, facts);
  return facts;
}

}  // namespace iotemu::identity
