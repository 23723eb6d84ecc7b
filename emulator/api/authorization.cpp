// Which policies have an effect on a device, and what they would let it do (P7.2, P7.9).

#include <algorithm>
#include <map>

#include "emulator/api/members.h"
#include "registry/errors.h"
#include "registry/policy/simulate.h"
#include "registry/rights.h"

namespace iotemu::api {
namespace {

namespace policy = registry::policy;
using policy::Action;
using registry::invalid;
using PolicyNames = std::set<registry::PolicyName>;

constexpr std::size_t kMostResources = 100;
constexpr std::string_view kActionTypes[]{"PUBLISH", "SUBSCRIBE", "RECEIVE", "CONNECT"};

/// Policies hang on identities, not on their pools: the pool may be named, but only beside its identity.
Status check_pool(const Call& call) {
  if (!call.has("cognitoIdentityPoolId")) return Ok{};
  const auto& realm = call.registry.realm();
  const auto pool = registry::Principal::parse(realm, call.str("cognitoIdentityPoolId"));
  if (!pool || pool->is_certificate()) {
    return invalid("cognitoIdentityPoolId must be of the form <region>:<uuid>: '" +
                   call.str("cognitoIdentityPoolId") + "'");
  }
  const auto principal = registry::Principal::parse(realm, call.str("principal"));
  if (principal && !principal->is_certificate()) return Ok{};
  return invalid(
      "cognitoIdentityPoolId goes with a Cognito identity as the principal: no policy is attached to a pool");
}

Result<Json> get_effective_policies(Call& call) {
  if (auto checked = check_pool(call); !checked) return checked.error();
  std::optional<registry::ThingName> thing;
  if (call.has("thingName")) thing = call.thing_name();
  if (!thing && !call.has("principal")) return invalid("principal or thingName must be given");
  const auto policies = call.registry.effective_policies(call.str("principal"), thing);
  if (!policies) return policies.error();
  auto list = Json::array();
  for (const auto& effective : *policies) {
    list.push_back({{"policyName", effective->name.text()},
                    {"policyArn", effective->arn},
                    {"policyDocument", effective->effective().text}});
  }
  return Json{{"effectivePolicies", std::move(list)}};
}

Result<PolicyNames> policy_names(const Call& call, std::string_view member) {
  PolicyNames names;
  const auto given = call.input.find(member);
  if (given == call.input.end()) return names;
  for (const auto& text : *given) {
    const auto name = registry::PolicyName::parse(text.get_ref<const std::string&>());
    if (!name) return name.error();
    if (auto found = call.registry.policy(*name); !found) return found.error();
    names.insert(*name);
  }
  return names;
}

/// policyNamesToAdd and policyNamesToSkip: as if they were attached, or not attached, to the principal and to
/// the groups of its thing.
Status change(std::vector<policy::NamedDocument>& policies, const Call& call) {
  const auto add = policy_names(call, "policyNamesToAdd");
  if (!add) return add.error();
  const auto skip = policy_names(call, "policyNamesToSkip");
  if (!skip) return skip.error();
  std::map<std::string, policy::NamedDocument> by_name;
  for (const auto& attached : policies) by_name.emplace(attached.name, attached);
  for (const auto& name : *add) {
    if (skip->contains(name)) {
      return invalid("Policy " + name.text() + " stands in policyNamesToAdd and in policyNamesToSkip");
    }
    const auto found = call.registry.policy(name);
    if (!found) return found.error();
    by_name.insert_or_assign(
        name.text(), policy::NamedDocument{.name = name.text(), .document = (*found)->effective().document});
  }
  for (const auto& name : *skip) by_name.erase(name.text());
  policies.clear();
  for (auto& [name, document] : by_name) policies.push_back(std::move(document));
  return Ok{};
}

/// The rights that the principal would have at the door.
Result<registry::Rights> rights(const Call& call) {
  const auto view = call.registry.target_view(call.str("principal"));
  if (!view) return view.error();
  registry::Connection connection;
  if (call.has("clientId")) connection.client_id = call.str("clientId");
  if (view->certificate) {
    const auto certificate = registry::pki::Certificate::from_pem(view->certificate->pem);
    if (!certificate) return Error{Errc::internal, certificate.error().message};
    connection.certificate =
        std::make_shared<const policy::CertificateVariables>(registry::certificate_variables(*certificate));
  }
  auto rights = registry::rights_of(call.registry.realm(), *view, connection);
  if (auto changed = change(rights.policies, call); !changed) return changed.error();
  return rights;
}

Action action_of(std::string_view type) {
  if (type == "PUBLISH") return Action::publish;
  if (type == "SUBSCRIBE") return Action::subscribe;
  return type == "RECEIVE" ? Action::receive : Action::connect;
}

/// The action asked about; without one, every action that a resource of this kind can bear (P7.4).
std::vector<Action> actions_of(const Json& info, const std::string& resource) {
  if (const auto type = info.find("actionType"); type != info.end()) {
    return {action_of(type->get_ref<const std::string&>())};
  }
  // Of whatever realm: the sixth field of an ARN begins with the kind.
  std::string_view rest{resource};
  for (int field = 0; field < 5 && !rest.empty(); ++field) {
    rest.remove_prefix(std::min(rest.find(':'), rest.size() - 1) + 1);
  }
  if (rest.starts_with("client/")) return {Action::connect};
  if (rest.starts_with("topicfilter/")) return {Action::subscribe};
  if (rest.starts_with("topic/")) return {Action::publish, Action::receive};
  return {Action::publish, Action::subscribe, Action::receive, Action::connect};
}

std::string_view decision(policy::Verdict verdict) {
  switch (verdict) {
    case policy::Verdict::allowed:
      return "ALLOWED";
    case policy::Verdict::explicit_deny:
      return "EXPLICIT_DENY";
    case policy::Verdict::implicit_deny:
      break;
  }
  return "IMPLICIT_DENY";
}

Json policy_list(const Call& call, const std::set<std::string>& names) {
  auto list = Json::array();
  for (const auto& text : names) {
    const auto name = registry::PolicyName::parse(text);
    if (!name) continue;
    list.push_back({{"policyName", text}, {"policyArn", registry::policy_arn(call.registry.realm(), *name)}});
  }
  return Json{{"policies", std::move(list)}};
}

/// One question. Without an action type, each kind of resource has its own actions.
policy::Simulation simulate(const registry::Rights& rights, const Json& info) {
  std::map<std::vector<Action>, std::vector<std::string>> resources;
  for (const auto& text : info.at("resources")) {
    auto resource = text.get<std::string>();
    auto& of_its_kind = resources[actions_of(info, resource)];
    of_its_kind.push_back(std::move(resource));
  }
  policy::Simulation all;
  for (const auto& [actions, named] : resources) {
    all.merge(policy::simulate(rights.policies, rights.context, {.actions = actions, .resources = named}));
  }
  return all;
}

Result<Json> test_authorization(Call& call) {
  if (!call.has("principal")) {
    return invalid("principal must be given: a certificate ARN, a thing group ARN or a Cognito identity id");
  }
  if (auto checked = check_pool(call); !checked) return checked.error();
  const auto known = rights(call);
  if (!known) return known.error();
  auto results = Json::array();
  for (const auto& info : call.input.at("authInfos")) {
    if (info.at("resources").empty()) return invalid("authInfos: each must name at least one resource");
    const auto answer = simulate(*known, info);
    Json asked{{"resources", info.at("resources")}};
    if (info.contains("actionType")) asked["actionType"] = info.at("actionType");
    results.push_back({{"authInfo", std::move(asked)},
                       {"allowed", policy_list(call, answer.allowing)},
                       {"denied",
                        {{"implicitDeny", policy_list(call, answer.silent)},
                         {"explicitDeny", policy_list(call, answer.denying)}}},
                       {"authDecision", decision(answer.verdict)},
                       {"missingContextValues", answer.missing_values}});
  }
  return Json{{"authResults", std::move(results)}};
}

Member names(std::string_view member) {
  return body(member).list_of(body("member").length(1, 128).pattern(kPolicyNamePattern));
}

}  // namespace

const OperationTable& authorization_operations() {
  static const OperationTable table{
      {.name = "GetEffectivePolicies",
       .verb = Verb::post,
       .path = "/effective-policies",
       .input = {body("principal"), body("cognitoIdentityPoolId"), thing_name(query("thingName"))},
       .output = {"effectivePolicies"},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = get_effective_policies},
      {.name = "TestAuthorization",
       .verb = Verb::post,
       .path = "/test-authorization",
       .input = {body("principal"), body("cognitoIdentityPoolId"),
                 body("authInfos")
                     .required()
                     .list_of(body("member").structure({body("actionType").one_of(kActionTypes),
                                                        body("resources")
                                                            .required()
                                                            .list_of(body("member").length(0, 2048))
                                                            .length(0, kMostResources)}))
                     .length(1, 10),
                 query("clientId"), names("policyNamesToAdd"), names("policyNamesToSkip")},
       .output = {"authResults"},
       .errors = {Errc::limit_exceeded, Errc::not_found},
       .run = test_authorization,
       .blocking = true},  // as long as the list of resources
  };
  return table;
}

}  // namespace iotemu::api
