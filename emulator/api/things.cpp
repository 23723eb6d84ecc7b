// Things (P8.1).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

Result<Json> create_thing(Call& call) {
  const auto created = call.registry.create_thing(
      call.thing_name(), {.type = call.thing_type_name(),
                          .attributes = attributes_in(call.input).value_or(registry::Attributes{}),
                          .billing_group = call.billing_group_name()});
  if (!created) return created.error();
  return Json{
      {"thingName", (*created)->name.text()}, {"thingArn", (*created)->arn}, {"thingId", (*created)->id}};
}

/// What DescribeThing and ListThings have in common.
Json thing_json(const registry::ThingRecord& thing) {
  Json json{{"thingName", thing.name.text()},
            {"thingArn", thing.arn},
            {"attributes", thing.attributes},
            {"version", thing.version}};
  if (thing.type) json["thingTypeName"] = thing.type->text();
  return json;
}

Result<Json> describe_thing(Call& call) {
  const auto thing = call.registry.thing(call.thing_name());
  if (!thing) return thing.error();
  auto answer = thing_json(**thing);
  answer["defaultClientId"] = (*thing)->name.text();
  answer["thingId"] = (*thing)->id;
  if ((*thing)->billing_group) answer["billingGroupName"] = (*thing)->billing_group->text();
  return answer;
}

Result<Json> update_thing(Call& call) {
  registry::UpdateThing request{.type = call.thing_type_name(),
                                .remove_type = call.flag("removeThingType"),
                                .attributes = attributes_in(call.input),
                                .expected_version = call.integer("expectedVersion")};
  if (const auto payload = call.input.find("attributePayload"); payload != call.input.end()) {
    request.merge = payload->value("merge", false);
  }
  return empty_answer(call.registry.update_thing(call.thing_name(), request));
}

Result<Json> delete_thing(Call& call) {
  return empty_answer(call.registry.delete_thing(call.thing_name(), call.integer("expectedVersion")));
}

Result<Json> list_things(Call& call) {
  const auto page =
      call.registry.list_things(call.page(), {.attribute_name = call.str("attributeName"),
                                              .attribute_value = call.str("attributeValue"),
                                              .value_is_prefix = call.flag("usePrefixAttributeValue"),
                                              .type = call.thing_type_name()});
  if (!page) return page.error();
  return page_answer(*page, "things", "nextToken",
                     [](const registry::ThingPtr& thing) { return thing_json(*thing); });
}

}  // namespace

const OperationTable& thing_operations() {
  static const OperationTable table{
      {.name = "CreateThing",
       .verb = Verb::post,
       .path = "/things/{thingName}",
       .input = {thing_name(), thing_type_name(body("thingTypeName")), attribute_payload(),
                 group_name(body("billingGroupName"))},
       .output = {"thingName", "thingArn", "thingId"},
       .errors = {Errc::already_exists, Errc::not_found},
       .run = create_thing},
      {.name = "DescribeThing",
       .verb = Verb::get,
       .path = "/things/{thingName}",
       .input = {thing_name()},
       .output = {"defaultClientId", "thingName", "thingId", "thingArn", "thingTypeName", "attributes",
                  "version", "billingGroupName"},
       .errors = {Errc::not_found},
       .run = describe_thing},
      {.name = "UpdateThing",
       .verb = Verb::patch,
       .path = "/things/{thingName}",
       .input = {thing_name(), thing_type_name(body("thingTypeName")), attribute_payload(),
                 body("expectedVersion").integer(), body("removeThingType").boolean()},
       .errors = {Errc::not_found, Errc::version_conflict},
       .run = update_thing},
      {.name = "DeleteThing",
       .verb = Verb::del,
       .path = "/things/{thingName}",
       .input = {thing_name(), query("expectedVersion").integer()},
       .errors = {Errc::not_found, Errc::version_conflict},
       .run = delete_thing},
      {.name = "ListThings",
       .verb = Verb::get,
       .path = "/things",
       .input =
           with_token({query("attributeName").length(0, 128).pattern(kAttributeNamePattern),
                       query("attributeValue").length(0, 800).pattern(kAttributeValuePattern),
                       thing_type_name(query("thingTypeName")), query("usePrefixAttributeValue").boolean()}),
       .output = {"things", "nextToken"},
       .run = list_things},
  };
  return table;
}

}  // namespace iotemu::api
