// Which principal belongs to which thing (P8.3, P7.6).

#include "registry/errors.h"
#include "registry/registry.h"

namespace iotemu::registry {

/// P7.6: an exclusive attachment is the only one of its certificate and the only one of its thing.
Status Registry::check_exclusivity(const ThingName& thing, const Principal& principal,
                                   ThingPrincipalType type) const {
  const bool exclusive = type == ThingPrincipalType::exclusive;
  if (exclusive && !principal.is_certificate()) {
    return invalid("Only an X.509 certificate can be attached as EXCLUSIVE_THING: " + principal.text() +
                   " is none");
  }
  for (const auto& [other, other_type] : thing_links_.of_left(principal)) {
    if (!exclusive && other_type != ThingPrincipalType::exclusive) continue;
    return invalid("Principal " + principal.text() + " is attached to thing " + other.text() + " as " +
                   std::string{to_text(other_type)} + " and cannot be attached to thing " + thing.text() +
                   " as " + std::string{to_text(type)} + ": detach it first");
  }
  const bool thing_taken =
      thing_links_.any_of_right(thing, [&](const Principal&, ThingPrincipalType other_type) {
        return exclusive || other_type == ThingPrincipalType::exclusive;
      });
  if (thing_taken) {
    return invalid("Thing " + thing.text() + " has another principal, and one of the two is EXCLUSIVE_THING");
  }
  return Ok{};
}

Status Registry::attach_thing_principal(const ThingName& thing, std::string_view principal_text,
                                        ThingPrincipalType type) {
  const Writing write{write_mutex_};
  if (!things_.find(thing)) return does_not_exist(thing);
  const auto principal = existing_principal(principal_text);
  if (!principal) return principal.error();
  if (thing_links_.find(*principal, thing) == type) return Ok{};
  if (auto checked = check_settled(*principal); !checked) return checked;
  if (auto checked = check_exclusivity(thing, *principal, type); !checked) return checked;
  const Change change{
      ThingAttachment{.thing = thing, .principal = principal->text(), .type = type, .attached = true}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  thing_links_.put(*principal, thing, type);
  verdicts_changed();
  return Ok{};
}

Status Registry::detach_thing_principal(const ThingName& thing, std::string_view principal_text) {
  const Writing write{write_mutex_};
  if (!things_.find(thing)) return does_not_exist(thing);
  const auto principal = existing_principal(principal_text);
  if (!principal) return principal.error();
  const auto type = thing_links_.find(*principal, thing);
  if (!type) {
    return Error{Errc::not_found,
                 "Principal " + principal->text() + " is not attached to thing " + thing.text()};
  }
  const Change change{
      ThingAttachment{.thing = thing, .principal = principal->text(), .type = *type, .attached = false}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  thing_links_.erase(*principal, thing);
  verdicts_changed();
  return Ok{};
}

Result<Page<ThingPrincipal>> Registry::thing_principals(const ThingName& thing, const PageRequest& page,
                                                        std::optional<ThingPrincipalType> type) const {
  if (!things_.find(thing)) return does_not_exist(thing);
  const auto links = thing_links_.page_of_right(
      thing, page, [&](ThingPrincipalType value) { return !type || value == *type; });
  if (!links) return links.error();
  Page<ThingPrincipal> result{.next_marker = links->next_marker};
  for (const auto& [principal, value] : links->items) {
    result.items.push_back({.principal = principal.text(), .type = value});
  }
  return result;
}

Result<Page<PrincipalThing>> Registry::principal_things(std::string_view principal_text,
                                                        const PageRequest& page,
                                                        std::optional<ThingPrincipalType> type) const {
  const auto principal = existing_principal(principal_text);
  if (!principal) return principal.error();
  const auto links = thing_links_.page_of_left(
      *principal, page, [&](ThingPrincipalType value) { return !type || value == *type; });
  if (!links) return links.error();
  Page<PrincipalThing> result{.next_marker = links->next_marker};
  for (const auto& [thing, value] : links->items) result.items.push_back({.thing = thing, .type = value});
  return result;
}

}  // namespace iotemu::registry
