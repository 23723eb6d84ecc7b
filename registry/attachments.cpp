// Which policy is attached to whom (P7.2).

#include "registry/registry.h"

namespace iotemu::registry {

Result<Principal> Registry::existing_principal(std::string_view text) const {
  auto principal = Principal::parse(realm_, text);
  if (principal && principal->is_certificate() && !certificates_.find(principal->certificate())) {
    return Error{Errc::not_found, "Certificate " + principal->certificate().hex() + " does not exist"};
  }
  return principal;
}

Result<Principal> Registry::policy_target(std::string_view text) const {
  constexpr std::string_view kGroup = "thinggroup/";
  const auto resource = iot_resource(realm_, text);
  if (resource.starts_with(kGroup)) {
    // No operation makes thing groups, so there is none to attach to.
    return Error{Errc::not_found,
                 "Thing group " + std::string{resource.substr(kGroup.size())} + " does not exist"};
  }
  return existing_principal(text);
}

Status Registry::attach_policy(const PolicyName& name, std::string_view target) {
  const Writing write{write_mutex_};
  if (!policies_.find(name)) return Error{Errc::not_found, "Policy " + name.text() + " does not exist"};
  const auto principal = policy_target(target);
  if (!principal) return principal.error();
  if (policy_links_.find(*principal, name)) return Ok{};
  if (policy_links_.count_of_left(*principal) >= options_.policies_per_certificate) {
    return Error{Errc::limit_exceeded, "At most " + std::to_string(options_.policies_per_certificate) +
                                           " policies can be attached to " + principal->text()};
  }
  const Change change{PolicyAttachment{.policy = name, .target = principal->text(), .attached = true}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policy_links_.put(*principal, name, Ok{});
  verdicts_changed();
  return Ok{};
}

Status Registry::detach_policy(const PolicyName& name, std::string_view target) {
  const auto principal = Principal::parse(realm_, target);
  if (!principal) {
    // A target that cannot exist here has nothing attached; the operation models no 404.
    const bool well_formed = policy_target(target).error().code == Errc::not_found;
    return well_formed ? Status{Ok{}} : Status{principal.error()};
  }
  const Writing write{write_mutex_};
  if (!policy_links_.find(*principal, name)) return Ok{};
  const Change change{PolicyAttachment{.policy = name, .target = principal->text(), .attached = false}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policy_links_.erase(*principal, name);
  verdicts_changed();
  return Ok{};
}

Result<Page<PolicyPtr>> Registry::attached_policies(std::string_view target, const PageRequest& page) const {
  const auto principal = policy_target(target);
  if (!principal) return principal.error();
  const auto names = policy_links_.page_of_left(*principal, page, [](Ok) { return true; });
  if (!names) return names.error();
  Page<PolicyPtr> result{.next_marker = names->next_marker};
  for (const auto& [name, unused] : names->items) {
    if (auto found = policies_.find(name)) result.items.push_back(std::move(found));
  }
  return result;
}

Result<Page<std::string>> Registry::targets_for_policy(const PolicyName& name,
                                                       const PageRequest& page) const {
  if (!policies_.find(name)) return Error{Errc::not_found, "Policy " + name.text() + " does not exist"};
  const auto targets = policy_links_.page_of_right(name, page, [](Ok) { return true; });
  if (!targets) return targets.error();
  Page<std::string> result{.next_marker = targets->next_marker};
  for (const auto& [principal, unused] : targets->items) result.items.push_back(principal.text());
  return result;
}

}  // namespace iotemu::registry
