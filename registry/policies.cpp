// Policies and their versions (P7.2).

#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

Error no_such_version(const PolicyName& name, int version) {
  return {Errc::not_found, "Policy " + name.text() + " has no version " + std::to_string(version)};
}

}  // namespace

Status Registry::store_policy(std::shared_ptr<PolicyRecord> next) {
  const PolicyPtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policies_.put(done);
  return Ok{};
}

Result<std::shared_ptr<PolicyRecord>> Registry::new_policy(const PolicyName& name, std::string_view document,
                                                           Time now) const {
  auto parsed = policy::parse(document);
  if (!parsed) return parsed.error();
  auto record = std::make_shared<PolicyRecord>();
  record->name = name;
  record->arn = policy_arn(realm_, name);
  record->versions.emplace(
      1, std::make_shared<const PolicyVersion>(PolicyVersion{
             .id = 1, .text = std::string{document}, .document = std::move(*parsed), .created_at = now}));
  record->created_at = record->changed_at = now;
  record->generation_id = random_.uuid();
  return record;
}

Result<PolicyPtr> Registry::create_policy(const PolicyName& name, std::string_view document,
                                          const Tags& tags) {
  if (auto checked = check_tags(tags, options_.tags_per_resource); !checked) return checked.error();
  auto record = new_policy(name, document, clock_.now());
  if (!record) return record.error();
  (*record)->tags = tags;

  const Writing write{write_mutex_};
  if (policies_.find(name)) {
    return already_exists("Policy cannot be created - name already exists (name=" + name.text() + ")",
                          name.text(), (*record)->arn);
  }
  if (auto saved = store_policy(*record); !saved) return saved.error();
  return PolicyPtr{std::move(*record)};
}

Result<PolicyPtr> Registry::policy(const PolicyName& name) const {
  auto found = policies_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<Page<PolicyPtr>> Registry::list_policies(const PageRequest& page) const {
  return policies_.page(page);
}

Status Registry::delete_policy(const PolicyName& name) {
  const Writing write{write_mutex_};
  const auto old = policies_.find(name);
  if (!old) return does_not_exist(name);
  if (policy_links_.count_of_right(name) > 0) {
    return Error{Errc::delete_conflict,
                 "The policy cannot be deleted as the policy is attached to one or more principals (name=" +
                     name.text() + ")"};
  }
  if (old->versions.size() > 1) {
    return Error{Errc::delete_conflict,
                 "Cannot delete the policy because it has one or more policy versions attached to it (name=" +
                     name.text() + ")"};
  }
  const Change change{Erased{.kind = RecordKind::policy, .key = name.text()}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  policies_.erase(name);
  return Ok{};
}

Result<PolicyVersionPtr> Registry::create_policy_version(const PolicyName& name, std::string_view document,
                                                         bool set_as_default) {
  auto parsed = policy::parse(document);
  if (!parsed) return parsed.error();

  const Writing write{write_mutex_};
  const auto old = policies_.find(name);
  if (!old) return does_not_exist(name);
  if (old->versions.size() >= options_.versions_per_policy) {
    return Error{Errc::versions_limit_exceeded, "The policy " + name.text() +
                                                    " already has the maximum number of versions (" +
                                                    std::to_string(options_.versions_per_policy) + ")"};
  }
  auto next = std::make_shared<PolicyRecord>(*old);
  const int id = next->next_version++;
  next->changed_at = clock_.now();
  auto version = std::make_shared<const PolicyVersion>(PolicyVersion{.id = id,
                                                                     .text = std::string{document},
                                                                     .document = std::move(*parsed),
                                                                     .created_at = next->changed_at});
  next->versions.emplace(id, version);
  if (set_as_default) next->default_version = id;
  if (auto saved = store_policy(std::move(next)); !saved) return saved.error();
  if (set_as_default) verdicts_changed();
  return version;
}

Result<PolicyVersionPtr> Registry::policy_version(const PolicyName& name, int version) const {
  const auto found = policies_.find(name);
  if (!found) return does_not_exist(name);
  const auto at = found->versions.find(version);
  if (at == found->versions.end()) return no_such_version(name, version);
  return at->second;
}

Status Registry::set_default_policy_version(const PolicyName& name, int version) {
  const Writing write{write_mutex_};
  const auto old = policies_.find(name);
  if (!old) return does_not_exist(name);
  if (!old->versions.contains(version)) return no_such_version(name, version);
  if (old->default_version == version) return Ok{};
  auto next = std::make_shared<PolicyRecord>(*old);
  next->default_version = version;
  next->changed_at = clock_.now();
  if (auto saved = store_policy(std::move(next)); !saved) return saved;
  verdicts_changed();
  return Ok{};
}

Status Registry::delete_policy_version(const PolicyName& name, int version) {
  const Writing write{write_mutex_};
  const auto old = policies_.find(name);
  if (!old) return does_not_exist(name);
  if (!old->versions.contains(version)) return no_such_version(name, version);
  if (old->default_version == version) {
    return Error{Errc::delete_conflict, "Cannot delete the default version of a policy"};
  }
  auto next = std::make_shared<PolicyRecord>(*old);
  next->versions.erase(version);
  next->changed_at = clock_.now();
  return store_policy(std::move(next));
}

}  // namespace iotemu::registry
