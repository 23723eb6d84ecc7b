// Managed policies, and what roles have of policies.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "emulator/neighbours/iam.h"
#include "emulator/neighbours/iam_document.h"
#include "emulator/neighbours/iam_parts.h"

namespace iotemu::neighbours {
namespace {

using iam::iam_arn;
using iam::is_managed_by_aws;
using iam::kIdLetters;
using iam::limit;
using iam::name_in;
using iam::no_such;
using iam::page;

constexpr std::size_t kMaxPolicies = 1500;
constexpr std::size_t kMaxAttached = 10;
constexpr std::size_t kInlineCharacters = 10'240;  ///< of a role, all documents together, without white space
constexpr std::size_t kPolicyCharacters = 6144;    ///< of a managed policy, likewise

std::size_t without_white_space(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

}  // namespace

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
