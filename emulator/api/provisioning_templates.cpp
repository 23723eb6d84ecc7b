// Provisioning templates and their versions (P5.10).

#include <limits>

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::string_view kTemplateTypes[]{"FLEET_PROVISIONING", "JITP"};

Member description() {
  return body("description").length(0, 500).pattern(kNoControlPattern);
}

Member role_arn() {
  return body("provisioningRoleArn").length(20, 2048);
}

Member hook() {
  return body("preProvisioningHook")
      .structure({body("payloadVersion").length(10, 32).pattern(kPayloadVersionPattern),
                  body("targetArn").required().length(0, 2048)});
}

std::optional<registry::ProvisioningHook> hook_of(const Call& call) {
  const auto found = call.input.find("preProvisioningHook");
  if (found == call.input.end()) return std::nullopt;
  registry::ProvisioningHook hook{.target_arn = found->at("targetArn").get<std::string>()};
  hook.payload_version = found->value("payloadVersion", hook.payload_version);
  return hook;
}

/// A number that no version can have is one that does not exist.
int version_id(std::int64_t number) {
  return number > 0 && number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
}

Result<Json> create_template(Call& call) {
  registry::CreateProvisioningTemplate request{.body = call.str("templateBody"),
                                               .description = call.str("description"),
                                               .enabled = call.flag("enabled"),
                                               .role_arn = call.str("provisioningRoleArn"),
                                               .hook = hook_of(call),
                                               .tags = call.tags()};
  if (const auto type = registry::parse_template_type(call.str("type"))) request.type = *type;
  const auto created = call.registry.create_provisioning_template(call.template_name(), request);
  if (!created) return created.error();
  return Json{{"templateArn", (*created)->arn},
              {"templateName", (*created)->name.text()},
              {"defaultVersionId", (*created)->default_version}};
}

/// What DescribeProvisioningTemplate and the list have in common.
Json template_json(const registry::ProvisioningTemplateRecord& record) {
  Json json{{"templateArn", record.arn},
            {"templateName", record.name.text()},
            {"creationDate", epoch_seconds(record.created_at)},
            {"lastModifiedDate", epoch_seconds(record.changed_at)},
            {"enabled", record.enabled},
            {"type", to_text(record.type)}};
  put(json, "description", record.description);
  return json;
}

Result<Json> describe_template(Call& call) {
  const auto found = call.registry.provisioning_template(call.template_name());
  if (!found) return found.error();
  const auto& record = **found;
  auto answer = template_json(record);
  answer["defaultVersionId"] = record.default_version;
  answer["templateBody"] = record.effective().body;
  answer["provisioningRoleArn"] = record.role_arn;
  if (record.hook) {
    answer["preProvisioningHook"] = {{"payloadVersion", record.hook->payload_version},
                                     {"targetArn", record.hook->target_arn}};
  }
  return answer;
}

Result<Json> update_template(Call& call) {
  registry::UpdateProvisioningTemplate request{.hook = hook_of(call),
                                               .remove_hook = call.flag("removePreProvisioningHook")};
  if (call.has("description")) request.description = call.str("description");
  if (call.has("enabled")) request.enabled = call.flag("enabled");
  if (const auto version = call.integer("defaultVersionId")) request.default_version = version_id(*version);
  if (call.has("provisioningRoleArn")) request.role_arn = call.str("provisioningRoleArn");
  return empty_answer(call.registry.update_provisioning_template(call.template_name(), request));
}

Result<Json> delete_template(Call& call) {
  return empty_answer(call.registry.delete_provisioning_template(call.template_name()));
}

Result<Json> list_templates(Call& call) {
  const auto page = call.registry.list_provisioning_templates(call.page());
  if (!page) return page.error();
  return page_answer(*page, "templates", "nextToken",
                     [](const registry::ProvisioningTemplatePtr& record) { return template_json(*record); });
}

Result<Json> create_version(Call& call) {
  const auto name = call.template_name();
  const auto created = call.registry.create_provisioning_template_version(name, call.str("templateBody"),
                                                                          call.flag("setAsDefault"));
  if (!created) return created.error();
  return Json{{"templateArn", registry::provisioning_template_arn(call.registry.realm(), name)},
              {"templateName", name.text()},
              {"versionId", created->version->id},
              {"isDefaultVersion", created->is_default}};
}

/// What DescribeProvisioningTemplateVersion and the list have in common.
Json version_json(const registry::TemplateVersion& version) {
  return {{"versionId", version.version->id},
          {"creationDate", epoch_seconds(version.version->created_at)},
          {"isDefaultVersion", version.is_default}};
}

int version_of(const Call& call) {
  return version_id(call.integer("versionId").value_or(0));
}

Result<Json> describe_version(Call& call) {
  const auto found = call.registry.provisioning_template_version(call.template_name(), version_of(call));
  if (!found) return found.error();
  auto answer = version_json(*found);
  answer["templateBody"] = found->version->body;
  return answer;
}

Result<Json> delete_version(Call& call) {
  return empty_answer(
      call.registry.delete_provisioning_template_version(call.template_name(), version_of(call)));
}

Result<Json> list_versions(Call& call) {
  const auto page = call.registry.list_provisioning_template_versions(call.template_name(), call.page());
  if (!page) return page.error();
  return page_answer(*page, "versions", "nextToken", version_json);
}

OperationTable template_rows() {
  return {
      {.name = "CreateProvisioningTemplate",
       .verb = Verb::post,
       .path = "/provisioning-templates",
       .input = {template_name(body("templateName")), description(), template_body(),
                 body("enabled").boolean(), role_arn().required(), hook(), tags(),
                 body("type").one_of(kTemplateTypes)},
       .output = {"templateArn", "templateName", "defaultVersionId"},
       .errors = {Errc::already_exists, Errc::limit_exceeded},
       .run = create_template},
      {.name = "DescribeProvisioningTemplate",
       .verb = Verb::get,
       .path = "/provisioning-templates/{templateName}",
       .input = {template_name(path_member("templateName"))},
       .output = {"templateArn", "templateName", "description", "creationDate", "lastModifiedDate",
                  "defaultVersionId", "templateBody", "enabled", "provisioningRoleArn", "preProvisioningHook",
                  "type"},
       .errors = {Errc::not_found},
       .run = describe_template},
      {.name = "UpdateProvisioningTemplate",
       .verb = Verb::patch,
       .path = "/provisioning-templates/{templateName}",
       .input = {template_name(path_member("templateName")), description(), body("enabled").boolean(),
                 body("defaultVersionId").integer(), role_arn(), hook(),
                 body("removePreProvisioningHook").boolean()},
       .errors = {Errc::conflicting_resource_update, Errc::not_found},
       .run = update_template},
      {.name = "DeleteProvisioningTemplate",
       .verb = Verb::del,
       .path = "/provisioning-templates/{templateName}",
       .input = {template_name(path_member("templateName"))},
       .errors = {Errc::conflicting_resource_update, Errc::delete_conflict, Errc::not_found},
       .run = delete_template},
      {.name = "ListProvisioningTemplates",
       .verb = Verb::get,
       .path = "/provisioning-templates",
       .input = with_token({}),
       .output = {"templates", "nextToken"},
       .run = list_templates},
  };
}

OperationTable version_rows() {
  const auto version = path_member("versionId").integer();
  return {
      {.name = "CreateProvisioningTemplateVersion",
       .verb = Verb::post,
       .path = "/provisioning-templates/{templateName}/versions",
       .input = {template_name(path_member("templateName")), template_body(),
                 query("setAsDefault").boolean()},
       .output = {"templateArn", "templateName", "versionId", "isDefaultVersion"},
       .errors = {Errc::conflicting_resource_update, Errc::not_found, Errc::versions_limit_exceeded},
       .run = create_version},
      {.name = "DescribeProvisioningTemplateVersion",
       .verb = Verb::get,
       .path = "/provisioning-templates/{templateName}/versions/{versionId}",
       .input = {template_name(path_member("templateName")), version},
       .output = {"versionId", "creationDate", "templateBody", "isDefaultVersion"},
       .errors = {Errc::not_found},
       .run = describe_version},
      {.name = "DeleteProvisioningTemplateVersion",
       .verb = Verb::del,
       .path = "/provisioning-templates/{templateName}/versions/{versionId}",
       .input = {template_name(path_member("templateName")), version},
       .errors = {Errc::conflicting_resource_update, Errc::delete_conflict, Errc::not_found},
       .run = delete_version},
      {.name = "ListProvisioningTemplateVersions",
       .verb = Verb::get,
       .path = "/provisioning-templates/{templateName}/versions",
       .input = with_token({template_name(path_member("templateName"))}),
       .output = {"versions", "nextToken"},
       .errors = {Errc::not_found},
       .run = list_versions},
  };
}

}  // namespace

const OperationTable& provisioning_template_operations() {
  static const OperationTable table = [] {
    auto rows = template_rows();
    for (auto& row : version_rows()) rows.push_back(std::move(row));
    return rows;
  }();
  return table;
}

}  // namespace iotemu::api
