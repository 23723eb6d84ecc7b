// Dynamic thing groups (FI-6, P8.4): their members are the things that a query finds.
//
// Every change of a thing, of its static groups or of its connection asks all queries about that one thing,
// under the writer lock. A new or changed query is asked about all things in chunks, so that a large fleet
// holds up nobody; until it is through, the group is BUILDING or REBUILDING, and what changes meanwhile is
// already followed. Likewise, the things of a deleted group are followed in chunks.

#include <algorithm>
#include <utility>

#include "registry/attributes.h"
#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kChunk = 256;
/// FI-3.
constexpr std::size_t kTerms = 5;

Error is_static(const ThingGroupName& name) {
  return invalid("Thing group " + name.text() + " is not dynamic: use the operations of static thing groups");
}

}  // namespace

Result<DynamicQuery> Registry::read_query(const std::string& text, const std::string& index_name,
                                          const std::string& version) const {
  if (version != index::kQueryVersion) {
    return invalid("queryVersion must be " + std::string{index::kQueryVersion} + ", not '" + version + "'");
  }
  const auto on = index_.is_on(index_name);
  if (!on) return on.error();
  if (index_name != index::kThings) {
    return invalid("A dynamic thing group follows index " + std::string{index::kThings} + ", not " +
                   index_name);
  }
  if (!*on) {
    return invalid("Dynamic thing groups need index " + index_name +
                   ": set thingIndexingMode with UpdateIndexingConfiguration first");
  }
  auto query = index_.parse(text, index_name, {.terms = kTerms});
  if (!query) return query.error();
  return DynamicQuery{.index_name = index_name, .version = version, .query = std::move(*query)};
}

Result<ThingGroupPtr> Registry::create_dynamic_thing_group(const ThingGroupName& name,
                                                           const CreateDynamicThingGroup& request) {
  auto made = new_thing_group(name, request.properties, request.tags);
  if (!made) return made.error();
  const auto record = std::move(*made);
  ThingGroupPtr created;
  {
    const Writing write{write_mutex_};
    auto query = read_query(request.query, request.index_name, request.query_version);
    if (!query) return query.error();
    record->dynamic = std::move(*query);
    if (const auto known = thing_groups_.find(name)) {
      const bool same = known->dynamic && known->dynamic->query->text() == request.query &&
                        known->properties == record->properties && same_tags(known->tags, record->tags);
      if (same) return known;
      return already_exists(
          "Thing group " + name.text() + " already exists in account with different properties", name.text(),
          known->arn);
    }
    if (dynamic_groups_.size() >= options_.dynamic_groups) {
      return Error{Errc::limit_exceeded, "There are " + std::to_string(options_.dynamic_groups) +
                                             " dynamic thing groups already, the most there can be"};
    }
    record->id = random_.uuid();
    record->created_at = clock_.now();
    if (auto saved = store_dynamic(*record); !saved) return saved.error();
    created = thing_groups_.find(name);
    tell_group(EventOperation::created, created);
  }
  if (auto built = build_dynamic_group(record); !built) return built.error();
  // Whatever the name means by now.
  return created;
}

Result<std::int64_t> Registry::update_dynamic_thing_group(const ThingGroupName& name,
                                                          const UpdateDynamicThingGroup& request) {
  if (request.group.attributes) {
    if (auto checked = check_attribute_form(*request.group.attributes); !checked) return checked.error();
  }
  std::shared_ptr<ThingGroupRecord> next;
  bool other_query = false;
  {
    const Writing write{write_mutex_};
    const auto old = thing_groups_.find(name);
    if (!old) return does_not_exist(name);
    if (!old->dynamic) return is_static(name);
    auto changed = changed_thing_group(*old, request.group);
    if (!changed) return changed.error();
    next = std::move(*changed);
    if (request.query || request.index_name || request.query_version) {
      const auto& now = *old->dynamic;
      auto query =
          read_query(request.query.value_or(now.query->text()), request.index_name.value_or(now.index_name),
                     request.query_version.value_or(now.version));
      if (!query) return query.error();
      other_query = query->query->text() != now.query->text();
      if (other_query) next->dynamic = std::move(*query);
      if (other_query) next->dynamic->status = DynamicQuery::Status::rebuilding;
    }
    if (auto saved = store_dynamic(*next); !saved) return saved.error();
    tell_group(EventOperation::updated, thing_groups_.find(name));
  }
  const auto version = next->version;
  if (other_query) {
    if (auto built = build_dynamic_group(next); !built) return built.error();
  }
  return version;
}

Status Registry::delete_dynamic_thing_group(const ThingGroupName& name,
                                            std::optional<std::int64_t> expected_version) {
  std::vector<ThingName> left;
  {
    const Writing write{write_mutex_};
    const auto old = thing_groups_.find(name);
    if (!old) return Ok{};
    if (!old->dynamic) return is_static(name);
    auto erased = erase_thing_group(old, expected_version);
    if (!erased) return erased.error();
    left = std::move(*erased);
  }
  return follow_in_chunks(left);
}

Status Registry::store_dynamic(const ThingGroupRecord& next) {
  const ThingGroupPtr done = std::make_shared<const ThingGroupRecord>(next);
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  if (!thing_groups_.find(done->name)) dynamic_groups_.push_back(done->name);
  thing_groups_.put(done);
  return Ok{};
}

Status Registry::build_dynamic_group(const std::shared_ptr<ThingGroupRecord>& group) {
  std::string last;
  for (bool more = true; more;) {
    const auto things = index_.things_after(last, kChunk);
    const Writing write{write_mutex_};
    const auto now = thing_groups_.find(group->name);
    // Somebody deleted it or gave it another query, and builds that.
    if (!now || !now->dynamic || now->dynamic->query != group->dynamic->query) return Ok{};
    for (const auto& thing : things) {
      if (auto done = follow_queries(thing->name, {&now->name, 1}); !done) return done;
    }
    more = things.size() == kChunk;
    if (more) {
      last = things.back()->name.text();
      continue;
    }
    auto ready = std::make_shared<ThingGroupRecord>(*now);
    ready->dynamic->status = DynamicQuery::Status::active;
    if (auto stored = store_dynamic(*ready); !stored) return stored;
  }
  return Ok{};
}

Status Registry::follow_in_chunks(std::span<const ThingName> things) {
  while (!things.empty()) {
    const auto chunk = things.first(std::min(things.size(), kChunk));
    const Writing write{write_mutex_};
    for (const auto& thing : chunk) {
      if (auto followed = follow_queries(thing); !followed) return followed;
    }
    things = things.subspan(chunk.size());
  }
  return Ok{};
}

Status Registry::follow_queries(const ThingName& name) {
  return dynamic_groups_.empty() ? Status{Ok{}} : follow_queries(name, dynamic_groups_);
}

Status Registry::follow_queries(const ThingName& name, std::span<const ThingGroupName> groups) {
  const auto thing = things_.find(name);
  if (!thing) return Ok{};
  std::vector<Change> changes;
  std::vector<ThingGroupName> left;
  std::vector<ThingGroupName> joins;
  for (const auto& group_name : groups) {
    const auto group = thing_groups_.find(group_name);
    const bool member = group_links_.find(name, group_name).has_value();
    const bool found = index_.matches_for_membership(*group->dynamic->query, *thing);
    if (member && !found) left.push_back(group_name);
    if (!member && found) joins.push_back(group_name);
  }
  // Whoever has no room left stays out, the oldest groups first in (P8.4).
  const auto room = options_.groups_per_thing -
                    std::min(options_.groups_per_thing, group_links_.count_of_left(name) - left.size());
  joins.resize(std::min(joins.size(), room));
  for (const auto& group : left)
    changes.emplace_back(GroupMembership{.thing = name, .group = group, .member = false});
  for (const auto& group : joins)
    changes.emplace_back(GroupMembership{.thing = name, .group = group, .member = true});
  if (changes.empty()) return Ok{};
  if (auto saved = store_.write(changes); !saved) return saved;
  for (const auto& group : left) leave(thing, group);
  for (const auto& group : joins) join(thing, group);
  return Ok{};
}

}  // namespace iotemu::registry
