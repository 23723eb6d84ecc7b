// Static thing groups (P8.4): what they are. Which thing is in which: memberships.cpp. Dynamic groups:
// dynamic_groups.cpp.

#include <algorithm>

#include "registry/attributes.h"
#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

Status check_version(const ThingGroupRecord& group, std::optional<std::int64_t> expected) {
  if (!expected || *expected == group.version) return Ok{};
  return Error{Errc::version_conflict,
               "The version for thing group " + group.name.text() + " does not match the expected version."};
}

Error is_a_dynamic_group(const ThingGroupName& name, std::string_view instead) {
  return invalid("Thing group " + name.text() + " is dynamic: " + std::string{instead});
}

bool is_below(const ThingGroupRecord& group, const ThingGroupFilter& filter) {
  if (!filter.recursive) return group.parent() == filter.parent;
  return !filter.parent ||
         std::find(group.ancestors.begin(), group.ancestors.end(), *filter.parent) != group.ancestors.end();
}

}  // namespace

Status Registry::check_group_attributes(const Attributes& attributes) const {
  if (attributes.size() > options_.attributes_per_group) {
    return invalid("A thing group has at most " + std::to_string(options_.attributes_per_group) +
                   " attributes, " + std::to_string(attributes.size()) + " are given");
  }
  return Ok{};
}

Status Registry::check_place(const ThingGroupName& name, const ThingGroupRecord& parent) const {
  // The parent's ancestors, the parent and the group itself.
  const auto depth = parent.ancestors.size() + 2;
  if (depth > options_.group_depth) {
    return invalid("A hierarchy of thing groups has at most " + std::to_string(options_.group_depth) +
                   " levels: " + name.text() + " below " + parent.name.text() + " would be on level " +
                   std::to_string(depth));
  }
  if (child_groups_.count_of_left(parent.name) >= options_.child_groups) {
    return invalid("Thing group " + parent.name.text() + " has " + std::to_string(options_.child_groups) +
                   " child groups already, the most there can be");
  }
  return Ok{};
}

Result<std::shared_ptr<ThingGroupRecord>> Registry::new_thing_group(const ThingGroupName& name,
                                                                    const ThingGroupProperties& properties,
                                                                    const Tags& tags) const {
  if (auto checked = check_attribute_form(properties.attributes); !checked) return checked.error();
  if (auto checked = check_tags(tags, options_.tags_per_resource); !checked) return checked.error();
  auto record = std::make_shared<ThingGroupRecord>();
  record->name = name;
  record->arn = thing_group_arn(realm_, name);
  record->properties.description = properties.description;
  put_attributes(record->properties.attributes, properties.attributes);
  record->tags = tags;
  if (auto checked = check_group_attributes(record->properties.attributes); !checked) return checked.error();
  return record;
}

Result<ThingGroupPtr> Registry::create_thing_group(const ThingGroupName& name,
                                                   const CreateThingGroup& request) {
  auto made = new_thing_group(name, request.properties, request.tags);
  if (!made) return made.error();
  auto record = std::move(*made);

  const Writing write{write_mutex_};
  if (const auto known = thing_groups_.find(name)) {
    const bool same = !known->dynamic && known->parent() == request.parent &&
                      known->properties == record->properties && same_tags(known->tags, record->tags);
    if (same) return known;
    return already_exists(
        "Thing group " + name.text() + " already exists in account with different properties", name.text(),
        known->arn);
  }
  if (request.parent) {
    const auto parent = thing_groups_.find(*request.parent);
    if (!parent) return does_not_exist(*request.parent);
    if (parent->dynamic) return is_a_dynamic_group(parent->name, "it cannot have child groups");
    if (auto checked = check_place(name, *parent); !checked) return checked.error();
    record->ancestors = parent->ancestors;
    record->ancestors.push_back(parent->name);
  }
  record->id = random_.uuid();
  record->created_at = clock_.now();
  const ThingGroupPtr done{std::move(record)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  thing_groups_.put(done);
  if (request.parent) child_groups_.put(*request.parent, name, Ok{});
  tell_group(EventOperation::created, done);
  tell_place(true, done);
  return done;
}

Result<ThingGroupPtr> Registry::thing_group(const ThingGroupName& name) const {
  auto found = thing_groups_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<std::shared_ptr<ThingGroupRecord>> Registry::changed_thing_group(
    const ThingGroupRecord& old, const UpdateThingGroup& request) const {
  if (auto checked = check_version(old, request.expected_version); !checked) return checked.error();
  auto next = std::make_shared<ThingGroupRecord>(old);
  if (request.description) next->properties.description = *request.description;
  if (request.attributes) {
    if (!request.merge) next->properties.attributes.clear();
    put_attributes(next->properties.attributes, *request.attributes);
  }
  if (auto checked = check_group_attributes(next->properties.attributes); !checked) return checked.error();
  ++next->version;
  return next;
}

Result<std::int64_t> Registry::update_thing_group(const ThingGroupName& name,
                                                  const UpdateThingGroup& request) {
  if (request.attributes) {
    if (auto checked = check_attribute_form(*request.attributes); !checked) return checked.error();
  }
  const Writing write{write_mutex_};
  const auto old = thing_groups_.find(name);
  if (!old) return does_not_exist(name);
  if (old->dynamic) return is_a_dynamic_group(name, "use UpdateDynamicThingGroup");
  auto next = changed_thing_group(*old, request);
  if (!next) return next.error();
  const ThingGroupPtr done{std::move(*next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  thing_groups_.put(done);
  tell_group(EventOperation::updated, done);
  return done->version;
}

Status Registry::delete_thing_group(const ThingGroupName& name,
                                    std::optional<std::int64_t> expected_version) {
  std::vector<ThingName> left;
  {
    const Writing write{write_mutex_};
    const auto old = thing_groups_.find(name);
    if (!old) return Ok{};
    if (old->dynamic) return is_a_dynamic_group(name, "use DeleteDynamicThingGroup");
    auto erased = erase_thing_group(old, expected_version);
    if (!erased) return erased.error();
    left = std::move(*erased);
  }
  return follow_in_chunks(left);
}

Result<std::vector<ThingName>> Registry::erase_thing_group(const ThingGroupPtr& old,
                                                           std::optional<std::int64_t> expected_version) {
  const ThingGroupName& name = old->name;
  if (auto checked = check_version(*old, expected_version); !checked) return checked.error();
  if (child_groups_.count_of_left(name) > 0) {
    return invalid("Cannot delete thing group : " + name.text() +
                   " when there are still child groups attached to it");
  }
  const PolicyTarget target{realm_, name};
  const auto policies = policy_links_.of_left(target);
  const auto things = group_links_.of_right(name);
  std::vector<Change> changes;
  for (const auto& [policy, unused] : policies) {
    changes.emplace_back(PolicyAttachment{.policy = policy, .target = target.text(), .attached = false});
  }
  for (const auto& [thing, unused] : things) {
    changes.emplace_back(GroupMembership{.thing = thing, .group = name, .member = false});
  }
  changes.emplace_back(Erased{.kind = RecordKind::thing_group, .key = name.text()});
  if (auto saved = store_.write(changes); !saved) return saved.error();
  for (const auto& [policy, unused] : policies) policy_links_.erase(target, policy);
  std::vector<ThingName> left;
  left.reserve(things.size());
  for (const auto& [thing, unused] : things) {
    leave(things_.find(thing), name);
    left.push_back(thing);
  }
  if (const auto parent = old->parent()) child_groups_.erase(*parent, name);
  thing_groups_.erase(name);
  tell_place(false, old);
  tell_group(EventOperation::deleted, old);
  std::erase(dynamic_groups_, name);
  verdicts_changed();
  return left;
}

Result<Page<ThingGroupPtr>> Registry::list_thing_groups(const PageRequest& page,
                                                        const ThingGroupFilter& filter) const {
  if (filter.parent && !thing_groups_.find(*filter.parent)) return does_not_exist(*filter.parent);
  return thing_groups_.page(page, [&](const ThingGroupRecord& group) {
    return group.name.text().starts_with(filter.name_prefix) && is_below(group, filter);
  });
}

}  // namespace iotemu::registry
