#include "registry/index/fleet_index.h"

#include <algorithm>
#include <utility>

#include "registry/errors.h"

namespace iotemu::registry::index {
namespace {

constexpr std::string_view kAttributes = "attributes.";
constexpr std::size_t kChunk = 256;
/// FI-1, quotas.
constexpr std::size_t kCustomFields = 5;

/// Each takes `visit(value)`, which says yes to stop, and answers whether it did.
template <class Visit>
bool visit_attributes(const Attributes& attributes, std::string_view field, Visit visit) {
  if (field.empty()) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](const auto& attribute) { return visit(attribute.second); });
  }
  if (!field.starts_with(kAttributes)) return false;
  const auto found = attributes.find(std::string{field.substr(kAttributes.size())});
  return found != attributes.end() && visit(found->second);
}

/// One field by its name, or as one of all.
template <class Visit>
bool visit_one(std::string_view asked, std::string_view name, std::string_view value, Visit visit) {
  return (asked.empty() || asked == name) && visit(value);
}

/// A document that `Self` describes by one walk: `visit_values(field, visit)` calls `visit` with each value
/// of the field, of all fields for an empty one, until it says yes, and answers whether it did.
template <class Self>
class Visited : public Document {
 public:
  [[nodiscard]] bool any_value(std::string_view field, const ValueTest& test) const override {
    return self().visit_values(field, [&](std::string_view value) { return test.matches(value); });
  }
  [[nodiscard]] std::vector<std::string> values(std::string_view field) const override {
    std::vector<std::string> all;
    self().visit_values(field, [&](std::string_view value) {
      all.emplace_back(value);
      return false;
    });
    return all;
  }

 private:
  [[nodiscard]] const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace

class FleetIndex::ThingDocument final : public Visited<ThingDocument> {
 public:
  ThingDocument(const FleetIndex& index, const ThingRecord& thing, bool connectivity, bool static_groups_only)
      : index_{index}, thing_{thing}, connectivity_{connectivity}, static_groups_only_{static_groups_only} {}

 private:
  friend Visited;

  template <class Visit>
  bool visit_values(std::string_view field, Visit visit) const {
    return visit_one(field, "thingName", thing_.name.text(), visit) ||
           visit_one(field, "thingId", thing_.id, visit) || visit_type(field, visit) ||
           visit_one(field, "registry.version", std::to_string(thing_.version), visit) ||
           visit_attributes(thing_.attributes, field, visit) || visit_groups(field, visit) ||
           (connectivity_ && visit_connectivity(field, visit));
  }

  template <class Visit>
  bool visit_type(std::string_view field, Visit visit) const {
    if (!thing_.type || !(field.empty() || field == "thingTypeName" || field == "registry.thingTypeName"))
      return false;
    return visit(thing_.type->text());
  }

  template <class Visit>
  bool visit_groups(std::string_view field, Visit visit) const {
    if (!field.empty() && field != "thingGroupNames" && field != "registry.thingGroupNames") return false;
    const auto groups = index_.memberships_.of_left(thing_.name);
    return std::any_of(groups.begin(), groups.end(), [&](const auto& link) {
      if (static_groups_only_) {
        const auto group = index_.groups_.find(link.first);
        if (!group || group->dynamic) return false;
      }
      return visit(link.first.text());
    });
  }

  template <class Visit>
  bool visit_connectivity(std::string_view field, Visit visit) const {
    if (!field.empty() && !field.starts_with("connectivity.")) return false;
    const auto state = index_.connectivity_.of(thing_.name);
    return visit_one(field, "connectivity.connected", state.connected ? "true" : "false", visit) ||
           (state.since &&
            visit_one(field, "connectivity.timestamp", std::to_string(epoch_ms(*state.since)), visit)) ||
           visit_one(field, "connectivity.disconnectReason", state.disconnect_reason, visit);
  }

  const FleetIndex& index_;
  const ThingRecord& thing_;
  bool connectivity_;
  bool static_groups_only_;
};

class FleetIndex::GroupDocument final : public Visited<GroupDocument> {
 public:
  explicit GroupDocument(const ThingGroupRecord& group) : group_{group} {}

 private:
  friend Visited;

  template <class Visit>
  bool visit_values(std::string_view field, Visit visit) const {
    return visit_one(field, "thingGroupName", group_.name.text(), visit) ||
           visit_one(field, "thingGroupId", group_.id, visit) ||
           (!group_.properties.description.empty() &&
            visit_one(field, "thingGroupDescription", group_.properties.description, visit)) ||
           visit_attributes(group_.properties.attributes, field, visit) ||
           std::any_of(group_.ancestors.begin(), group_.ancestors.end(), [&](const ThingGroupName& name) {
             return visit_one(field, "parentGroupNames", name.text(), visit);
           });
  }

  const ThingGroupRecord& group_;
};

IndexingConfiguration FleetIndex::configuration() const {
  const std::lock_guard lock{mutex_};
  return configuration_;
}

void FleetIndex::configure(IndexingConfiguration configuration) {
  const std::lock_guard lock{mutex_};
  configuration_ = std::move(configuration);
  indexes_connectivity_ = configuration_.things.connectivity;
}

Result<bool> FleetIndex::is_on(std::string_view index_name) const {
  const auto now = configuration();
  if (index_name == kThings) return now.things.on();
  if (index_name == kThingGroups) return now.thing_groups.on;
  return does_not_exist("Index " + std::string{index_name});
}

Result<std::shared_ptr<const Query>> FleetIndex::parse(std::string_view text, std::string_view index_name,
                                                       const QueryLimits& limits) const {
  const auto on = is_on(index_name);
  if (!on) return on.error();
  const bool things = index_name == kThings;
  if (!*on) {
    return Error{Errc::index_not_ready, "Index " + std::string{index_name} + " is off: set " +
                                            (things ? "thingIndexingMode" : "thingGroupIndexingMode") +
                                            " with UpdateIndexingConfiguration first"};
  }
  return Query::parse(text,
                      {.index = things ? Schema::Index::things : Schema::Index::thing_groups,
                       .connectivity = indexes_connectivity_},
                      limits);
}

Result<Page<FoundThing>> FleetIndex::search_things(const Query& query, const PageRequest& page) const {
  std::string last;
  if (!page.marker.empty()) {
    const auto from = from_marker(page.marker);
    if (!from) return from.error();
    last = from->name;
  }
  const bool connectivity = indexes_connectivity_;
  const auto prefix = query.required_prefix("thingName");
  Page<FoundThing> result;
  for (;;) {
    const auto chunk = things_.after(last, prefix, kChunk);
    for (const auto& thing : chunk) {
      if (!query.matches(ThingDocument{*this, *thing, connectivity, false})) continue;
      if (result.items.size() == page.size) {
        result.next_marker = to_marker({.name = result.items.back().thing->name.text()});
        return result;
      }
      FoundThing found{.thing = thing};
      for (const auto& [group, unused] : memberships_.of_left(thing->name)) found.groups.push_back(group);
      if (connectivity) found.connectivity = connectivity_.of(thing->name);
      result.items.push_back(std::move(found));
    }
    if (chunk.size() < kChunk) return result;
    last = chunk.back()->name.text();
  }
}

Result<Page<ThingGroupPtr>> FleetIndex::search_thing_groups(const Query& query,
                                                            const PageRequest& page) const {
  return groups_.page(page,
                      [&](const ThingGroupRecord& group) { return query.matches(GroupDocument{group}); });
}

std::int64_t FleetIndex::visit(const Query& query, std::string_view index_name,
                               const std::function<void(const Document&)>& show) const {
  std::int64_t matches = 0;
  const auto take = [&](const Document& document) {
    if (!query.matches(document)) return;
    ++matches;
    show(document);
  };
  if (index_name == kThingGroups) {
    // A page of none, for the walk alone.
    (void)groups_.page({}, [&](const ThingGroupRecord& group) {
      take(GroupDocument{group});
      return false;
    });
    return matches;
  }
  const auto prefix = query.required_prefix("thingName");
  std::string last;
  for (bool more = true; more;) {
    const auto chunk = things_.after(last, prefix, kChunk);
    for (const auto& thing : chunk) take(ThingDocument{*this, *thing, indexes_connectivity_, false});
    more = chunk.size() == kChunk;
    if (more) last = chunk.back()->name.text();
  }
  return matches;
}

Result<std::string> FleetIndex::type_of(std::string_view index_name, std::string_view field) const {
  const auto now = configuration();
  const bool groups = index_name == kThingGroups;
  auto fields = groups ? managed_fields(now.thing_groups) : managed_fields(now.things);
  const auto& custom = groups ? now.thing_groups.custom_fields : now.things.custom_fields;
  fields.insert(fields.end(), custom.begin(), custom.end());
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const IndexedField& known) { return known.name == field; });
  if (found != fields.end()) return found->type;
  return Error{Errc::invalid_aggregation,
               "'" + std::string{field} + "' is neither a managed nor a custom field of " +
                   std::string{index_name} + ": name it in customFields with UpdateIndexingConfiguration"};
}

Result<Connectivity> FleetIndex::connectivity_of(const ThingName& thing) const {
  if (indexes_connectivity_) return connectivity_.of(thing);
  return Error{Errc::index_not_ready,
               "Connectivity is not indexed: set thingConnectivityIndexingMode to STATUS with "
               "UpdateIndexingConfiguration first"};
}

bool FleetIndex::matches_for_membership(const Query& query, const ThingRecord& thing) const {
  return query.matches(ThingDocument{*this, thing, indexes_connectivity_, true});
}

void FleetIndex::hide(const ThingRecord& thing) {
  things_.erase(thing);
  connectivity_.forget(thing.name);
}

void FleetIndex::clear() {
  configure({});
  things_.clear();
  connectivity_.clear();
}

std::vector<IndexedField> managed_fields(const ThingIndexing& things) {
  if (!things.on()) return {};
  std::vector<IndexedField> fields{{"registry.thingGroupNames", "String"},
                                   {"registry.thingTypeName", "String"},
                                   {"registry.version", "Number"},
                                   {"thingGroupNames", "String"},
                                   {"thingId", "String"},
                                   {"thingName", "String"},
                                   {"thingTypeName", "String"}};
  if (things.connectivity) {
    fields.insert(fields.begin(), {{"connectivity.connected", "Boolean"},
                                   {"connectivity.disconnectReason", "String"},
                                   {"connectivity.timestamp", "Number"}});
  }
  return fields;
}

std::vector<IndexedField> managed_fields(const ThingGroupIndexing& groups) {
  if (!groups.on) return {};
  return {{"parentGroupNames", "String"},
          {"thingGroupDescription", "String"},
          {"thingGroupId", "String"},
          {"thingGroupName", "String"}};
}

Status check_configuration(const IndexingConfiguration& configuration) {
  const auto& things = configuration.things;
  if (!things.on() && (things.connectivity || things.device_defender || things.named_shadows)) {
    return invalid(
        "thingConnectivityIndexingMode, deviceDefenderIndexingMode and namedShadowIndexingMode need a "
        "thingIndexingMode that is not OFF");
  }
  for (const auto* fields : {&things.custom_fields, &configuration.thing_groups.custom_fields}) {
    if (fields->size() > kCustomFields) {
      return invalid("An index has at most " + std::to_string(kCustomFields) + " custom fields, " +
                     std::to_string(fields->size()) + " are given");
    }
    for (const auto& field : *fields) {
      const bool of_shadow = fields == &things.custom_fields && field.name.starts_with("shadow.");
      if (of_shadow || (field.name.starts_with(kAttributes) && field.name.size() > kAttributes.size()))
        continue;
      return invalid("A custom field is attributes.<name>" +
                     std::string{fields == &things.custom_fields ? " or a field of a shadow" : ""} +
                     ", not '" + field.name + "'");
    }
  }
  return Ok{};
}

}  // namespace iotemu::registry::index
