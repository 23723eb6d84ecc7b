// Dynamic thing groups (FI-6): for all else they are thing groups.

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

namespace index = registry::index;

Result<Json> create_dynamic_thing_group(Call& call) {
  const auto text_or = [&](std::string_view member, std::string_view otherwise) {
    return call.has(member) ? call.str(member) : std::string{otherwise};
  };
  const auto created = call.registry.create_dynamic_thing_group(
      call.thing_group_name(), {.properties = thing_group_properties_in(call),
                                .index_name = text_or("indexName", index::kThings),
                                .query = call.str("queryString"),
                                .query_version = text_or("queryVersion", index::kQueryVersion),
                                .tags = call.tags()});
  if (!created) return created.error();
  const auto& group = **created;
  return Json{{"thingGroupName", group.name.text()},
              {"thingGroupArn", group.arn},
              {"thingGroupId", group.id},
              {"indexName", group.dynamic->index_name},
              {"queryString", group.dynamic->query->text()},
              {"queryVersion", group.dynamic->version}};
}

Result<Json> update_dynamic_thing_group(Call& call) {
  registry::UpdateDynamicThingGroup request{.group = thing_group_changes_in(call)};
  if (call.has("indexName")) request.index_name = call.str("indexName");
  if (call.has("queryString")) request.query = call.str("queryString");
  if (call.has("queryVersion")) request.query_version = call.str("queryVersion");
  const auto version = call.registry.update_dynamic_thing_group(call.thing_group_name(), request);
  if (!version) return version.error();
  return Json{{"version", *version}};
}

Result<Json> delete_dynamic_thing_group(Call& call) {
  return empty_answer(
      call.registry.delete_dynamic_thing_group(call.thing_group_name(), call.integer("expectedVersion")));
}

Member group_in_path() {
  return group_name(path_member("thingGroupName"));
}

}  // namespace

const OperationTable& dynamic_thing_group_operations() {
  static const OperationTable table{
      {.name = "CreateDynamicThingGroup",
       .verb = Verb::post,
       .path = "/dynamic-thing-groups/{thingGroupName}",
       .input = {group_in_path(), thing_group_properties(), index_name(body("indexName")),
                 query_string().required(), body("queryVersion"), tags()},
       .output = {"thingGroupName", "thingGroupArn", "thingGroupId", "indexName", "queryString",
                  "queryVersion"},
       .errors = {Errc::already_exists, Errc::invalid_query, Errc::limit_exceeded, Errc::not_found},
       .run = create_dynamic_thing_group,
       .blocking = true},  // asks the query about every thing
      {.name = "UpdateDynamicThingGroup",
       .verb = Verb::patch,
       .path = "/dynamic-thing-groups/{thingGroupName}",
       .input = {group_in_path(), thing_group_properties().required(), body("expectedVersion").integer(),
                 index_name(body("indexName")), query_string(), body("queryVersion")},
       .output = {"version"},
       .errors = {Errc::invalid_query, Errc::not_found, Errc::version_conflict},
       .run = update_dynamic_thing_group,
       .blocking = true},
      {.name = "DeleteDynamicThingGroup",
       .verb = Verb::del,
       .path = "/dynamic-thing-groups/{thingGroupName}",
       .input = {group_in_path(), query("expectedVersion").integer()},
       .errors = {Errc::version_conflict},
       .run = delete_dynamic_thing_group,
       .blocking = true},  // as long as the list of members
  };
  return table;
}

}  // namespace iotemu::api
