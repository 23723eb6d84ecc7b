// Billing groups (P8.5). A thing's record names the one it is in; the links here are that, turned around.

#include "registry/errors.h"
#include "registry/merged_page.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

Status check_version(const BillingGroupRecord& group, std::optional<std::int64_t> expected) {
  if (!expected || *expected == group.version) return Ok{};
  return Error{Errc::version_conflict, "The version for billing group " + group.name.text() +
                                           " does not match the expected version."};
}

ThingPtr in_billing_group(const ThingRecord& thing, const std::optional<BillingGroupName>& group) {
  auto next = std::make_shared<ThingRecord>(thing);
  next->billing_group = group;
  return next;
}

}  // namespace

Result<BillingGroupPtr> Registry::create_billing_group(const BillingGroupName& name,
                                                       const std::string& description, const Tags& tags) {
  if (auto checked = check_tags(tags, options_.tags_per_resource); !checked) return checked.error();
  const Writing write{write_mutex_};
  if (const auto known = billing_groups_.find(name)) {
    if (known->description == description && same_tags(known->tags, tags)) return known;
    return already_exists(
        "Billing group " + name.text() + " already exists in account with different properties", name.text(),
        known->arn);
  }
  if (billing_group_count_ >= options_.billing_groups) {
    return invalid("An account has at most " + std::to_string(options_.billing_groups) + " billing groups");
  }
  auto record = std::make_shared<BillingGroupRecord>();
  record->name = name;
  record->id = random_.uuid();
  record->arn = billing_group_arn(realm_, name);
  record->description = description;
  record->created_at = clock_.now();
  record->tags = tags;
  const BillingGroupPtr done{std::move(record)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  billing_groups_.put(done);
  ++billing_group_count_;
  return done;
}

Result<BillingGroupPtr> Registry::billing_group(const BillingGroupName& name) const {
  auto found = billing_groups_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<std::int64_t> Registry::update_billing_group(const BillingGroupName& name,
                                                    const UpdateBillingGroup& request) {
  const Writing write{write_mutex_};
  const auto old = billing_groups_.find(name);
  if (!old) return does_not_exist(name);
  if (auto checked = check_version(*old, request.expected_version); !checked) return checked.error();
  auto next = std::make_shared<BillingGroupRecord>(*old);
  if (request.description) next->description = *request.description;
  ++next->version;
  const BillingGroupPtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  billing_groups_.put(done);
  return done->version;
}

Status Registry::delete_billing_group(const BillingGroupName& name,
                                      std::optional<std::int64_t> expected_version) {
  const Writing write{write_mutex_};
  const auto old = billing_groups_.find(name);
  if (!old) return Ok{};
  if (auto checked = check_version(*old, expected_version); !checked) return checked;
  std::vector<std::pair<ThingPtr, ThingPtr>> things;
  std::vector<Change> changes;
  for (const auto& [thing_name, unused] : billing_links_.of_left(name)) {
    const auto thing = things_.find(thing_name);
    things.emplace_back(thing, in_billing_group(*thing, std::nullopt));
    changes.emplace_back(things.back().second);
  }
  changes.emplace_back(Erased{.kind = RecordKind::billing_group, .key = name.text()});
  if (auto saved = store_.write(changes); !saved) return saved;
  for (const auto& [thing, next] : things) show_thing(thing.get(), next);
  billing_groups_.erase(name);
  --billing_group_count_;
  return Ok{};
}

Result<Page<BillingGroupPtr>> Registry::list_billing_groups(const PageRequest& page,
                                                            const std::string& name_prefix) const {
  return billing_groups_.page(
      page, [&](const BillingGroupRecord& group) { return group.name.text().starts_with(name_prefix); });
}

Status Registry::move_thing(const ThingPtr& thing, const std::optional<BillingGroupName>& group) {
  const auto next = in_billing_group(*thing, group);
  const Change change{next};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  show_thing(thing.get(), next);
  return Ok{};
}

Status Registry::add_thing_to_billing_group(const ThingName& thing_name, const BillingGroupName& group) {
  const Writing write{write_mutex_};
  if (!billing_groups_.find(group)) return does_not_exist(group);
  const auto thing = things_.find(thing_name);
  if (!thing) return does_not_exist(thing_name);
  if (thing->billing_group == group) return Ok{};
  return move_thing(thing, group);
}

Status Registry::remove_thing_from_billing_group(const ThingName& thing_name, const BillingGroupName& group) {
  const Writing write{write_mutex_};
  if (!billing_groups_.find(group)) return does_not_exist(group);
  const auto thing = things_.find(thing_name);
  if (!thing) return does_not_exist(thing_name);
  if (thing->billing_group != group) return Ok{};
  return move_thing(thing, std::nullopt);
}

Result<Page<ThingName>> Registry::things_in_billing_group(const BillingGroupName& group,
                                                          const PageRequest& page) const {
  if (!billing_groups_.find(group)) return does_not_exist(group);
  MergedPage<ThingName> things{page};
  if (auto added = things.add(billing_links_.page_of_left(group, page, [](Ok) { return true; })); !added) {
    return added.error();
  }
  return std::move(things).take();
}

}  // namespace iotemu::registry
