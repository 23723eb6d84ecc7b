// Billing groups (P8.5).

#include "emulator/api/members.h"
#include "emulator/api/name_or_arn.h"

namespace iotemu::api {
namespace {

using registry::BillingGroupName;

constexpr const char* kProperties = "billingGroupProperties";

std::optional<std::string> description_of(const Call& call) {
  const auto given = call.input.find(kProperties);
  if (given == call.input.end() || !given->contains("billingGroupDescription")) return std::nullopt;
  return given->at("billingGroupDescription").get<std::string>();
}

Result<Json> create_billing_group(Call& call) {
  const auto created = call.registry.create_billing_group(*call.billing_group_name(),
                                                          description_of(call).value_or(""), call.tags());
  if (!created) return created.error();
  return Json{{"billingGroupName", (*created)->name.text()},
              {"billingGroupArn", (*created)->arn},
              {"billingGroupId", (*created)->id}};
}

Result<Json> describe_billing_group(Call& call) {
  const auto found = call.registry.billing_group(*call.billing_group_name());
  if (!found) return found.error();
  const auto& group = **found;
  auto properties = Json::object();
  put(properties, "billingGroupDescription", group.description);
  return Json{{"billingGroupName", group.name.text()},
              {"billingGroupId", group.id},
              {"billingGroupArn", group.arn},
              {"version", group.version},
              {"billingGroupProperties", std::move(properties)},
              {"billingGroupMetadata", {{"creationDate", epoch_seconds(group.created_at)}}}};
}

Result<Json> update_billing_group(Call& call) {
  const auto version = call.registry.update_billing_group(
      *call.billing_group_name(),
      {.description = description_of(call), .expected_version = call.integer("expectedVersion")});
  if (!version) return version.error();
  return Json{{"version", *version}};
}

Result<Json> delete_billing_group(Call& call) {
  return empty_answer(
      call.registry.delete_billing_group(*call.billing_group_name(), call.integer("expectedVersion")));
}

Result<Json> list_billing_groups(Call& call) {
  const auto page = call.registry.list_billing_groups(call.page(), call.str("namePrefixFilter"));
  if (!page) return page.error();
  return page_answer(*page, "billingGroups", "nextToken", [](const registry::BillingGroupPtr& group) {
    return Json{{"groupName", group->name.text()}, {"groupArn", group->arn}};
  });
}

Result<Json> change_membership(Call& call, Status (registry::Registry::*change)(const registry::ThingName&,
                                                                                const BillingGroupName&)) {
  const auto group = parsed_name_of<BillingGroupName>(call, kBillingGroup);
  if (!group) return group.error();
  const auto thing = parsed_name_of<registry::ThingName>(call, kThing);
  if (!thing) return thing.error();
  return empty_answer((call.registry.*change)(*thing, *group));
}

Result<Json> add_thing_to_billing_group(Call& call) {
  return change_membership(call, &registry::Registry::add_thing_to_billing_group);
}

Result<Json> remove_thing_from_billing_group(Call& call) {
  return change_membership(call, &registry::Registry::remove_thing_from_billing_group);
}

Result<Json> list_things_in_billing_group(Call& call) {
  const auto page = call.registry.things_in_billing_group(*call.billing_group_name(), call.page());
  if (!page) return page.error();
  return page_answer(*page, "things", "nextToken",
                     [](const registry::ThingName& name) { return Json(name.text()); });
}

Member group_in_path() {
  return group_name(path_member("billingGroupName"));
}

Member properties() {
  return body(kProperties)
      .structure({body("billingGroupDescription").length(0, 2028).pattern(kPrintablePattern)});
}

std::vector<Member> membership() {
  return {group_name(body("billingGroupName")), body("billingGroupArn"), thing_name(body("thingName")),
          body("thingArn")};
}

}  // namespace

const OperationTable& billing_group_operations() {
  static const OperationTable table{
      {.name = "CreateBillingGroup",
       .verb = Verb::post,
       .path = "/billing-groups/{billingGroupName}",
       .input = {group_in_path(), properties(), tags()},
       .output = {"billingGroupName", "billingGroupArn", "billingGroupId"},
       .errors = {Errc::already_exists},
       .run = create_billing_group},
      {.name = "DescribeBillingGroup",
       .verb = Verb::get,
       .path = "/billing-groups/{billingGroupName}",
       .input = {group_in_path()},
       .output = {"billingGroupName", "billingGroupId", "billingGroupArn", "version",
                  "billingGroupProperties", "billingGroupMetadata"},
       .errors = {Errc::not_found},
       .run = describe_billing_group},
      {.name = "UpdateBillingGroup",
       .verb = Verb::patch,
       .path = "/billing-groups/{billingGroupName}",
       .input = {group_in_path(), properties().required(), body("expectedVersion").integer()},
       .output = {"version"},
       .errors = {Errc::not_found, Errc::version_conflict},
       .run = update_billing_group},
      {.name = "DeleteBillingGroup",
       .verb = Verb::del,
       .path = "/billing-groups/{billingGroupName}",
       .input = {group_in_path(), query("expectedVersion").integer()},
       .errors = {Errc::version_conflict},
       .run = delete_billing_group},
      {.name = "ListBillingGroups",
       .verb = Verb::get,
       .path = "/billing-groups",
       .input = with_token({group_name(query("namePrefixFilter"))}),
       .output = {"billingGroups", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_billing_groups},
      {.name = "AddThingToBillingGroup",
       .verb = Verb::put,
       .path = "/billing-groups/addThingToBillingGroup",
       .input = membership(),
       .errors = {Errc::not_found},
       .run = add_thing_to_billing_group},
      {.name = "RemoveThingFromBillingGroup",
       .verb = Verb::put,
       .path = "/billing-groups/removeThingFromBillingGroup",
       .input = membership(),
       .errors = {Errc::not_found},
       .run = remove_thing_from_billing_group},
      {.name = "ListThingsInBillingGroup",
       .verb = Verb::get,
       .path = "/billing-groups/{billingGroupName}/things",
       .input = with_token({group_in_path()}),
       .output = {"things", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_things_in_billing_group},
  };
  return table;
}

}  // namespace iotemu::api
