// Role aliases (C-6).

#include "registry/role_aliases.h"

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

using registry::RoleAliasPtr;

constexpr std::int64_t kShortest = 900;
constexpr std::int64_t kDefault = 3600;
constexpr std::int64_t kLongest = 43200;

Json named(const RoleAliasPtr& alias) {
  return {{"roleAlias", alias->name.text()}, {"roleAliasArn", alias->arn}};
}

Result<Json> create_role_alias(Call& call) {
  const auto created = call.registry.role_aliases().create(
      call.role_alias(), call.str("roleArn"),
      std::chrono::seconds{call.integer("credentialDurationSeconds").value_or(kDefault)}, call.tags());
  if (!created) return created.error();
  return named(*created);
}

Result<Json> describe_role_alias(Call& call) {
  const auto found = call.registry.role_aliases().get(call.role_alias());
  if (!found) return found.error();
  const auto& alias = **found;
  return Json{{"roleAliasDescription",
               {{"roleAlias", alias.name.text()},
                {"roleAliasArn", alias.arn},
                {"roleArn", alias.role_arn},
                {"owner", call.registry.realm().account},
                {"credentialDurationSeconds", alias.credential_duration.count()},
                {"creationDate", epoch_seconds(alias.created_at)},
                {"lastModifiedDate", epoch_seconds(alias.changed_at)}}}};
}

Result<Json> update_role_alias(Call& call) {
  registry::UpdateRoleAlias request;
  if (call.has("roleArn")) request.role_arn = call.str("roleArn");
  if (const auto seconds = call.integer("credentialDurationSeconds")) {
    request.credential_duration = std::chrono::seconds{*seconds};
  }
  const auto updated = call.registry.role_aliases().update(call.role_alias(), request);
  if (!updated) return updated.error();
  return named(*updated);
}

Result<Json> delete_role_alias(Call& call) {
  return empty_answer(call.registry.role_aliases().remove(call.role_alias()));
}

Result<Json> list_role_aliases(Call& call) {
  const auto page = call.registry.role_aliases().list(call.page());
  if (!page) return page.error();
  return page_answer(*page, "roleAliases", "nextMarker",
                     [](const RoleAliasPtr& alias) { return alias->name.text(); });
}

Member name_in_path() {
  return path_member("roleAlias").length(1, 128).pattern(kAliasNamePattern);
}
Member role_arn() {
  return body("roleArn").length(20, 2048);
}
Member duration() {
  return body("credentialDurationSeconds").integer(kShortest, kLongest);
}

}  // namespace

const OperationTable& role_alias_operations() {
  static const OperationTable table{
      {.name = "CreateRoleAlias",
       .verb = Verb::post,
       .path = "/role-aliases/{roleAlias}",
       .input = {name_in_path(), role_arn().required(), duration(), tags()},
       .output = {"roleAlias", "roleAliasArn"},
       .errors = {Errc::already_exists, Errc::limit_exceeded},
       .run = create_role_alias},
      {.name = "DescribeRoleAlias",
       .verb = Verb::get,
       .path = "/role-aliases/{roleAlias}",
       .input = {name_in_path()},
       .output = {"roleAliasDescription"},
       .errors = {Errc::not_found},
       .run = describe_role_alias},
      {.name = "UpdateRoleAlias",
       .verb = Verb::put,
       .path = "/role-aliases/{roleAlias}",
       .input = {name_in_path(), role_arn(), duration()},
       .output = {"roleAlias", "roleAliasArn"},
       .errors = {Errc::not_found},
       .run = update_role_alias},
      {.name = "DeleteRoleAlias",
       .verb = Verb::del,
       .path = "/role-aliases/{roleAlias}",
       .input = {name_in_path()},
       .errors = {Errc::delete_conflict, Errc::not_found},
       .run = delete_role_alias},
      {.name = "ListRoleAliases",
       .verb = Verb::get,
       .path = "/role-aliases",
       .input = with_ordered_marker({}),
       .output = {"roleAliases", "nextMarker"},
       .run = list_role_aliases},
  };
  return table;
}

}  // namespace iotemu::api
