// Which thing is in which group (P8.4).

#include <algorithm>
#include <map>

#include "registry/errors.h"
#include "registry/merged_page.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

bool any(Ok /*link*/) {
  return true;
}

}  // namespace

Status Registry::check_memberships(const ThingName& thing, const std::set<ThingGroupName>& groups) const {
  std::map<ThingGroupName, ThingGroupName> group_of_root;
  for (const auto& name : groups) {
    const auto group = thing_groups_.find(name);
    if (!group) return does_not_exist(name);
    const auto [other, is_first] = group_of_root.emplace(group->root(), name);
    if (is_first) continue;
    return invalid("Thing " + thing.text() +
                   " cannot be in two groups of one hierarchy: " + other->second.text() + " and " +
                   name.text() + " both are of that of " + group->root().text());
  }
  if (groups.size() > options_.groups_per_thing) {
    const bool any_dynamic = std::any_of(groups.begin(), groups.end(),
                                         [&](const ThingGroupName& group) { return is_dynamic(group); });
    return invalid(
        "A thing is in at most " + std::to_string(options_.groups_per_thing) +
        " thing groups: " + thing.text() + " would be in " + std::to_string(groups.size()) +
        (any_dynamic ? ", dynamic ones among them, which overrideDynamicGroups lets it leave" : ""));
  }
  return Ok{};
}

std::set<ThingGroupName> Registry::groups_above(const ThingName& thing) const {
  std::set<ThingGroupName> groups;
  for (const auto& [name, unused] : group_links_.of_left(thing)) {
    const auto group = thing_groups_.find(name);
    if (!group) continue;
    groups.insert(name);
    groups.insert(group->ancestors.begin(), group->ancestors.end());
  }
  return groups;
}

std::vector<ThingGroupName> Registry::subtree(const ThingGroupName& group) const {
  std::vector<ThingGroupName> groups{group};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto& [child, unused] : child_groups_.of_left(groups[i])) groups.push_back(child);
  }
  return groups;
}

bool Registry::is_dynamic(const ThingGroupName& name) const {
  const auto group = thing_groups_.find(name);
  return group && group->dynamic;
}

void Registry::join(const ThingPtr& thing, const ThingGroupName& group) {
  group_links_.put(thing->name, group, Ok{});
  tell_membership(true, thing, group);
}

void Registry::leave(const ThingPtr& thing, const ThingGroupName& group) {
  group_links_.erase(thing->name, group);
  tell_membership(false, thing, group);
}

Status Registry::change_memberships(const ThingName& thing, const std::set<ThingGroupName>& add,
                                    const std::set<ThingGroupName>& remove, DynamicGroups dynamic) {
  for (const auto& group : remove) {
    if (add.contains(group)) {
      return invalid("Thing " + thing.text() + " cannot be added to thing group " + group.text() +
                     " and removed from it at once");
    }
  }
  const Writing write{write_mutex_};
  const auto record = things_.find(thing);
  if (!record) return does_not_exist(thing);
  std::set<ThingGroupName> after;
  for (const auto& [group, unused] : group_links_.of_left(thing)) after.insert(group);

  std::vector<ThingGroupName> left;
  std::vector<ThingGroupName> joined;
  for (const auto& group : remove) {
    if (!thing_groups_.find(group)) return does_not_exist(group);
    if (is_dynamic(group)) return follows_its_query(group);
    if (after.erase(group) > 0) left.push_back(group);
  }
  for (const auto& group : add) {
    if (is_dynamic(group)) return follows_its_query(group);
    if (after.insert(group).second) joined.push_back(group);
  }
  if (left.empty() && joined.empty()) return Ok{};
  // The youngest dynamic groups make room (P8.4).
  for (auto group = dynamic_groups_.rbegin(); group != dynamic_groups_.rend(); ++group) {
    if (dynamic == DynamicGroups::keep || after.size() <= options_.groups_per_thing) break;
    if (after.erase(*group) > 0) left.push_back(*group);
  }
  if (auto checked = check_memberships(thing, after); !checked) return checked;
  std::vector<Change> changes;
  for (const auto& group : left)
    changes.emplace_back(GroupMembership{.thing = thing, .group = group, .member = false});
  for (const auto& group : joined)
    changes.emplace_back(GroupMembership{.thing = thing, .group = group, .member = true});
  if (auto saved = store_.write(changes); !saved) return saved;
  for (const auto& group : left) leave(record, group);
  for (const auto& group : joined) join(record, group);
  if (thing_links_.count_of_right(thing) > 0) verdicts_changed();
  return follow_queries(thing);
}

Result<Page<ThingGroupName>> Registry::groups_of_thing(const ThingName& thing,
                                                       const PageRequest& page) const {
  if (!things_.find(thing)) return does_not_exist(thing);
  MergedPage<ThingGroupName> groups{page};
  if (auto added = groups.add(group_links_.page_of_left(thing, page, any)); !added) return added.error();
  return std::move(groups).take();
}

Result<Page<ThingName>> Registry::things_in_group(const ThingGroupName& group, const PageRequest& page,
                                                  bool recursive) const {
  if (!thing_groups_.find(group)) return does_not_exist(group);
  MergedPage<ThingName> things{page};
  for (const auto& name : recursive ? subtree(group) : std::vector<ThingGroupName>{group}) {
    if (auto added = things.add(group_links_.page_of_right(name, page, any)); !added) return added.error();
  }
  return std::move(things).take();
}

}  // namespace iotemu::registry
