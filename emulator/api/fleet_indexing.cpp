// Fleet indexing (FI-1…5).

#include <algorithm>

#include "base/log.h"
#include "emulator/api/members.h"
#include "registry/errors.h"

namespace iotemu::api {
namespace {

namespace index = registry::index;
using registry::IndexedField;

constexpr std::string_view kThingModes[]{"OFF", "REGISTRY", "REGISTRY_AND_SHADOW"};
constexpr std::string_view kConnectivityModes[]{"OFF", "STATUS"};
constexpr std::string_view kDefenderModes[]{"OFF", "VIOLATIONS"};
constexpr std::string_view kOnOff[]{"OFF", "ON"};
constexpr std::string_view kFieldTypes[]{"Number", "String", "Boolean"};
constexpr std::string_view kLocationOrders[]{"LatLon", "LonLat"};

/// In one page, and without a wish: the service takes less than its model allows.
constexpr std::int64_t kMostFound = 100;

Json fields_json(const std::vector<IndexedField>& fields) {
  auto list = Json::array();
  for (const auto& field : fields) list.push_back({{"name", field.name}, {"type", field.type}});
  return list;
}

Json things_json(const registry::ThingIndexing& things) {
  Json json{{"thingIndexingMode", registry::to_text(things.mode)},
            {"thingConnectivityIndexingMode", kConnectivityModes[things.connectivity ? 1 : 0]},
            {"deviceDefenderIndexingMode", kDefenderModes[things.device_defender ? 1 : 0]},
            {"namedShadowIndexingMode", kOnOff[things.named_shadows ? 1 : 0]}};
  if (things.on()) json["managedFields"] = fields_json(index::managed_fields(things));
  if (!things.custom_fields.empty()) json["customFields"] = fields_json(things.custom_fields);
  auto filter = Json::object();
  if (!things.shadow_names.empty()) filter["namedShadowNames"] = things.shadow_names;
  for (const auto& location : things.locations) {
    Json target{{"name", location.name}};
    put(target, "order", location.order);
    filter["geoLocations"].push_back(std::move(target));
  }
  if (!filter.empty()) json["filter"] = std::move(filter);
  return json;
}

Json thing_groups_json(const registry::ThingGroupIndexing& groups) {
  Json json{{"thingGroupIndexingMode", kOnOff[groups.on ? 1 : 0]}};
  if (groups.on) json["managedFields"] = fields_json(index::managed_fields(groups));
  if (!groups.custom_fields.empty()) json["customFields"] = fields_json(groups.custom_fields);
  return json;
}

Result<Json> get_indexing_configuration(Call& call) {
  const auto now = call.registry.index().configuration();
  return Json{{"thingIndexingConfiguration", things_json(now.things)},
              {"thingGroupIndexingConfiguration", thing_groups_json(now.thing_groups)}};
}

std::vector<IndexedField> fields_in(const Json& holder, const char* member) {
  std::vector<IndexedField> fields;
  const auto given = holder.find(member);
  if (given == holder.end()) return fields;
  for (const auto& field : *given) fields.push_back({field.value("name", ""), field.value("type", "")});
  return fields;
}

bool is(const Json& holder, const char* member, std::string_view value) {
  const auto given = holder.find(member);
  return given != holder.end() && given->get_ref<const std::string&>() == value;
}

/// Whoever sends back what GetIndexingConfiguration answered may; managed fields cannot be chosen.
Status check_managed(const Json& given, const std::vector<IndexedField>& known) {
  for (const auto& field : fields_in(given, "managedFields")) {
    if (std::find(known.begin(), known.end(), field) != known.end()) continue;
    return Error{Errc::invalid_request, "managedFields belong to the service: '" + field.name +
                                            "' of type '" + field.type +
                                            "' is none of them; use customFields"};
  }
  return Ok{};
}

Result<registry::ThingIndexing> things_in(const Json& given) {
  registry::ThingIndexing things{
      .mode = *registry::parse_thing_indexing_mode(given.at("thingIndexingMode").get<std::string>()),
      .connectivity = is(given, "thingConnectivityIndexingMode", "STATUS"),
      .device_defender = is(given, "deviceDefenderIndexingMode", "VIOLATIONS"),
      .named_shadows = is(given, "namedShadowIndexingMode", "ON"),
      .custom_fields = fields_in(given, "customFields")};
  if (const auto filter = given.find("filter"); filter != given.end()) {
    things.shadow_names = filter->value("namedShadowNames", std::vector<std::string>{});
    for (const auto& location : filter->value("geoLocations", Json::array())) {
      things.locations.push_back({.name = location.value("name", ""), .order = location.value("order", "")});
    }
  }
  if (auto checked = check_managed(given, index::managed_fields(things)); !checked) return checked.error();
  return things;
}

void tell_what_stays_empty(const registry::ThingIndexing& things) {
  if (things.mode != registry::ThingIndexingMode::registry_and_shadow && !things.device_defender &&
      !things.named_shadows && things.locations.empty()) {
    return;
  }
  log::warn(
      "Fleet indexing was told to index shadows, locations or Device Defender, which are not emulated: "
      "queries for their fields are refused");
}

Result<Json> update_indexing_configuration(Call& call) {
  registry::UpdateIndexing request;
  if (const auto given = call.input.find("thingIndexingConfiguration"); given != call.input.end()) {
    auto things = things_in(*given);
    if (!things) return things.error();
    request.things = std::move(*things);
  }
  if (const auto given = call.input.find("thingGroupIndexingConfiguration"); given != call.input.end()) {
    request.thing_groups = registry::ThingGroupIndexing{.on = is(*given, "thingGroupIndexingMode", "ON"),
                                                        .custom_fields = fields_in(*given, "customFields")};
    if (auto checked = check_managed(*given, index::managed_fields(*request.thing_groups)); !checked)
      return checked.error();
  }
  if (auto updated = call.registry.update_indexing(request); !updated) return updated.error();
  if (request.things) tell_what_stays_empty(*request.things);
  return Json::object();
}

std::string schema_of(const registry::ThingIndexing& things) {
  if (things.device_defender || things.named_shadows) return "MULTI_INDEXING_MODE";
  std::string schema{registry::to_text(things.mode)};
  if (things.connectivity) schema += "_AND_CONNECTIVITY_STATUS";
  return schema;
}

Result<Json> describe_index(Call& call) {
  const auto name = call.str("indexName");
  const auto on = call.registry.index().is_on(name);
  if (!on) return on.error();
  if (!*on) return Error{Errc::not_found, "Index " + name + " does not exist: it is not turned on"};
  // Records are searched as they are: an index is never behind.
  return Json{{"indexName", name},
              {"indexStatus", "ACTIVE"},
              {"schema", name == index::kThings ? schema_of(call.registry.index().configuration().things)
                                                : "REGISTRY"}};
}

Result<Json> list_indices(Call& call) {
  if (auto checked = check_only_page(call); !checked) return checked.error();
  const auto now = call.registry.index().configuration();
  auto names = Json::array();
  if (now.thing_groups.on) names.push_back(index::kThingGroups);
  if (now.things.on()) names.push_back(index::kThings);
  return Json{{"indexNames", std::move(names)}};
}

Json names_json(const std::vector<registry::ThingGroupName>& names) {
  auto list = Json::array();
  for (const auto& name : names) list.push_back(name.text());
  return list;
}

Json found_thing(const index::FoundThing& found) {
  const auto& thing = *found.thing;
  Json json{{"thingName", thing.name.text()},
            {"thingId", thing.id},
            {"thingGroupNames", names_json(found.groups)},
            {"attributes", thing.attributes}};
  if (thing.type) json["thingTypeName"] = thing.type->text();
  if (found.connectivity) {
    Json connectivity{{"connected", found.connectivity->connected},
                      {"disconnectReason", found.connectivity->disconnect_reason}};
    if (found.connectivity->since) connectivity["timestamp"] = epoch_ms(*found.connectivity->since);
    json["connectivity"] = std::move(connectivity);
  }
  return json;
}

Json found_group(const registry::ThingGroupPtr& group) {
  Json json{{"thingGroupName", group->name.text()},
            {"thingGroupId", group->id},
            {"attributes", group->properties.attributes},
            {"parentGroupNames", names_json(group->ancestors)}};
  put(json, "thingGroupDescription", group->properties.description);
  return json;
}

Result<Json> search_index(Call& call) {
  const std::string index_name = call.has("indexName") ? call.str("indexName") : std::string{index::kThings};
  const auto query = query_of(call, index_name);
  if (!query) return query.error();
  const auto size = call.integer("maxResults").value_or(kMostFound);
  if (size > kMostFound) {
    return registry::invalid("maxResults of SearchIndex is at most " + std::to_string(kMostFound));
  }
  auto page = call.page();
  page.size = static_cast<std::size_t>(size);
  if (index_name == index::kThings) {
    const auto found = call.registry.index().search_things(**query, page);
    if (!found) return found.error();
    return page_answer(*found, "things", "nextToken", found_thing);
  }
  const auto found = call.registry.index().search_thing_groups(**query, page);
  if (!found) return found.error();
  return page_answer(*found, "thingGroups", "nextToken", found_group);
}

/// This operation alone models its reasons as an enum, which has none for DeleteConnection.
std::string_view modelled_reason(std::string_view reason) {
  return reason == "API_INITIATED_DISCONNECT" ? "SERVER_INITIATED_DISCONNECT" : reason;
}

Result<Json> get_thing_connectivity_data(Call& call) {
  if (const auto thing = call.registry.thing(call.thing_name()); !thing) return thing.error();
  const auto state = call.registry.index().connectivity_of(call.thing_name());
  if (!state) return state.error();
  Json answer{{"thingName", call.thing_name().text()},
              {"connected", state->connected},
              {"disconnectReason", modelled_reason(state->disconnect_reason)}};
  if (state->since) answer["timestamp"] = epoch_seconds(*state->since);
  return answer;
}

Member fields(std::string_view name) {
  return body(name).list_of(body("member").structure({body("name"), body("type").one_of(kFieldTypes)}));
}

Member thing_indexing() {
  return body("thingIndexingConfiguration")
      .structure(
          {body("thingIndexingMode").required().one_of(kThingModes),
           body("thingConnectivityIndexingMode").one_of(kConnectivityModes),
           body("deviceDefenderIndexingMode").one_of(kDefenderModes),
           body("namedShadowIndexingMode").one_of(kOnOff), fields("managedFields"), fields("customFields"),
           body("filter").structure(
               {body("namedShadowNames").list_of(body("member").length(1, 64).pattern(kShadowNamePattern)),
                body("geoLocations")
                    .list_of(
                        body("member").structure({body("name"), body("order").one_of(kLocationOrders)}))})});
}

Member thing_group_indexing() {
  return body("thingGroupIndexingConfiguration")
      .structure({body("thingGroupIndexingMode").required().one_of(kOnOff), fields("managedFields"),
                  fields("customFields")});
}

}  // namespace

const OperationTable& fleet_indexing_operations() {
  static const OperationTable table{
      {.name = "GetIndexingConfiguration",
       .verb = Verb::get,
       .path = "/indexing/config",
       .output = {"thingIndexingConfiguration", "thingGroupIndexingConfiguration"},
       .run = get_indexing_configuration},
      {.name = "UpdateIndexingConfiguration",
       .verb = Verb::post,
       .path = "/indexing/config",
       .input = {thing_indexing(), thing_group_indexing()},
       .run = update_indexing_configuration,
       .blocking = true},  // asks the queries of dynamic groups about every thing
      {.name = "DescribeIndex",
       .verb = Verb::get,
       .path = "/indices/{indexName}",
       .input = {index_name(path_member("indexName"))},
       .output = {"indexName", "indexStatus", "schema"},
       .errors = {Errc::not_found},
       .run = describe_index},
      {.name = "ListIndices",
       .verb = Verb::get,
       .path = "/indices",
       .input = {query("nextToken"), query("maxResults").integer(1, 500)},
       .output = {"indexNames", "nextToken"},
       .run = list_indices},
      {.name = "SearchIndex",
       .verb = Verb::post,
       .path = "/indices/search",
       .input = {index_name(body("indexName")), query_string().required(), body("nextToken"),
                 body("maxResults").integer(1, 500), body("queryVersion")},
       .output = {"nextToken", "things", "thingGroups"},
       .errors = {Errc::index_not_ready, Errc::invalid_query, Errc::not_found},
       .run = search_index,
       .blocking = true},  // reads every thing
      {.name = "GetThingConnectivityData",
       .verb = Verb::post,
       .path = "/things/{thingName}/connectivity-data",
       .input = {thing_name()},
       .output = {"thingName", "connected", "timestamp", "disconnectReason"},
       .errors = {Errc::index_not_ready, Errc::not_found},
       .run = get_thing_connectivity_data},
  };
  return table;
}

}  // namespace iotemu::api
