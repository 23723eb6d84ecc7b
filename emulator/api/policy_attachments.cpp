// Who has which policy (P7.2), and the deprecated operations for certificates that reference handlers still
// call (P4.3).

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

Result<Json> attach_policy(Call& call) {
  return empty_answer(call.registry.attach_policy(call.policy_name(), call.str("target")));
}

Result<Json> detach_policy(Call& call) {
  return empty_answer(call.registry.detach_policy(call.policy_name(), call.str("target")));
}

Result<Json> policy_list(const Result<registry::Page<registry::PolicyPtr>>& page) {
  if (!page) return page.error();
  return page_answer(*page, "policies", "nextMarker", [](const registry::PolicyPtr& policy) {
    return Json{{"policyName", policy->name.text()}, {"policyArn", policy->arn}};
  });
}

Result<Json> list_attached_policies(Call& call) {
  return policy_list(
      call.registry.attached_policies(call.str("target"), call.page(), call.flag("recursive")));
}

Result<Json> target_list(const Result<registry::Page<std::string>>& page, const char* list) {
  if (!page) return page.error();
  return page_answer(*page, list, "nextMarker", [](const std::string& target) { return Json(target); });
}

Result<Json> list_targets_for_policy(Call& call) {
  return target_list(call.registry.targets_for_policy(call.policy_name(), call.page()), "targets");
}

/// The deprecated operations know principals, not thing groups.
Status check_principal(const Call& call) {
  const auto principal = registry::Principal::parse(call.registry.realm(), call.str("principal"));
  if (!principal) return principal.error();
  return Ok{};
}

Result<Json> attach_principal_policy(Call& call) {
  if (auto checked = check_principal(call); !checked) return checked.error();
  return empty_answer(call.registry.attach_policy(call.policy_name(), call.str("principal")));
}

Result<Json> detach_principal_policy(Call& call) {
  if (auto checked = check_principal(call); !checked) return checked.error();
  // This one does model 404, unlike DetachPolicy.
  if (const auto policy = call.registry.policy(call.policy_name()); !policy) return policy.error();
  if (const auto view = call.registry.target_view(call.str("principal")); !view) return view.error();
  return empty_answer(call.registry.detach_policy(call.policy_name(), call.str("principal")));
}

Result<Json> list_principal_policies(Call& call) {
  if (auto checked = check_principal(call); !checked) return checked.error();
  return policy_list(call.registry.attached_policies(call.str("principal"), call.page()));
}

Result<Json> list_policy_principals(Call& call) {
  return target_list(call.registry.targets_for_policy(call.policy_name(), call.page(), true), "principals");
}

Member principal() {
  return header("principal", "x-amzn-iot-principal").required();
}

}  // namespace

const OperationTable& policy_attachment_operations() {
  static const OperationTable table{
      {.name = "AttachPolicy",
       .verb = Verb::put,
       .path = "/target-policies/{policyName}",
       .input = {policy_name(), body("target").required()},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = attach_policy},
      {.name = "DetachPolicy",
       .verb = Verb::post,
       .path = "/target-policies/{policyName}",
       .input = {policy_name(), body("target").required()},
       .errors = {Errc::limit_exceeded},
       .run = detach_policy},
      {.name = "ListAttachedPolicies",
       .verb = Verb::post,
       .path = "/attached-policies/{target+}",
       .input = with_marker({path_member("target"), query("recursive").boolean()}),
       .output = {"policies", "nextMarker"},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = list_attached_policies},
      {.name = "ListTargetsForPolicy",
       .verb = Verb::post,
       .path = "/policy-targets/{policyName}",
       .input = with_marker({policy_name()}),
       .output = {"targets", "nextMarker"},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = list_targets_for_policy},
      {.name = "AttachPrincipalPolicy",
       .verb = Verb::put,
       .path = "/principal-policies/{policyName}",
       .input = {policy_name(), principal()},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = attach_principal_policy},
      {.name = "DetachPrincipalPolicy",
       .verb = Verb::del,
       .path = "/principal-policies/{policyName}",
       .input = {policy_name(), principal()},
       .errors = {Errc::not_found},
       .run = detach_principal_policy},
      {.name = "ListPrincipalPolicies",
       .verb = Verb::get,
       .path = "/principal-policies",
       .input = with_ordered_marker({principal()}),
       .output = {"policies", "nextMarker"},
       .errors = {Errc::not_found},
       .run = list_principal_policies},
      {.name = "ListPolicyPrincipals",
       .verb = Verb::get,
       .path = "/policy-principals",
       .input = with_ordered_marker(
           {header("policyName", "x-amzn-iot-policy").required().length(1, 128).pattern(kPolicyNamePattern)}),
       .output = {"principals", "nextMarker"},
       .errors = {Errc::not_found},
       .run = list_policy_principals},
  };
  return table;
}

}  // namespace iotemu::api
