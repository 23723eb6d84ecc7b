#include "emulator/identity/certificate_facts.h"

#include <utility>

#include "registry/rights.h"

namespace iotemu::identity {
namespace {

namespace pki = registry::pki;

}  // namespace

CertificateFacts facts_of(const pki::Certificate& certificate) {
  return {.subject = certificate.subject().text(), .variables = registry::certificate_variables(certificate)};
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
