// Policies and their versions (P7.2).

#include <charconv>

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

/// A number too large for any version is one that does not exist.
int version_of(const Call& call) {
  const auto text = call.str("policyVersionId");
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Json name_and_arn(const registry::PolicyRecord& policy) {
  return Json{{"policyName", policy.name.text()}, {"policyArn", policy.arn}};
}

Result<Json> create_policy(Call& call) {
  const auto created =
      call.registry.create_policy(call.policy_name(), call.str("policyDocument"), call.tags());
  if (!created) return created.error();
  auto answer = name_and_arn(**created);
  answer["policyDocument"] = (*created)->effective().text;
  answer["policyVersionId"] = std::to_string((*created)->default_version);
  return answer;
}

Result<Json> get_policy(Call& call) {
  const auto policy = call.registry.policy(call.policy_name());
  if (!policy) return policy.error();
  auto answer = name_and_arn(**policy);
  answer["policyDocument"] = (*policy)->effective().text;
  answer["defaultVersionId"] = std::to_string((*policy)->default_version);
  answer["creationDate"] = epoch_seconds((*policy)->created_at);
  answer["lastModifiedDate"] = epoch_seconds((*policy)->changed_at);
  answer["generationId"] = (*policy)->generation_id;
  return answer;
}

Result<Json> list_policies(Call& call) {
  const auto page = call.registry.list_policies(call.page());
  if (!page) return page.error();
  return page_answer(*page, "policies", "nextMarker",
                     [](const registry::PolicyPtr& policy) { return name_and_arn(*policy); });
}

Result<Json> delete_policy(Call& call) {
  return empty_answer(call.registry.delete_policy(call.policy_name()));
}

Result<Json> create_policy_version(Call& call) {
  const bool set_as_default = call.flag("setAsDefault");
  const auto version =
      call.registry.create_policy_version(call.policy_name(), call.str("policyDocument"), set_as_default);
  if (!version) return version.error();
  return Json{{"policyArn", registry::policy_arn(call.registry.realm(), call.policy_name())},
              {"policyDocument", (*version)->text},
              {"policyVersionId", std::to_string((*version)->id)},
              {"isDefaultVersion", set_as_default}};
}

Result<Json> get_policy_version(Call& call) {
  const auto policy = call.registry.policy(call.policy_name());
  if (!policy) return policy.error();
  const auto version = call.registry.policy_version(call.policy_name(), version_of(call));
  if (!version) return version.error();
  auto answer = name_and_arn(**policy);
  answer["policyDocument"] = (*version)->text;
  answer["policyVersionId"] = std::to_string((*version)->id);
  answer["isDefaultVersion"] = (*version)->id == (*policy)->default_version;
  answer["creationDate"] = epoch_seconds((*version)->created_at);
  answer["lastModifiedDate"] = epoch_seconds((*version)->created_at);
  answer["generationId"] = (*policy)->generation_id;
  return answer;
}

Result<Json> list_policy_versions(Call& call) {
  const auto policy = call.registry.policy(call.policy_name());
  if (!policy) return policy.error();
  auto versions = Json::array();
  const auto& all = (*policy)->versions;
  for (auto version = all.rbegin(); version != all.rend(); ++version) {
    versions.push_back({{"versionId", std::to_string(version->first)},
                        {"isDefaultVersion", version->first == (*policy)->default_version},
                        {"createDate", epoch_seconds(version->second->created_at)}});
  }
  return Json{{"policyVersions", std::move(versions)}};
}

Result<Json> set_default_policy_version(Call& call) {
  return empty_answer(call.registry.set_default_policy_version(call.policy_name(), version_of(call)));
}

Result<Json> delete_policy_version(Call& call) {
  return empty_answer(call.registry.delete_policy_version(call.policy_name(), version_of(call)));
}

Member policy_version_id() {
  return path_member("policyVersionId").pattern(kPolicyVersionIdPattern);
}

}  // namespace

const OperationTable& policy_operations() {
  static const OperationTable table{
      {.name = "CreatePolicy",
       .verb = Verb::post,
       .path = "/policies/{policyName}",
       .input = {policy_name(), policy_document(), tags()},
       .output = {"policyName", "policyArn", "policyDocument", "policyVersionId"},
       .errors = {Errc::already_exists, Errc::malformed_policy},
       .run = create_policy},
      {.name = "GetPolicy",
       .verb = Verb::get,
       .path = "/policies/{policyName}",
       .input = {policy_name()},
       .output = {"policyName", "policyArn", "policyDocument", "defaultVersionId", "creationDate",
                  "lastModifiedDate", "generationId"},
       .errors = {Errc::not_found},
       .run = get_policy},
      {.name = "ListPolicies",
       .verb = Verb::get,
       .path = "/policies",
       .input = with_ordered_marker({}),
       .output = {"policies", "nextMarker"},
       .run = list_policies},
      {.name = "DeletePolicy",
       .verb = Verb::del,
       .path = "/policies/{policyName}",
       .input = {policy_name()},
       .errors = {Errc::delete_conflict, Errc::not_found},
       .run = delete_policy},
      {.name = "CreatePolicyVersion",
       .verb = Verb::post,
       .path = "/policies/{policyName}/version",
       .input = {policy_name(), policy_document(), query("setAsDefault").boolean()},
       .output = {"policyArn", "policyDocument", "policyVersionId", "isDefaultVersion"},
       .errors = {Errc::malformed_policy, Errc::not_found, Errc::versions_limit_exceeded},
       .run = create_policy_version},
      {.name = "GetPolicyVersion",
       .verb = Verb::get,
       .path = "/policies/{policyName}/version/{policyVersionId}",
       .input = {policy_name(), policy_version_id()},
       .output = {"policyArn", "policyName", "policyDocument", "policyVersionId", "isDefaultVersion",
                  "creationDate", "lastModifiedDate", "generationId"},
       .errors = {Errc::not_found},
       .run = get_policy_version},
      {.name = "ListPolicyVersions",
       .verb = Verb::get,
       .path = "/policies/{policyName}/version",
       .input = {policy_name()},
       .output = {"policyVersions"},
       .errors = {Errc::not_found},
       .run = list_policy_versions},
      {.name = "SetDefaultPolicyVersion",
       .verb = Verb::patch,
       .path = "/policies/{policyName}/version/{policyVersionId}",
       .input = {policy_name(), policy_version_id()},
       .errors = {Errc::not_found},
       .run = set_default_policy_version},
      {.name = "DeletePolicyVersion",
       .verb = Verb::del,
       .path = "/policies/{policyName}/version/{policyVersionId}",
       .input = {policy_name(), policy_version_id()},
       .errors = {Errc::delete_conflict, Errc::not_found},
       .run = delete_policy_version},
  };
  return table;
}

}  // namespace iotemu::api
