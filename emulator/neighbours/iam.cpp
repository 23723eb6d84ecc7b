#include "emulator/neighbours/iam.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "emulator/neighbours/aws_ids.h"
#include "emulator/neighbours/iam_document.h"
#include "emulator/neighbours/iam_parts.h"

namespace iotemu::neighbours {
namespace {

using api::body;
using api::Member;
using iam::iam_arn;
using iam::kIdLetters;
using iam::limit;
using iam::no_such;
using iam::page;

constexpr std::size_t kMaxRoles = 1000;

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

}  // namespace iotemu::neighbours
