#include "emulator/neighbours/iam.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/hex.h"
#include "emulator/neighbours/aws_ids.h"
#include "emulator/neighbours/iam_document.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::Member;

constexpr std::size_t kMaxRoles = 1000;
constexpr std::size_t kMaxPolicies = 1500;
constexpr std::size_t kMaxAttached = 10;
constexpr std::size_t kInlineCharacters = 10'240;  ///< of a role, all documents together, without white space
constexpr std::size_t kPolicyCharacters = 6144;    ///< of a managed policy, likewise
constexpr std::size_t kIdLetters = 17;

constexpr std::array<std::string_view, 3> kScopes{"All", "AWS", "Local"};
constexpr std::array<std::string_view, 2> kUsages{"PermissionsPolicy", "PermissionsBoundary"};

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.ends_with('/') &&
         std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '\x7e'; });
}

const api::Pattern kPathPattern{R"((\u002F)|(\u002F[\u0021-\u007F]+\u002F))", is_path};

Member role_name() {
  return body("RoleName").required().length(1, 64).pattern(api::kPolicyNamePattern);
}

Member policy_name() {
  return body("PolicyName").required().length(1, 128).pattern(api::kPolicyNamePattern);
}

Member policy_arn() {
  return body("PolicyArn").required().length(20, 2048);
}

Member document(std::string_view name) {
  return body(name).required().length(1, 131'072);
}

Member path() {
  return body("Path").length(1, 512).pattern(kPathPattern);
}

Member path_prefix() {
  return body("PathPrefix").length(1, 512);
}

Member tags() {
  return body("Tags")
      .list_of(body("member").structure(
          {body("Key").required().length(1, 128), body("Value").required().length(0, 256)}))
      .length(0, 50);
}

std::vector<Member> paged(std::vector<Member> members) {
  members.push_back(body("Marker").length(1, 320));
  members.push_back(body("MaxItems").integer(1, 1000));
  return members;
}

Fault no_such(std::string message) {
  return {"NoSuchEntity", std::move(message), 404};
}

Fault limit(std::string message) {
  return {"LimitExceeded", std::move(message), 409};
}

bool is_managed_by_aws(std::string_view arn) {
  return arn.starts_with("arn:aws") && arn.find(":iam::aws:policy/") != arn.npos;
}

std::string name_in(const std::string& arn) {
  return arn.substr(arn.rfind('/') + 1);
}

std::string iam_arn(const Realm& realm, std::string_view resource) {
  return "arn:" + std::string{partition(realm.region)} + ":iam::" + realm.account + ":" +
         std::string{resource};
}

/// `items` in the order of their keys, from behind the marker; `list` is the member that holds them.
template <class Items, class Form>
Json page(const Question& question, const char* list, const Items& items, Form form) {
  const auto most = static_cast<std::size_t>(question.integer("MaxItems", 100));
  const auto after = from_base64(question.str("Marker")).value_or("");
  Json answer{{list, Json::array()}, {"IsTruncated", false}};
  std::string last;
  for (const auto& [key, item] : items) {
    if (question.has("Marker") && key <= after) continue;
    if (answer[list].size() == most) {
      answer["IsTruncated"] = true;
      answer["Marker"] = to_base64(last);
      break;
    }
    answer[list].push_back(form(key, item));
    last = key;
  }
  return answer;
}

Json role_json(const IamRole& role, bool in_list) {
  Json result{{"Path", role.path},
              {"RoleName", role.name},
              {"RoleId", role.id},
              {"Arn", role.arn},
              {"CreateDate", iso_date(role.created)},
              {"AssumeRolePolicyDocument", percent_encoded(role.trust)},
              {"MaxSessionDuration", role.max_session}};
  if (!role.description.empty()) result["Description"] = role.description;
  if (!in_list && !role.tags.empty()) result["Tags"] = role.tags;
  if (!in_list && !role.boundary.empty()) {
    result["PermissionsBoundary"] = {{"PermissionsBoundaryType", "PermissionsBoundaryPolicy"},
                                     {"PermissionsBoundaryArn", role.boundary}};
  }
  return result;
}

std::size_t without_white_space(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

}  // namespace

Iam::Iam(const Clock& clock, Random& random)
    : Service{{.name = "iam",
               .protocol = Protocol::query,
               .xml_space = "https://iam.amazonaws.com/doc/2010-05-08/"}},
      clock_{clock},
      random_{random} {
  add("CreateRole",
      {role_name(), document("AssumeRolePolicyDocument"), path(), body("Description").length(0, 1000),
       body("MaxSessionDuration").integer(3600, 43'200), body("PermissionsBoundary").length(20, 2048),
       tags()},
      &Iam::create_role);
  add("GetRole", {role_name()}, &Iam::get_role);
  add("DeleteRole", {role_name()}, &Iam::delete_role);
  add("ListRoles", paged({path_prefix()}), &Iam::list_roles);
  add("UpdateAssumeRolePolicy", {role_name(), document("PolicyDocument")}, &Iam::update_trust);
  add("AttachRolePolicy", {role_name(), policy_arn()}, &Iam::attach);
  add("DetachRolePolicy", {role_name(), policy_arn()}, &Iam::detach);
  add("ListAttachedRolePolicies", paged({role_name(), path_prefix()}), &Iam::list_attached);
  add("PutRolePolicy", {role_name(), policy_name(), document("PolicyDocument")}, &Iam::put_inline);
  add("GetRolePolicy", {role_name(), policy_name()}, &Iam::get_inline);
  add("DeleteRolePolicy", {role_name(), policy_name()}, &Iam::delete_inline);
  add("ListRolePolicies", paged({role_name()}), &Iam::list_inline);
  add("CreatePolicy",
      {policy_name(), path(), document("PolicyDocument"), body("Description").length(0, 1000), tags()},
      &Iam::create_policy);
  add("GetPolicy", {policy_arn()}, &Iam::get_policy);
  add("GetPolicyVersion", {policy_arn(), body("VersionId").required()}, &Iam::get_policy_version);
  add("DeletePolicy", {policy_arn()}, &Iam::delete_policy);
  add("ListPolicies",
      paged({body("Scope").one_of(kScopes), body("OnlyAttached").boolean(), path_prefix(),
             body("PolicyUsageFilter").one_of(kUsages)}),
      &Iam::list_policies);
}

void Iam::reset() {
  const std::lock_guard lock{mutex_};
  homes_.clear();
}

std::optional<IamRole> Iam::role_by_arn(std::string_view arn) const {
  const std::lock_guard lock{mutex_};
  for (const auto& [account, home] : homes_) {
    for (const auto& [name, role] : home.roles) {
      if (role.arn == arn) return role;
    }
  }
  return std::nullopt;
}

const Iam::Home& Iam::home(const Realm& realm) const {
  static const Home none;
  const auto found = homes_.find(realm.account);
  return found == homes_.end() ? none : found->second;
}

Answer<Iam::Home*> Iam::home_to_fill(const Realm& realm) {
  if (!homes_.contains(realm.account) && homes_.size() >= kMaxHomes) {
    return too_many_homes("LimitExceeded", 409);
  }
  return &homes_[realm.account];
}

Answer<IamRole*> Iam::role(const Question& question) {
  const auto name = question.str("RoleName");
  const auto mine = homes_.find(question.realm.account);
  if (mine != homes_.end()) {
    auto& roles = mine->second.roles;
    const auto found = roles.find(lowercase(name));
    if (found != roles.end() && found->second.name == name) return &found->second;
  }
  return no_such("The role with name " + name + " cannot be found.");
}

Answer<IamPolicy*> Iam::policy(const Question& question) {
  const auto arn = question.str("PolicyArn");
  if (!arn.starts_with("arn:") || arn.find(":policy/") == arn.npos) {
    return Fault{"InvalidInput", "ARN " + arn + " is not valid."};
  }
  const auto mine = homes_.find(question.realm.account);
  if (mine != homes_.end()) {
    const auto found = mine->second.policies.find(arn);
    if (found != mine->second.policies.end()) return &found->second;
  }
  const auto managed =
      is_managed_by_aws(arn) ? " Policies that AWS manages are known by their ARN alone." : "";
  return no_such("Policy " + arn + " was not found." + managed);
}

Answer<Json> Iam::create_role(const Question& question) {
  const auto name = question.str("RoleName");
  const auto trust = question.str("AssumeRolePolicyDocument");
  if (auto good = check_document(trust, true); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto mine = home_to_fill(question.realm);
  if (!mine) return mine.fault();
  auto& roles = (*mine)->roles;
  if (roles.contains(lowercase(name))) {
    return Fault{"EntityAlreadyExists", "Role with name " + name + " already exists.", 409};
  }
  if (roles.size() >= kMaxRoles)
    return limit("Cannot exceed quota for RolesPerAccount: " + std::to_string(kMaxRoles));
  const auto path = question.has("Path") ? question.str("Path") : "/";
  IamRole role{.name = name,
               .path = path,
               .id = unique_id("AROA", kIdLetters, random_),
               .arn = iam_arn(question.realm, "role" + path + name),
               .trust = trust,
               .description = question.str("Description"),
               .max_session = question.integer("MaxSessionDuration", 3600),
               .boundary = question.str("PermissionsBoundary"),
               .tags = question.input.value("Tags", Json::array()),
               .created = clock_.now()};
  const auto& made = roles[lowercase(name)] = std::move(role);
  return Json{{"Role", role_json(made, false)}};
}

Answer<Json> Iam::get_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  return Json{{"Role", role_json(**found, false)}};
}

Answer<Json> Iam::delete_role(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  if (!(*found)->attached.empty()) {
    return Fault{"DeleteConflict", "Cannot delete entity, must detach all policies first.", 409};
  }
  if (!(*found)->inlined.empty()) {
    return Fault{"DeleteConflict", "Cannot delete entity, must delete policies first.", 409};
  }
  homes_.at(question.realm.account).roles.erase(lowercase(question.str("RoleName")));
  return Json::object();
}

Answer<Json> Iam::list_roles(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto prefix = question.has("PathPrefix") ? question.str("PathPrefix") : "/";
  std::map<std::string, const IamRole*> chosen;
  for (const auto& [name, role] : home(question.realm).roles) {
    if (role.path.starts_with(prefix)) chosen.emplace(name, &role);
  }
  return page(question, "Roles", chosen,
              [](const auto&, const IamRole* role) { return role_json(*role, true); });
}

Answer<Json> Iam::update_trust(const Question& question) {
  const auto trust = question.str("PolicyDocument");
  if (auto good = check_document(trust, true); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  (*found)->trust = trust;
  return Json::object();
}

Answer<Json> Iam::attach(const Question& question) {
  const auto arn = question.str("PolicyArn");
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  if (!is_managed_by_aws(arn)) {
    const auto policy = this->policy(question);
    if (!policy && policy.fault().name != "NoSuchEntity") return policy.fault();
    if (!policy) return no_such("Policy " + arn + " does not exist or is not attachable.");
  }
  auto& attached = (*found)->attached;
  if (!attached.contains(arn) && attached.size() >= kMaxAttached) {
    return limit("Cannot exceed quota for PoliciesPerRole: " + std::to_string(kMaxAttached));
  }
  attached.insert(arn);
  return Json::object();
}

Answer<Json> Iam::detach(const Question& question) {
  const auto arn = question.str("PolicyArn");
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  if ((*found)->attached.erase(arn) == 0) return no_such("Policy " + arn + " was not found.");
  return Json::object();
}

Answer<Json> Iam::list_attached(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  std::map<std::string, std::string> by_name;
  for (const auto& arn : (*found)->attached) {
    const auto path = arn.substr(arn.find(":policy/") + 7);
    if (path.starts_with(question.str("PathPrefix"))) by_name.emplace(name_in(arn) + " " + arn, arn);
  }
  return page(question, "AttachedPolicies", by_name, [](const auto&, const std::string& arn) {
    return Json{{"PolicyName", name_in(arn)}, {"PolicyArn", arn}};
  });
}

Answer<Json> Iam::put_inline(const Question& question) {
  const auto document = question.str("PolicyDocument");
  const auto name = question.str("PolicyName");
  if (auto good = check_document(document, false); !good) return good.fault();
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  auto size = without_white_space(document);
  for (const auto& [other, text] : (*found)->inlined) {
    if (other != name) size += without_white_space(text);
  }
  if (size > kInlineCharacters) {
    return limit("Maximum policy size of " + std::to_string(kInlineCharacters) + " bytes exceeded for role " +
                 (*found)->name);
  }
  (*found)->inlined[name] = document;
  return Json::object();
}

Answer<Json> Iam::get_inline(const Question& question) {
  const auto name = question.str("PolicyName");
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  const auto policy = (*found)->inlined.find(name);
  if (policy == (*found)->inlined.end())
    return no_such("The role policy with name " + name + " cannot be found.");
  return Json{{"RoleName", (*found)->name},
              {"PolicyName", name},
              {"PolicyDocument", percent_encoded(policy->second)}};
}

Answer<Json> Iam::delete_inline(const Question& question) {
  const auto name = question.str("PolicyName");
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  if ((*found)->inlined.erase(name) == 0) {
    return no_such("The role policy with name " + name + " cannot be found.");
  }
  return Json::object();
}

Answer<Json> Iam::list_inline(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = role(question);
  if (!found) return found.fault();
  return page(question, "PolicyNames", (*found)->inlined,
              [](const std::string& name, const auto&) { return Json(name); });
}

std::int64_t Iam::attachments(const Home& home, const std::string& arn) {
  return std::ranges::count_if(home.roles,
                               [&](const auto& entry) { return entry.second.attached.contains(arn); });
}

Json Iam::policy_json(const Home& home, const IamPolicy& policy, bool in_list) {
  Json result{
      {"PolicyName", policy.name},
      {"PolicyId", policy.id},
      {"Arn", policy.arn},
      {"Path", policy.path},
      {"DefaultVersionId", "v1"},
      {"AttachmentCount", attachments(home, policy.arn)},
      {"PermissionsBoundaryUsageCount",
       std::ranges::count_if(home.roles, [&](const auto& e) { return e.second.boundary == policy.arn; })},
      {"IsAttachable", true},
      {"CreateDate", iso_date(policy.created)},
      {"UpdateDate", iso_date(policy.created)}};
  if (!in_list && !policy.description.empty()) result["Description"] = policy.description;
  if (!in_list && !policy.tags.empty()) result["Tags"] = policy.tags;
  return result;
}

Answer<Json> Iam::create_policy(const Question& question) {
  const auto name = question.str("PolicyName");
  const auto document = question.str("PolicyDocument");
  if (auto good = check_document(document, false); !good) return good.fault();
  if (without_white_space(document) > kPolicyCharacters) {
    return limit("Cannot exceed quota for PolicySize: " + std::to_string(kPolicyCharacters));
  }
  const std::lock_guard lock{mutex_};
  const auto filled = home_to_fill(question.realm);
  if (!filled) return filled.fault();
  auto& mine = **filled;
  const auto same = std::ranges::find_if(
      mine.policies, [&](const auto& entry) { return lowercase(entry.second.name) == lowercase(name); });
  if (same != mine.policies.end()) {
    return Fault{"EntityAlreadyExists",
                 "A policy called " + name + " already exists. Duplicate names are not allowed.", 409};
  }
  if (mine.policies.size() >= kMaxPolicies) {
    return limit("Cannot exceed quota for PoliciesPerAccount: " + std::to_string(kMaxPolicies));
  }
  const auto path = question.has("Path") ? question.str("Path") : "/";
  IamPolicy policy{.name = name,
                   .path = path,
                   .id = unique_id("ANPA", kIdLetters, random_),
                   .arn = iam_arn(question.realm, "policy" + path + name),
                   .document = document,
                   .description = question.str("Description"),
                   .tags = question.input.value("Tags", Json::array()),
                   .created = clock_.now()};
  const auto arn = policy.arn;
  const auto& made = mine.policies[arn] = std::move(policy);
  return Json{{"Policy", policy_json(mine, made, false)}};
}

Answer<Json> Iam::get_policy(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = policy(question);
  if (!found) return found.fault();
  return Json{{"Policy", policy_json(home(question.realm), **found, false)}};
}

Answer<Json> Iam::get_policy_version(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = policy(question);
  if (!found) return found.fault();
  const auto version = question.str("VersionId");
  if (version != "v1") {
    return no_such("Policy " + (*found)->arn + " version " + version +
                   " does not exist or is not attachable.");
  }
  return Json{{"PolicyVersion",
               {{"Document", percent_encoded((*found)->document)},
                {"VersionId", "v1"},
                {"IsDefaultVersion", true},
                {"CreateDate", iso_date((*found)->created)}}}};
}

Answer<Json> Iam::delete_policy(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto found = policy(question);
  if (!found) return found.fault();
  auto& mine = homes_.at(question.realm.account);
  if (attachments(mine, (*found)->arn) != 0) {
    return Fault{"DeleteConflict", "Cannot delete a policy attached to entities.", 409};
  }
  mine.policies.erase(question.str("PolicyArn"));
  return Json::object();
}

Answer<Json> Iam::list_policies(const Question& question) {
  const std::lock_guard lock{mutex_};
  const auto& mine = home(question.realm);
  const auto prefix = question.has("PathPrefix") ? question.str("PathPrefix") : "/";
  std::map<std::string, const IamPolicy*> chosen;
  for (const auto& [arn, policy] : mine.policies) {
    if (question.str("Scope") == "AWS" || !policy.path.starts_with(prefix)) continue;
    if (question.flag("OnlyAttached") && attachments(mine, arn) == 0) continue;
    if (question.str("PolicyUsageFilter") == "PermissionsBoundary" &&
        policy_json(mine, policy, true).at("PermissionsBoundaryUsageCount") == 0) {
      continue;
    }
    chosen.emplace(policy.name, &policy);
  }
  return page(question, "Policies", chosen,
              [&](const auto&, const IamPolicy* policy) { return policy_json(mine, *policy, true); });
}

}  // namespace iotemu::neighbours
