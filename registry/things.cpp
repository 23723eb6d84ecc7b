// Things (P8.1).

#include <algorithm>

#include "registry/attributes.h"
#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

Status check_version(const ThingRecord& thing, std::optional<std::int64_t> expected) {
  if (!expected || *expected == thing.version) return Ok{};
  return Error{Errc::version_conflict,
               "The version for thing " + thing.name.text() + " does not match the expected version."};
}

/// Reading a thing costs about as much as reading so many entries of an index.
constexpr std::size_t kEntriesOfAThing = 8;

/// As far as attributes tell.
bool matches(const ThingRecord& thing, const ThingFilter& filter) {
  const auto found = thing.attributes.find(filter.attribute_name);
  if (found == thing.attributes.end()) return false;
  if (filter.attribute_value.empty()) return true;
  return filter.value_is_prefix ? found->second.starts_with(filter.attribute_value)
                                : found->second == filter.attribute_value;
}

}  // namespace

Status Registry::check_attributes(const ThingRecord& thing) const {
  const auto limit = thing.type ? options_.attributes_with_type : options_.attributes_without_type;
  if (thing.attributes.size() > limit) {
    return invalid("A thing " + std::string{thing.type ? "with" : "without"} + " a thing type has at most " +
                   std::to_string(limit) + " attributes, " + std::to_string(thing.attributes.size()) +
                   " are given for " + thing.name.text());
  }
  std::size_t bytes = 0;
  for (const auto& [name, value] : thing.attributes) bytes += name.size() + value.size();
  if (bytes > options_.attribute_bytes) {
    return invalid("The attributes of thing " + thing.name.text() + " have " + std::to_string(bytes) +
                   " bytes, more than " + std::to_string(options_.attribute_bytes));
  }
  return Ok{};
}

Status Registry::check_type_for_new_use(const ThingTypeName& type) const {
  const auto found = thing_types_.find(type);
  if (!found) return does_not_exist(type);
  if (!found->deprecated_at) return Ok{};
  // The service's own spelling.
  return invalid("Can not create new thing with depreated thing type:" + type.text());
}

void Registry::show_thing(const ThingRecord* old, const ThingPtr& next) {
  if (old != nullptr && old->type && old->type != next->type) things_by_type_.erase(*old->type, *old);
  if (next->type) things_by_type_.put(*next->type, old, next);
  things_by_attribute_.put(old, next);
  if (old != nullptr && old->billing_group) billing_links_.erase(*old->billing_group, old->name);
  if (next->billing_group) billing_links_.put(*next->billing_group, next->name, Ok{});
  things_.put(next);
  index_.show(next);
  // A change of the billing group alone is no new version, and no event.
  if (old == nullptr) tell_thing(EventOperation::created, next);
  if (old != nullptr && old->version != next->version) tell_thing(EventOperation::updated, next);
  const auto type = old != nullptr ? old->type : std::nullopt;
  if (type == next->type) return;
  if (type) tell_type_of_thing(false, next, *type);
  if (next->type) tell_type_of_thing(true, next, *next->type);
}

void Registry::hide_thing(const ThingPtr& old) {
  if (old->type) things_by_type_.erase(*old->type, *old);
  things_by_attribute_.erase(*old);
  if (old->billing_group) billing_links_.erase(*old->billing_group, old->name);
  index_.hide(*old);
  things_.erase(old->name);
  if (old->type) tell_type_of_thing(false, old, *old->type);
  tell_thing(EventOperation::deleted, old);
}

Result<std::shared_ptr<ThingRecord>> Registry::new_thing(const ThingName& name,
                                                         const CreateThing& request) const {
  if (auto checked = check_attribute_form(request.attributes); !checked) return checked.error();
  auto record = std::make_shared<ThingRecord>();
  record->name = name;
  record->arn = thing_arn(realm_, name);
  record->type = request.type;
  record->billing_group = request.billing_group;
  put_attributes(record->attributes, request.attributes);
  if (auto checked = check_attributes(*record); !checked) return checked.error();
  return record;
}

Status Registry::complete(ThingRecord& thing) const {
  if (thing.type) {
    if (auto checked = check_type_for_new_use(*thing.type); !checked) return checked;
  }
  if (thing.billing_group && !billing_groups_.find(*thing.billing_group)) {
    return does_not_exist(*thing.billing_group);
  }
  thing.id = random_.uuid();
  thing.created_at = clock_.now();
  return Ok{};
}

Result<ThingPtr> Registry::create_thing(const ThingName& name, const CreateThing& request) {
  auto made = new_thing(name, request);
  if (!made) return made.error();
  const auto record = std::move(*made);

  const Writing write{write_mutex_};
  if (const auto known = things_.find(name)) {
    const bool same = known->type == record->type && known->attributes == record->attributes &&
                      known->billing_group == record->billing_group;
    if (same) return known;
    return already_exists("Thing " + name.text() + " already exists in account with different properties",
                          name.text(), known->arn);
  }
  if (auto completed = complete(*record); !completed) return completed.error();
  const ThingPtr done{record};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  show_thing(nullptr, done);
  if (auto followed = follow_queries(name); !followed) return followed.error();
  return done;
}

Result<ThingPtr> Registry::thing(const ThingName& name) const {
  auto found = things_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Status Registry::update_thing(const ThingName& name, const UpdateThing& request) {
  if (request.type && request.remove_type) {
    return invalid("removeThingType and thingTypeName exclude each other");
  }
  if (request.attributes) {
    if (auto checked = check_attribute_form(*request.attributes); !checked) return checked;
  }
  const Writing write{write_mutex_};
  const auto old = things_.find(name);
  if (!old) return does_not_exist(name);
  if (auto checked = check_version(*old, request.expected_version); !checked) return checked;
  if (request.type && request.type != old->type) {
    if (auto checked = check_type_for_new_use(*request.type); !checked) return checked;
  }
  auto next = std::make_shared<ThingRecord>(*old);
  if (request.type) next->type = request.type;
  if (request.remove_type) next->type.reset();
  if (request.attributes) {
    if (!request.merge) next->attributes.clear();
    put_attributes(next->attributes, *request.attributes);
  }
  if (auto checked = check_attributes(*next); !checked) return checked;
  ++next->version;
  const ThingPtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  show_thing(old.get(), done);
  if (thing_links_.count_of_right(name) > 0) verdicts_changed();
  return follow_queries(name);
}

Status Registry::delete_thing(const ThingName& name, std::optional<std::int64_t> expected_version) {
  const Writing write{write_mutex_};
  const auto old = things_.find(name);
  if (!old) {
    if (options_.delete_missing_thing_succeeds) return Ok{};
    return does_not_exist(name);
  }
  if (auto checked = check_version(*old, expected_version); !checked) return checked;
  if (thing_links_.count_of_right(name) > 0) {
    return invalid("Cannot delete. Thing " + name.text() + " is still attached to one or more principals");
  }
  const auto groups = group_links_.of_left(name);
  std::vector<Change> changes;
  changes.reserve(groups.size() + 1);
  for (const auto& [group, unused] : groups) {
    changes.emplace_back(GroupMembership{.thing = name, .group = group, .member = false});
  }
  changes.emplace_back(Erased{.kind = RecordKind::thing, .key = name.text()});
  if (auto saved = store_.write(changes); !saved) return saved;
  for (const auto& [group, unused] : groups) leave(old, group);
  hide_thing(old);
  return Ok{};
}

std::optional<Result<Page<ThingPtr>>> Registry::walk_things(const PageRequest& page,
                                                            const ThingFilter& filter,
                                                            std::size_t most) const {
  std::size_t seen = 0;
  bool given_up = false;
  auto walked = walk_page<ThingPtr>(
      page,
      [&](const SortKey* from, std::size_t count) {
        given_up = seen >= most;
        if (given_up) return std::vector<ThingPtr>{};
        auto things = filter.type ? things_by_type_.after(*filter.type, from, page.ascending, count)
                                  : things_.after(from, page.ascending, count);
        seen += things.size();
        return things;
      },
      [&](const ThingRecord& thing) { return matches(thing, filter); });
  if (given_up) return {};
  return walked;
}

Result<Page<ThingPtr>> Registry::list_things(const PageRequest& page, const ThingFilter& filter) const {
  if (filter.attribute_name.empty()) {
    if (!filter.attribute_value.empty()) return invalid("attributeValue needs an attributeName");
    return filter.type ? things_by_type_.page(*filter.type, page) : things_.page(page);
  }
  // Two ways lead to the page: the order of creation, passing by the things that do not match, and the index,
  // which with several values must be read whole. The first is short where many match, the second where few
  // do; so the first is tried for as long as the second would take.
  const auto found = things_by_attribute_.count(filter);
  std::size_t most = found / kEntriesOfAThing;
  if (filter.wants_one_value()) most = filter.type ? things_by_type_.size(*filter.type) : found;
  if (most < found) {
    if (auto walked = walk_things(page, filter, most)) return std::move(*walked);
  }
  return walk_page<ThingPtr>(
      page,
      [&](const SortKey* from, std::size_t count) {
        return things_by_attribute_.after(filter, from, page.ascending, count);
      },
      [](const ThingRecord&) { return true; });
}

}  // namespace iotemu::registry
