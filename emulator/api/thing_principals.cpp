// Which principal belongs to which thing (P8.3).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::string_view kThingPrincipalTypes[]{"EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"};

std::optional<registry::ThingPrincipalType> type_of(const Call& call) {
  return registry::parse_thing_principal_type(call.str("thingPrincipalType"));
}

Result<Json> attach_thing_principal(Call& call) {
  return empty_answer(call.registry.attach_thing_principal(
      call.thing_name(), call.str("principal"),
      type_of(call).value_or(registry::ThingPrincipalType::non_exclusive)));
}

Result<Json> detach_thing_principal(Call& call) {
  return empty_answer(call.registry.detach_thing_principal(call.thing_name(), call.str("principal")));
}

Result<Json> list_thing_principals(Call& call) {
  const auto page = call.registry.thing_principals(call.thing_name(), call.page());
  if (!page) return page.error();
  return page_answer(*page, "principals", "nextToken",
                     [](const registry::ThingPrincipal& item) { return Json(item.principal); });
}

Result<Json> list_thing_principals_v2(Call& call) {
  const auto page = call.registry.thing_principals(call.thing_name(), call.page(), type_of(call));
  if (!page) return page.error();
  return page_answer(*page, "thingPrincipalObjects", "nextToken", [](const registry::ThingPrincipal& item) {
    return Json{{"principal", item.principal}, {"thingPrincipalType", to_text(item.type)}};
  });
}

Result<Json> list_principal_things(Call& call) {
  const auto page = call.registry.principal_things(call.str("principal"), call.page());
  if (!page) return page.error();
  return page_answer(*page, "things", "nextToken",
                     [](const registry::PrincipalThing& item) { return Json(item.thing.text()); });
}

Result<Json> list_principal_things_v2(Call& call) {
  const auto page = call.registry.principal_things(call.str("principal"), call.page(), type_of(call));
  if (!page) return page.error();
  return page_answer(*page, "principalThingObjects", "nextToken", [](const registry::PrincipalThing& item) {
    return Json{{"thingName", item.thing.text()}, {"thingPrincipalType", to_text(item.type)}};
  });
}

Member principal() {
  return header("principal", "x-amzn-principal").required();
}
Member thing_principal_type() {
  return query("thingPrincipalType").one_of(kThingPrincipalTypes);
}

}  // namespace

const OperationTable& thing_principal_operations() {
  static const OperationTable table{
      {.name = "AttachThingPrincipal",
       .verb = Verb::put,
       .path = "/things/{thingName}/principals",
       .input = {thing_name(), principal(), thing_principal_type()},
       .errors = {Errc::not_found},
       .run = attach_thing_principal},
      {.name = "DetachThingPrincipal",
       .verb = Verb::del,
       .path = "/things/{thingName}/principals",
       .input = {thing_name(), principal()},
       .errors = {Errc::not_found},
       .run = detach_thing_principal},
      {.name = "ListThingPrincipals",
       .verb = Verb::get,
       .path = "/things/{thingName}/principals",
       .input = with_token({thing_name()}),
       .output = {"principals", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_thing_principals},
      {.name = "ListThingPrincipalsV2",
       .verb = Verb::get,
       .path = "/things/{thingName}/principals-v2",
       .input = with_token({thing_name(), thing_principal_type()}),
       .output = {"thingPrincipalObjects", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_thing_principals_v2},
      {.name = "ListPrincipalThings",
       .verb = Verb::get,
       .path = "/principals/things",
       .input = with_token({principal()}),
       .output = {"things", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_principal_things},
      {.name = "ListPrincipalThingsV2",
       .verb = Verb::get,
       .path = "/principals/things-v2",
       .input = with_token({principal(), thing_principal_type()}),
       .output = {"principalThingObjects", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_principal_things_v2},
  };
  return table;
}

}  // namespace iotemu::api
