// Thing types (P8.2).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

std::vector<registry::PropagatingAttribute> propagation_of(const Json& properties) {
  std::vector<registry::PropagatingAttribute> attributes;
  const auto configuration = properties.find("mqtt5Configuration");
  if (configuration == properties.end()) return attributes;
  for (const auto& given : configuration->value("propagatingAttributes", Json::array())) {
    attributes.push_back({.user_property_key = given.value("userPropertyKey", ""),
                          .thing_attribute = given.value("thingAttribute", ""),
                          .connection_attribute = given.value("connectionAttribute", "")});
  }
  return attributes;
}

registry::ThingTypeProperties properties_of(const Call& call) {
  const auto found = call.input.find("thingTypeProperties");
  if (found == call.input.end()) return {};
  return {.description = found->value("thingTypeDescription", ""),
          .searchable_attributes = found->value("searchableAttributes", std::vector<std::string>{}),
          .propagating_attributes = propagation_of(*found)};
}

Json propagation_json(const std::vector<registry::PropagatingAttribute>& attributes) {
  auto list = Json::array();
  for (const auto& attribute : attributes) {
    Json json{{"userPropertyKey", attribute.user_property_key}};
    put(json, "thingAttribute", attribute.thing_attribute);
    put(json, "connectionAttribute", attribute.connection_attribute);
    list.push_back(std::move(json));
  }
  return Json{{"propagatingAttributes", std::move(list)}};
}

Json type_json(const registry::ThingTypeRecord& type) {
  auto properties = Json::object();
  put(properties, "thingTypeDescription", type.properties.description);
  if (!type.properties.searchable_attributes.empty()) {
    properties["searchableAttributes"] = type.properties.searchable_attributes;
  }
  if (!type.properties.propagating_attributes.empty()) {
    properties["mqtt5Configuration"] = propagation_json(type.properties.propagating_attributes);
  }
  Json metadata{{"deprecated", type.deprecated_at.has_value()},
                {"creationDate", epoch_seconds(type.created_at)}};
  if (type.deprecated_at) metadata["deprecationDate"] = epoch_seconds(*type.deprecated_at);
  return Json{{"thingTypeName", type.name.text()},
              {"thingTypeArn", type.arn},
              {"thingTypeProperties", std::move(properties)},
              {"thingTypeMetadata", std::move(metadata)}};
}

Result<Json> create_thing_type(Call& call) {
  const auto created =
      call.registry.create_thing_type(*call.thing_type_name(), properties_of(call), call.tags());
  if (!created) return created.error();
  return Json{{"thingTypeName", (*created)->name.text()},
              {"thingTypeArn", (*created)->arn},
              {"thingTypeId", (*created)->id}};
}

Result<Json> describe_thing_type(Call& call) {
  const auto type = call.registry.thing_type(*call.thing_type_name());
  if (!type) return type.error();
  auto answer = type_json(**type);
  answer["thingTypeId"] = (*type)->id;
  return answer;
}

Result<Json> update_thing_type(Call& call) {
  registry::UpdateThingType request;
  if (const auto found = call.input.find("thingTypeProperties"); found != call.input.end()) {
    const auto given = properties_of(call);
    if (found->contains("thingTypeDescription")) request.description = given.description;
    if (found->contains("searchableAttributes")) request.searchable_attributes = given.searchable_attributes;
    if (found->contains("mqtt5Configuration")) request.propagating_attributes = given.propagating_attributes;
  }
  return empty_answer(call.registry.update_thing_type(*call.thing_type_name(), request));
}

Result<Json> deprecate_thing_type(Call& call) {
  return empty_answer(
      call.registry.deprecate_thing_type(*call.thing_type_name(), call.flag("undoDeprecate")));
}

Result<Json> delete_thing_type(Call& call) {
  return empty_answer(call.registry.delete_thing_type(*call.thing_type_name()));
}

Result<Json> list_thing_types(Call& call) {
  const auto page = call.registry.list_thing_types(call.page(), call.thing_type_name());
  if (!page) return page.error();
  return page_answer(*page, "thingTypes", "nextToken",
                     [](const registry::ThingTypePtr& type) { return type_json(*type); });
}

Member name_in_path() {
  return thing_type_name(path_member("thingTypeName"));
}

Member properties() {
  return body("thingTypeProperties")
      .structure(
          {body("thingTypeDescription").length(0, 2028).pattern(kPrintablePattern),
           body("searchableAttributes").list_of(body("member").length(0, 128).pattern(kAttributeNamePattern)),
           body("mqtt5Configuration")
               .structure(
                   {body("propagatingAttributes")
                        .list_of(body("member").structure({
                            body("userPropertyKey").length(0, 128).pattern(kUserPropertyKeyPattern),
                            body("thingAttribute").length(0, 128).pattern(kAttributeNamePattern),
                            body("connectionAttribute").length(0, 128).pattern(kConnectionAttributePattern),
                        }))})});
}

}  // namespace

const OperationTable& thing_type_operations() {
  static const OperationTable table{
      {.name = "CreateThingType",
       .verb = Verb::post,
       .path = "/thing-types/{thingTypeName}",
       .input = {name_in_path(), properties(), tags()},
       .output = {"thingTypeName", "thingTypeArn", "thingTypeId"},
       .errors = {Errc::already_exists},
       .run = create_thing_type},
      {.name = "DescribeThingType",
       .verb = Verb::get,
       .path = "/thing-types/{thingTypeName}",
       .input = {name_in_path()},
       .output = {"thingTypeName", "thingTypeId", "thingTypeArn", "thingTypeProperties", "thingTypeMetadata"},
       .errors = {Errc::not_found},
       .run = describe_thing_type},
      {.name = "UpdateThingType",
       .verb = Verb::patch,
       .path = "/thing-types/{thingTypeName}",
       .input = {name_in_path(), properties()},
       .errors = {Errc::not_found},
       .run = update_thing_type},
      {.name = "DeprecateThingType",
       .verb = Verb::post,
       .path = "/thing-types/{thingTypeName}/deprecate",
       .input = {name_in_path(), body("undoDeprecate").boolean()},
       .errors = {Errc::not_found},
       .run = deprecate_thing_type},
      {.name = "DeleteThingType",
       .verb = Verb::del,
       .path = "/thing-types/{thingTypeName}",
       .input = {name_in_path()},
       .errors = {Errc::not_found},
       .run = delete_thing_type},
      {.name = "ListThingTypes",
       .verb = Verb::get,
       .path = "/thing-types",
       .input = with_token({thing_type_name(query("thingTypeName"))}),
       .output = {"thingTypes", "nextToken"},
       .run = list_thing_types},
  };
  return table;
}

}  // namespace iotemu::api
