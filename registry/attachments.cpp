// Which policy is attached to whom (P7.2).

#include "registry/errors.h"
#include "registry/merged_page.h"
#include "registry/registry.h"

namespace iotemu::registry {

Result<Principal> Registry::existing_principal(std::string_view text) const {
  auto principal = Principal::parse(realm_, text);
  if (principal && principal->is_certificate() && !certificates_.find(principal->certificate())) {
    return does_not_exist(principal->certificate());
  }
  return principal;
}

Status Registry::check_settled(const Principal& principal) const {
  const auto certificate = principal.is_certificate() ? certificates_.find(principal.certificate()) : nullptr;
  if (!certificate || certificate->status != CertificateStatus::pending_transfer) return Ok{};
  return invalid("Certificate " + certificate->id.hex() +
                 " is PENDING_TRANSFER: nothing can be attached to it until its transfer has ended");
}

Result<PolicyTarget> Registry::policy_target(std::string_view text) const {
  auto target = PolicyTarget::parse(realm_, text);
  if (!target) return target;
  if (target->is_group()) {
    if (thing_groups_.find(target->group())) return target;
    return does_not_exist(target->group());
  }
  const auto principal = existing_principal(text);
  if (!principal) return principal.error();
  return target;
}

Status Registry::attach_policy(const PolicyName& name, std::string_view target_text) {
  const Writing write{write_mutex_};
  if (!policies_.find(name)) return does_not_exist(name);
  const auto target = policy_target(target_text);
  if (!target) return target.error();
  if (policy_links_.find(*target, name)) return Ok{};
  if (auto checked = check_settled(target->principal()); !checked) return checked;
  if (target->is_group() && is_dynamic(target->group())) {
    return invalid("Thing group " + target->group().text() + " is dynamic: no policy can be attached to it");
  }
  const auto limit = target->is_group() ? options_.policies_per_group : options_.policies_per_certificate;
  if (policy_links_.count_of_left(*target) >= limit) {
    return Error{Errc::limit_exceeded,
                 "At most " + std::to_string(limit) + " policies can be attached to " + target->text()};
  }
  const Change change{PolicyAttachment{.policy = name, .target = target->text(), .attached = true}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policy_links_.put(*target, name, Ok{});
  verdicts_changed();
  return Ok{};
}

Status Registry::detach_policy(const PolicyName& name, std::string_view target_text) {
  const auto target = PolicyTarget::parse(realm_, target_text);
  if (!target) {
    // A target that cannot exist here has nothing attached; the operation models no 404.
    return target.error().code == Errc::not_found ? Status{Ok{}} : Status{target.error()};
  }
  const Writing write{write_mutex_};
  if (!policy_links_.find(*target, name)) return Ok{};
  const Change change{PolicyAttachment{.policy = name, .target = target->text(), .attached = false}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policy_links_.erase(*target, name);
  verdicts_changed();
  return Ok{};
}

std::vector<PolicyTarget> Registry::policy_sources(const PolicyTarget& target) const {
  std::set<ThingGroupName> groups;
  if (target.is_group()) {
    if (const auto group = thing_groups_.find(target.group())) {
      groups.insert(group->ancestors.begin(), group->ancestors.end());
    }
  } else {
    for (const auto& [thing, unused] : thing_links_.of_left(target.principal())) {
      groups.merge(groups_above(thing));
    }
  }
  std::vector<PolicyTarget> sources{target};
  for (const auto& group : groups) sources.emplace_back(realm_, group);
  return sources;
}

Result<Page<PolicyPtr>> Registry::attached_policies(std::string_view target_text, const PageRequest& page,
                                                    bool recursive) const {
  const auto target = policy_target(target_text);
  if (!target) return target.error();
  const auto sources = recursive ? policy_sources(*target) : std::vector<PolicyTarget>{*target};
  MergedPage<PolicyName> names{page};
  for (const auto& source : sources) {
    if (auto added = names.add(policy_links_.page_of_left(source, page, [](Ok) { return true; })); !added) {
      return added.error();
    }
  }
  auto merged = std::move(names).take();
  Page<PolicyPtr> result{.next_marker = std::move(merged.next_marker)};
  for (const auto& name : merged.items) {
    if (auto found = policies_.find(name)) result.items.push_back(std::move(found));
  }
  return result;
}

Result<Page<std::string>> Registry::targets_for_policy(const PolicyName& name, const PageRequest& page,
                                                       bool principals_only) const {
  if (!policies_.find(name)) return does_not_exist(name);
  return policy_links_.texts_of_right(
      name, page, [&](const PolicyTarget& target, Ok) { return !principals_only || !target.is_group(); });
}

Result<std::vector<PolicyPtr>> Registry::effective_policies(std::string_view target_text,
                                                            const std::optional<ThingName>& thing) const {
  if (thing && !things_.find(*thing)) return does_not_exist(*thing);
  std::vector<PolicyTarget> sources;
  const auto add_groups = [&] {
    for (const auto& group : groups_above(*thing)) sources.emplace_back(realm_, group);
  };
  if (!target_text.empty()) {
    const auto target = policy_target(target_text);
    if (!target) return target.error();
    if (!thing || target->is_group()) {
      sources = policy_sources(*target);
    } else {
      sources.push_back(*target);
      if (thing_links_.find(target->principal(), *thing)) add_groups();
    }
  } else if (thing) {
    add_groups();
  }
  std::vector<PolicyPtr> policies;
  for (const auto& document : documents_of(sources)) {
    const auto name = PolicyName::parse(document.name);
    if (auto found = name ? policies_.find(*name) : nullptr) policies.push_back(std::move(found));
  }
  return policies;
}

Result<PrincipalView> Registry::target_view(std::string_view target_text) const {
  const auto target = policy_target(target_text);
  if (!target) return target.error();
  PrincipalView view;
  if (target->is_group()) {
    view.policies = documents_of(policy_sources(*target));
    return view;
  }
  const auto& principal = target->principal();
  if (principal.is_certificate()) view.certificate = certificates_.find(principal.certificate());
  view.policies = documents_of({*target});
  view.things = attached_things(principal);
  return view;
}

}  // namespace iotemu::registry
