#include "emulator/api/operation_json.h"

#include "emulator/api/errors.h"
#include "emulator/api/operation.h"
#include "emulator/api/router.h"

namespace iotemu::api {
namespace {

std::string_view name_of(Place place) {
  switch (place) {
    case Place::path:
      return "path";
    case Place::query:
      return "query";
    case Place::header:
      return "header";
    case Place::body:
      return "body";
    case Place::payload:
      return "payload";
  }
  return {};
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::string:
    case Type::blob:
      return "string";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::structure:
      return "structure";
    case Type::list:
      return "list";
    case Type::string_map:
      return "map";
    case Type::document:
      return "document";
  }
  return {};
}

Json rules_of(const Member& member);

/// The members of an operation or of a structure.
Json members_json(const std::vector<Member>& members) {
  auto list = Json::array();
  for (const auto& member : members) {
    auto json = rules_of(member);
    json["name"] = member.name;
    list.push_back(std::move(json));
  }
  return list;
}

/// A rule that forbids nothing is left out.
Json rules_of(const Member& member) {
  static const Member free{};
  Json json{{"type", name_of(member.type)}, {"required", member.is_required}};
  if (member.min_length != free.min_length) json["min"] = member.min_length;
  if (member.max_length != free.max_length) json["max"] = member.max_length;
  if (member.lowest != free.lowest) json["min"] = member.lowest;
  if (member.highest != free.highest) json["max"] = member.highest;
  if (member.must_match != nullptr) json["pattern"] = member.must_match->text;
  if (!member.values.empty()) json["values"] = member.values;
  switch (member.type) {
    case Type::structure:
      json["members"] = members_json(member.parts);
      break;
    case Type::list:
      json["element"] = rules_of(member.parts[0]);
      break;
    case Type::string_map:
      json["key"] = rules_of(member.parts[0]);
      json["value"] = rules_of(member.parts[1]);
      break;
    default:
      break;
  }
  return json;
}

Json input_json(const Operation& operation) {
  auto list = members_json(operation.input);
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i]["wire"] = operation.input[i].wire;
    list[i]["place"] = name_of(operation.input[i].place);
  }
  return list;
}

Json errors_json(const Operation& operation) {
  auto names = Json::array();
  for (const auto code : operation.errors) names.push_back(error_shape(code, operation.plane).name);
  return names;
}

void append(Json& list, std::string_view service, std::vector<Route> routes) {
  const Router router{std::move(routes)};
  for (const auto* route : router.routes()) {
    Json json{{"service", service},
              {"name", route->name},
              {"method", method_of(route->verb)},
              {"path", route->path},
              {"built", route->operation != nullptr}};
    if (route->operation != nullptr) {
      json["input"] = input_json(*route->operation);
      json["output"] = route->operation->output;
      json["errors"] = errors_json(*route->operation);
    }
    list.push_back(std::move(json));
  }
}

}  // namespace

Json operations_json() {
  auto list = Json::array();
  append(list, "iot", control_plane_routes());
  append(list, "iot-data", data_plane_routes());
  return list;
}

}  // namespace iotemu::api
