#pragma once

// Which events the service publishes (LE-10). Immutable once stored.

#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "base/clock.h"

namespace iotemu::registry {

enum class EventType {
  thing,
  thing_group,
  thing_type,
  thing_group_membership,
  thing_group_hierarchy,
  thing_type_association,
  job,
  job_execution,
  policy,
  certificate,
  ca_certificate
};
inline constexpr std::array kEventTypes{EventType::thing,
                                        EventType::thing_group,
                                        EventType::thing_type,
                                        EventType::thing_group_membership,
                                        EventType::thing_group_hierarchy,
                                        EventType::thing_type_association,
                                        EventType::job,
                                        EventType::job_execution,
                                        EventType::policy,
                                        EventType::certificate,
                                        EventType::ca_certificate};
/// `THING`, `CA_CERTIFICATE`, …
[[nodiscard]] std::string_view to_text(EventType type);
[[nodiscard]] std::optional<EventType> parse_event_type(std::string_view text);

struct EventConfigurationRecord {
  std::set<EventType> enabled{};
  Time created_at{};
  Time changed_at{};
};

}  // namespace iotemu::registry
