#include <array>
#include <utility>

#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"
#include "registry/records/indexing_configuration.h"
#include "registry/records/provisioning_template.h"
#include "registry/records/thing.h"
#include "registry/records/thing_group.h"

namespace iotemu::registry {
namespace {

template <class Value, std::size_t N>
using Words = std::array<std::pair<Value, std::string_view>, N>;

template <class Value, std::size_t N>
std::string_view word_of(const Words<Value, N>& words, Value value) {
  for (const auto& [candidate, word] : words) {
    if (candidate == value) return word;
  }
  return {};
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const Words<Value, N>& words, std::string_view text) {
  for (const auto& [value, word] : words) {
    if (word == text) return value;
  }
  return {};
}

constexpr Words<CertificateStatus, 6> kCertificateStatuses{{
    {CertificateStatus::active, "ACTIVE"},
    {CertificateStatus::inactive, "INACTIVE"},
    {CertificateStatus::revoked, "REVOKED"},
    {CertificateStatus::pending_transfer, "PENDING_TRANSFER"},
    {CertificateStatus::register_inactive, "REGISTER_INACTIVE"},
    {CertificateStatus::pending_activation, "PENDING_ACTIVATION"},
}};
constexpr Words<CertificateMode, 2> kModes{{
    {CertificateMode::default_mode, "DEFAULT"},
    {CertificateMode::sni_only, "SNI_ONLY"},
}};
constexpr Words<CaStatus, 2> kCaStatuses{{
    {CaStatus::active, "ACTIVE"},
    {CaStatus::inactive, "INACTIVE"},
}};
constexpr Words<ThingPrincipalType, 2> kThingPrincipalTypes{{
    {ThingPrincipalType::exclusive, "EXCLUSIVE_THING"},
    {ThingPrincipalType::non_exclusive, "NON_EXCLUSIVE_THING"},
}};
constexpr Words<TemplateType, 2> kTemplateTypes{{
    {TemplateType::fleet_provisioning, "FLEET_PROVISIONING"},
    {TemplateType::jitp, "JITP"},
}};
constexpr Words<ThingIndexingMode, 3> kThingIndexingModes{{
    {ThingIndexingMode::off, "OFF"},
    {ThingIndexingMode::registry, "REGISTRY"},
    {ThingIndexingMode::registry_and_shadow, "REGISTRY_AND_SHADOW"},
}};
constexpr Words<DynamicQuery::Status, 3> kDynamicStatuses{{
    {DynamicQuery::Status::active, "ACTIVE"},
    {DynamicQuery::Status::building, "BUILDING"},
    {DynamicQuery::Status::rebuilding, "REBUILDING"},
}};

}  // namespace

std::string_view to_text(CertificateStatus status) {
  return word_of(kCertificateStatuses, status);
}
std::optional<CertificateStatus> parse_certificate_status(std::string_view text) {
  return value_of(kCertificateStatuses, text);
}
std::string_view to_text(CertificateMode mode) {
  return word_of(kModes, mode);
}
std::optional<CertificateMode> parse_certificate_mode(std::string_view text) {
  return value_of(kModes, text);
}
std::string_view to_text(CaStatus status) {
  return word_of(kCaStatuses, status);
}
std::optional<CaStatus> parse_ca_status(std::string_view text) {
  return value_of(kCaStatuses, text);
}
std::string_view to_text(ThingPrincipalType type) {
  return word_of(kThingPrincipalTypes, type);
}
std::optional<ThingPrincipalType> parse_thing_principal_type(std::string_view text) {
  return value_of(kThingPrincipalTypes, text);
}
std::string_view to_text(TemplateType type) {
  return word_of(kTemplateTypes, type);
}
std::optional<TemplateType> parse_template_type(std::string_view text) {
  return value_of(kTemplateTypes, text);
}

std::string_view to_text(ThingIndexingMode mode) {
  return word_of(kThingIndexingModes, mode);
}
std::optional<ThingIndexingMode> parse_thing_indexing_mode(std::string_view text) {
  return value_of(kThingIndexingModes, text);
}
std::string_view to_text(DynamicQuery::Status status) {
  return word_of(kDynamicStatuses, status);
}

}  // namespace iotemu::registry
