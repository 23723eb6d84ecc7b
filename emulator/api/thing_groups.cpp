// Thing groups (P8.4); how dynamic ones are made: dynamic_thing_groups.cpp.

#include "emulator/api/members.h"
#include "emulator/api/name_or_arn.h"

namespace iotemu::api {
namespace {

using registry::ThingGroupName;

Json group_json(const Realm& realm, const ThingGroupName& name) {
  return Json{{"groupName", name.text()}, {"groupArn", registry::thing_group_arn(realm, name)}};
}

Result<Json> create_thing_group(Call& call) {
  registry::CreateThingGroup request{.properties = thing_group_properties_in(call), .tags = call.tags()};
  if (call.has("parentGroupName")) request.parent = call.thing_group_name("parentGroupName");
  const auto created = call.registry.create_thing_group(call.thing_group_name(), request);
  if (!created) return created.error();
  return Json{{"thingGroupName", (*created)->name.text()},
              {"thingGroupArn", (*created)->arn},
              {"thingGroupId", (*created)->id}};
}

Result<Json> describe_thing_group(Call& call) {
  const auto found = call.registry.thing_group(call.thing_group_name());
  if (!found) return found.error();
  const auto& group = **found;
  auto properties = Json::object();
  put(properties, "thingGroupDescription", group.properties.description);
  if (!group.properties.attributes.empty()) {
    properties["attributePayload"] = {{"attributes", group.properties.attributes}};
  }
  Json metadata{{"creationDate", epoch_seconds(group.created_at)}};
  if (const auto parent = group.parent()) {
    metadata["parentGroupName"] = parent->text();
    auto path = Json::array();
    for (const auto& name : group.ancestors) path.push_back(group_json(call.registry.realm(), name));
    metadata["rootToParentThingGroups"] = std::move(path);
  }
  Json answer{{"thingGroupName", group.name.text()},
              {"thingGroupId", group.id},
              {"thingGroupArn", group.arn},
              {"version", group.version},
              {"thingGroupProperties", std::move(properties)},
              {"thingGroupMetadata", std::move(metadata)}};
  if (group.dynamic) {
    answer["indexName"] = group.dynamic->index_name;
    answer["queryString"] = group.dynamic->query->text();
    answer["queryVersion"] = group.dynamic->version;
    answer["status"] = registry::to_text(group.dynamic->status);
  }
  return answer;
}

Result<Json> update_thing_group(Call& call) {
  const auto request = thing_group_changes_in(call);
  const auto version = call.registry.update_thing_group(call.thing_group_name(), request);
  if (!version) return version.error();
  return Json{{"version", *version}};
}

Result<Json> delete_thing_group(Call& call) {
  return empty_answer(
      call.registry.delete_thing_group(call.thing_group_name(), call.integer("expectedVersion")));
}

Result<Json> list_thing_groups(Call& call) {
  registry::ThingGroupFilter filter{.name_prefix = call.str("namePrefixFilter")};
  if (call.has("parentGroup")) filter.parent = call.thing_group_name("parentGroup");
  // Without a default in the model; clients that leave it out expect all levels.
  if (call.has("recursive")) filter.recursive = call.flag("recursive");
  const auto page = call.registry.list_thing_groups(call.page(), filter);
  if (!page) return page.error();
  return page_answer(*page, "thingGroups", "nextToken", [](const registry::ThingGroupPtr& group) {
    return Json{{"groupName", group->name.text()}, {"groupArn", group->arn}};
  });
}

registry::DynamicGroups dynamic_groups(const Call& call) {
  return call.flag("overrideDynamicGroups") ? registry::DynamicGroups::make_room
                                            : registry::DynamicGroups::keep;
}

/// One thing in or out of one group.
Result<Json> change_membership(Call& call, bool member) {
  const auto group = parsed_name_of<ThingGroupName>(call, kThingGroup);
  if (!group) return group.error();
  const auto thing = parsed_name_of<registry::ThingName>(call, kThing);
  if (!thing) return thing.error();
  const std::set<ThingGroupName> groups{*group};
  return empty_answer(member ? call.registry.change_memberships(*thing, groups, {}, dynamic_groups(call))
                             : call.registry.change_memberships(*thing, {}, groups));
}

Result<Json> add_thing_to_thing_group(Call& call) {
  return change_membership(call, true);
}

Result<Json> remove_thing_from_thing_group(Call& call) {
  return change_membership(call, false);
}

Result<std::set<ThingGroupName>> group_names(const Call& call, std::string_view member) {
  std::set<ThingGroupName> groups;
  const auto given = call.input.find(member);
  if (given == call.input.end()) return groups;
  for (const auto& text : *given) {
    const auto group = ThingGroupName::parse(text.get_ref<const std::string&>());
    if (!group) return group.error();
    groups.insert(*group);
  }
  return groups;
}

Result<Json> update_thing_groups_for_thing(Call& call) {
  if (!call.has("thingName")) return Error{Errc::invalid_request, "thingName must be given"};
  const auto add = group_names(call, "thingGroupsToAdd");
  if (!add) return add.error();
  const auto remove = group_names(call, "thingGroupsToRemove");
  if (!remove) return remove.error();
  return empty_answer(
      call.registry.change_memberships(call.thing_name(), *add, *remove, dynamic_groups(call)));
}

Result<Json> list_thing_groups_for_thing(Call& call) {
  const auto page = call.registry.groups_of_thing(call.thing_name(), call.page());
  if (!page) return page.error();
  return page_answer(*page, "thingGroups", "nextToken",
                     [&](const ThingGroupName& name) { return group_json(call.registry.realm(), name); });
}

Result<Json> list_things_in_thing_group(Call& call) {
  const auto page =
      call.registry.things_in_group(call.thing_group_name(), call.page(), call.flag("recursive"));
  if (!page) return page.error();
  return page_answer(*page, "things", "nextToken",
                     [](const registry::ThingName& name) { return Json(name.text()); });
}

Member group_in_path() {
  return group_name(path_member("thingGroupName"));
}

std::vector<Member> membership() {
  return {group_name(body("thingGroupName")), body("thingGroupArn"), thing_name(body("thingName")),
          body("thingArn")};
}

std::vector<Member> membership_with_override() {
  auto members = membership();
  members.push_back(body("overrideDynamicGroups").boolean());
  return members;
}

}  // namespace

const OperationTable& thing_group_operations() {
  static const OperationTable table{
      {.name = "CreateThingGroup",
       .verb = Verb::post,
       .path = "/thing-groups/{thingGroupName}",
       .input = {group_in_path(), group_name(body("parentGroupName")), thing_group_properties(), tags()},
       .output = {"thingGroupName", "thingGroupArn", "thingGroupId"},
       .errors = {Errc::already_exists},
       .run = create_thing_group},
      {.name = "DescribeThingGroup",
       .verb = Verb::get,
       .path = "/thing-groups/{thingGroupName}",
       .input = {group_in_path()},
       .output = {"thingGroupName", "thingGroupId", "thingGroupArn", "version", "thingGroupProperties",
                  "thingGroupMetadata", "indexName", "queryString", "queryVersion", "status"},
       .errors = {Errc::not_found},
       .run = describe_thing_group},
      {.name = "UpdateThingGroup",
       .verb = Verb::patch,
       .path = "/thing-groups/{thingGroupName}",
       .input = {group_in_path(), thing_group_properties().required(), body("expectedVersion").integer()},
       .output = {"version"},
       .errors = {Errc::not_found, Errc::version_conflict},
       .run = update_thing_group},
      {.name = "DeleteThingGroup",
       .verb = Verb::del,
       .path = "/thing-groups/{thingGroupName}",
       .input = {group_in_path(), query("expectedVersion").integer()},
       .errors = {Errc::version_conflict},
       .run = delete_thing_group,
       .blocking = true},  // as long as the list of members
      {.name = "ListThingGroups",
       .verb = Verb::get,
       .path = "/thing-groups",
       .input = with_token({group_name(query("parentGroup")), group_name(query("namePrefixFilter")),
                            query("recursive").boolean()}),
       .output = {"thingGroups", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_thing_groups},
      {.name = "AddThingToThingGroup",
       .verb = Verb::put,
       .path = "/thing-groups/addThingToThingGroup",
       .input = membership_with_override(),
       .errors = {Errc::not_found},
       .run = add_thing_to_thing_group},
      {.name = "RemoveThingFromThingGroup",
       .verb = Verb::put,
       .path = "/thing-groups/removeThingFromThingGroup",
       .input = membership(),
       .errors = {Errc::not_found},
       .run = remove_thing_from_thing_group},
      {.name = "UpdateThingGroupsForThing",
       .verb = Verb::put,
       .path = "/thing-groups/updateThingGroupsForThing",
       .input = {thing_name(body("thingName")), body("thingGroupsToAdd").list_of(group_name(body("member"))),
                 body("thingGroupsToRemove").list_of(group_name(body("member"))),
                 body("overrideDynamicGroups").boolean()},
       .errors = {Errc::not_found},
       .run = update_thing_groups_for_thing},
      {.name = "ListThingGroupsForThing",
       .verb = Verb::get,
       .path = "/things/{thingName}/thing-groups",
       .input = with_token({thing_name()}),
       .output = {"thingGroups", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_thing_groups_for_thing},
      {.name = "ListThingsInThingGroup",
       .verb = Verb::get,
       .path = "/thing-groups/{thingGroupName}/things",
       .input = with_token({group_in_path(), query("recursive").boolean()}),
       .output = {"things", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_things_in_thing_group},
  };
  return table;
}

}  // namespace iotemu::api
