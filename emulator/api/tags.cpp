// The tags that resources were created with (P8.8).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

Result<Json> tags_answer(const registry::Tags& tags) {
  auto list = Json::array();
  for (const auto& tag : tags) list.push_back({{"Key", tag.key}, {"Value", tag.value}});
  return Json{{"tags", std::move(list)}};
}

template <class Found>
Result<Json> tags_of(const Found& found) {
  if (!found) return found.error();
  return tags_answer((*found)->tags);
}

Result<Json> list_tags_for_resource(Call& call) {
  if (const auto first = check_only_page(call); !first) return first.error();
  const auto arn = call.str("resourceArn");
  const auto resource = iot_resource(call.registry.realm(), arn);
  const auto slash = std::min(resource.find('/'), resource.size());
  const auto kind = resource.substr(0, slash);
  const auto name = resource.substr(std::min(slash + 1, resource.size()));
  if (kind == "cacert") {
    if (const auto id = registry::CertificateId::parse(name)) return tags_of(call.registry.ca(*id));
  } else if (kind == "policy") {
    if (const auto policy = registry::PolicyName::parse(name)) return tags_of(call.registry.policy(*policy));
  } else if (kind == "thingtype") {
    if (const auto type = registry::ThingTypeName::parse(name))
      return tags_of(call.registry.thing_type(*type));
  } else if (kind == "provisioningtemplate") {
    if (const auto found = registry::TemplateName::parse(name))
      return tags_of(call.registry.provisioning_template(*found));
  } else if (kind == "thinggroup") {
    if (const auto group = registry::ThingGroupName::parse(name))
      return tags_of(call.registry.thing_group(*group));
  } else if (kind == "billinggroup") {
    if (const auto group = registry::BillingGroupName::parse(name))
      return tags_of(call.registry.billing_group(*group));
  } else if (kind == "thing" || kind == "cert") {
    return Error{Errc::invalid_request, "Things and device certificates carry no tags: " + arn};
  }
  return Error{Errc::not_found, "Resource " + arn + " does not exist"};
}

}  // namespace

const OperationTable& tag_operations() {
  static const OperationTable table{
      {.name = "ListTagsForResource",
       .verb = Verb::get,
       .path = "/tags",
       .input = {query("resourceArn").required(), query("nextToken")},
       .output = {"tags", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_tags_for_resource},
  };
  return table;
}

}  // namespace iotemu::api
