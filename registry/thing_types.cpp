// Thing types (P8.2).

#include <algorithm>

#include "registry/attributes.h"
#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kMaxDescription = 2028;
constexpr std::size_t kMaxPropagatingAttributes = 20;

/// M5-23.
Status check_propagation(const std::vector<PropagatingAttribute>& attributes) {
  if (attributes.size() > kMaxPropagatingAttributes) {
    return invalid("A thing type has at most " + std::to_string(kMaxPropagatingAttributes) +
                   " propagating attributes");
  }
  for (const auto& attribute : attributes) {
    if (attribute.user_property_key.empty()) {
      return invalid("A propagating attribute needs a userPropertyKey");
    }
    if (attribute.thing_attribute.empty() == attribute.connection_attribute.empty()) {
      return invalid("The propagating attribute " + attribute.user_property_key +
                     " needs either a thingAttribute or a connectionAttribute");
    }
  }
  return Ok{};
}

Status check_properties(const ThingTypeProperties& properties, std::size_t searchable_limit) {
  if (properties.description.size() > kMaxDescription) {
    return invalid("The description of a thing type has at most 2028 characters");
  }
  const bool printable =
      std::all_of(properties.description.begin(), properties.description.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (!printable) return invalid("The description of a thing type has printable characters only");
  if (properties.searchable_attributes.size() > searchable_limit) {
    return invalid("A thing type has at most " + std::to_string(searchable_limit) + " searchable attributes");
  }
  for (const auto& name : properties.searchable_attributes) {
    if (auto checked = check_attribute_name(name); !checked) return checked;
  }
  return check_propagation(properties.propagating_attributes);
}

}  // namespace

Result<ThingTypePtr> Registry::create_thing_type(const ThingTypeName& name,
                                                 const ThingTypeProperties& properties, const Tags& tags) {
  if (auto checked = check_properties(properties, options_.searchable_attributes); !checked) {
    return checked.error();
  }
  if (auto checked = check_tags(tags, options_.tags_per_resource); !checked) return checked.error();
  const Writing write{write_mutex_};
  if (auto known = thing_types_.find(name)) {
    if (known->properties == properties) return known;
    return already_exists(
        "Thing type " + name.text() + " already exists in account with different properties", name.text(),
        known->arn);
  }
  auto record = std::make_shared<ThingTypeRecord>();
  record->name = name;
  record->id = random_.uuid();
  record->arn = thing_type_arn(realm_, name);
  record->properties = properties;
  record->created_at = clock_.now();
  record->tags = tags;
  const ThingTypePtr done{std::move(record)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
  thing_types_.put(done);
  tell_type(EventOperation::created, done);
  return done;
}

Result<ThingTypePtr> Registry::thing_type(const ThingTypeName& name) const {
  auto found = thing_types_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Status Registry::update_thing_type(const ThingTypeName& name, const UpdateThingType& request) {
  const Writing write{write_mutex_};
  const auto old = thing_types_.find(name);
  if (!old) return does_not_exist(name);
  const auto changes = [](const auto& wanted, const auto& value) { return wanted && *wanted != value; };
  if (changes(request.description, old->properties.description) ||
      changes(request.searchable_attributes, old->properties.searchable_attributes)) {
    return invalid("The description and the searchable attributes of thing type " + name.text() +
                   " cannot be changed; its mqtt5Configuration can");
  }
  if (!request.propagating_attributes) return Ok{};
  if (auto checked = check_propagation(*request.propagating_attributes); !checked) return checked;
  auto next = std::make_shared<ThingTypeRecord>(*old);
  next->properties.propagating_attributes = *request.propagating_attributes;
  const ThingTypePtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  thing_types_.put(done);
  tell_type(EventOperation::updated, done);
  return Ok{};
}

Status Registry::deprecate_thing_type(const ThingTypeName& name, bool undo) {
  const Writing write{write_mutex_};
  const auto old = thing_types_.find(name);
  if (!old) return does_not_exist(name);
  if (old->deprecated_at.has_value() != undo) return Ok{};
  auto next = std::make_shared<ThingTypeRecord>(*old);
  next->deprecated_at = undo ? std::nullopt : std::optional{clock_.now()};
  const ThingTypePtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  thing_types_.put(done);
  tell_type(EventOperation::updated, done);
  return Ok{};
}

Status Registry::delete_thing_type(const ThingTypeName& name) {
  const Writing write{write_mutex_};
  const auto old = thing_types_.find(name);
  if (!old) return does_not_exist(name);
  if (!old->deprecated_at) {
    return invalid("Can not delete the thing type: " + name.text() + ". It must be deprecated first");
  }
  if (clock_.now() - *old->deprecated_at < options_.thing_type_delete_grace) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.thing_type_delete_grace);
    return invalid("Can not delete the thing type: " + name.text() + ". Its deprecation must be at least " +
                   std::to_string(seconds.count()) + " seconds old");
  }
  if (const auto things = things_by_type_.size(name); things > 0) {
    return invalid("Can not delete the thing type: " + name.text() + ". " + std::to_string(things) +
                   " things are of this type");
  }
  const Change change{Erased{.kind = RecordKind::thing_type, .key = name.text()}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  thing_types_.erase(name);
  tell_type(EventOperation::deleted, old);
  return Ok{};
}

Result<Page<ThingTypePtr>> Registry::list_thing_types(const PageRequest& page,
                                                      const std::optional<ThingTypeName>& name) const {
  return thing_types_.page(page,
                           [&](const ThingTypeRecord& record) { return !name || record.name == *name; });
}

}  // namespace iotemu::registry
