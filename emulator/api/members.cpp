#include "emulator/api/members.h"

namespace iotemu::api {

Member certificate_id(std::string_view wire) {
  return path_member("certificateId", wire).length(64, 64).pattern(kCertificateIdPattern);
}

Member certificate_pem(std::string_view name) {
  return body(name).length(1, 65536);
}

Member policy_name() {
  return path_member("policyName").length(1, 128).pattern(kPolicyNamePattern);
}

Member policy_document() {
  return body("policyDocument").required().length(0, 404600);
}

Member template_name(const Member& placed) {
  return placed.required().length(1, 36).pattern(kTemplateNamePattern);
}

Member template_body() {
  return body("templateBody").required().length(0, 10240);
}

Member thing_name() {
  return thing_name(path_member("thingName"));
}

Member thing_name(const Member& placed) {
  return placed.length(1, 128).pattern(kThingNamePattern);
}

Member thing_type_name(const Member& placed) {
  return placed.length(1, 128).pattern(kThingNamePattern);
}

Member authorizer_name(const Member& placed) {
  return placed.length(1, 128).pattern(kAliasNamePattern);
}

Member group_name(const Member& placed) {
  return placed.length(1, 128).pattern(kThingNamePattern);
}

Member attribute_payload() {
  return body("attributePayload")
      .structure({body("attributes")
                      .map_of(body("key").length(0, 128).pattern(kAttributeNamePattern),
                              body("value").length(0, 800).pattern(kAttributeValuePattern)),
                  body("merge").boolean()});
}

Member thing_group_properties() {
  return body("thingGroupProperties")
      .structure(
          {body("thingGroupDescription").length(0, 2028).pattern(kPrintablePattern), attribute_payload()});
}

registry::ThingGroupProperties thing_group_properties_in(const Call& call) {
  const auto given = call.input.find("thingGroupProperties");
  if (given == call.input.end()) return {};
  return {.description = given->value("thingGroupDescription", ""),
          .attributes = attributes_in(*given).value_or(registry::Attributes{})};
}

registry::UpdateThingGroup thing_group_changes_in(const Call& call) {
  const auto& given = call.input.at("thingGroupProperties");
  registry::UpdateThingGroup request{.attributes = attributes_in(given),
                                     .expected_version = call.integer("expectedVersion")};
  if (given.contains("thingGroupDescription")) request.description = given.at("thingGroupDescription");
  if (const auto payload = given.find("attributePayload"); payload != given.end()) {
    request.merge = payload->value("merge", false);
  }
  return request;
}

Member index_name(const Member& placed) {
  return placed.length(1, 128).pattern(kThingNamePattern);
}

Member query_string() {
  return body("queryString").length(1, std::numeric_limits<std::size_t>::max());
}

Result<std::shared_ptr<const registry::index::Query>> query_of(const Call& call,
                                                               const std::string& index_name) {
  const std::string known{registry::index::kQueryVersion};
  if (call.has("queryVersion") && call.str("queryVersion") != known) {
    return Error{Errc::invalid_request,
                 "queryVersion must be " + known + ", not '" + call.str("queryVersion") + "'"};
  }
  return call.registry.index().parse(call.str("queryString"), index_name);
}

Member set_as_active() {
  return query("setAsActive").boolean();
}

Member tags() {
  return body("tags").list_of(body("member").structure(
      {body("Key").required().length(1, 128).pattern(kTagKeyPattern), body("Value").length(0, 256)}));
}

std::vector<Member> with_marker(std::vector<Member> members) {
  members.push_back(query("pageSize").integer(1, 250));
  members.push_back(query("marker").length(0, 1024).pattern(kMarkerPattern));
  return members;
}

std::vector<Member> with_ordered_marker(std::vector<Member> members) {
  auto all = with_marker(std::move(members));
  all.push_back(query("ascendingOrder", "isAscendingOrder").boolean());
  return all;
}

std::vector<Member> with_token(std::vector<Member> members) {
  members.push_back(query("nextToken"));
  members.push_back(query("maxResults").integer(1, 250));
  return members;
}

std::optional<registry::Attributes> attributes_in(const Json& holder) {
  const auto payload = holder.find("attributePayload");
  if (payload == holder.end() || !payload->contains("attributes")) return std::nullopt;
  return payload->at("attributes").get<registry::Attributes>();
}

void put(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Result<Json> empty_answer(const Status& status) {
  if (!status) return status.error();
  return Json::object();
}

Status check_only_page(const Call& call) {
  const auto marker = call.page().marker;
  if (!marker.empty()) return registry::unknown_marker(marker);
  return Ok{};
}

}  // namespace iotemu::api
