#include "tests/unit/registry/provisioning/plan_json.h"

#include <string>
#include <variant>

namespace iotemu::registry::provisioning::testing {
namespace {

void put_override(Json& out, const char* key, Override setting) {
  static const std::map<Override, const char*> words{{Override::do_nothing, "DO_NOTHING"},
                                                     {Override::replace, "REPLACE"},
                                                     {Override::merge, "MERGE"},
                                                     {Override::fail, "FAIL"}};
  if (setting != Override::unset) out[key] = words.at(setting);
}

Json thing_json(const ThingPlan& thing) {
  Json out{{"logicalName", thing.logical_name}, {"name", thing.name.text()}};
  if (thing.attributes) out["attributes"] = Json(*thing.attributes);
  if (thing.type) out["type"] = thing.type->text();
  if (thing.groups) {
    out["groups"] = Json::array();
    for (const ThingGroupName& group : *thing.groups) out["groups"].push_back(group.text());
  }
  if (thing.billing_group) out["billingGroup"] = thing.billing_group->text();
  put_override(out, "onAttributes", thing.on_attributes);
  put_override(out, "onType", thing.on_type);
  put_override(out, "onGroups", thing.on_groups);
  return out;
}

Json certificate_json(const CertificatePlan& certificate) {
  Json out{{"logicalName", certificate.logical_name}, {"status", to_text(certificate.status)}};
  if (const auto* id = std::get_if<CertificateId>(&certificate.source)) out["id"] = id->hex();
  if (const auto* csr = std::get_if<CertificateFromCsr>(&certificate.source)) out["csr"] = csr->csr_pem;
  if (const auto* pem = std::get_if<CertificateFromPem>(&certificate.source)) {
    out["pem"] = pem->pem;
    if (!pem->ca_pem.empty()) out["caPem"] = pem->ca_pem;
  }
  if (certificate.attachment) out["attachment"] = to_text(*certificate.attachment);
  put_override(out, "onStatus", certificate.on_status);
  return out;
}

}  // namespace

Json plan_json(const Plan& plan) {
  Json out = Json::object();
  if (plan.thing) out["thing"] = thing_json(*plan.thing);
  if (plan.certificate) out["certificate"] = certificate_json(*plan.certificate);
  for (const PolicyPlan& policy : plan.policies) {
    Json row{{"logicalName", policy.logical_name}, {"name", policy.name.text()}};
    if (!policy.document.empty()) row["document"] = policy.document;
    out["policies"].push_back(std::move(row));
  }
  if (!plan.device_configuration.empty()) out["deviceConfiguration"] = plan.device_configuration;
  if (!plan.warnings.empty()) out["warnings"] = plan.warnings;
  return out;
}

}  // namespace iotemu::registry::provisioning::testing
