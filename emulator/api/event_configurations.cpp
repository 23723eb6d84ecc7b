// Which events are published (P8.9, LE-10).

#include "registry/event_configurations.h"

#include <mutex>

#include "base/log.h"
#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

using registry::EventType;

bool is_published(EventType type) {
  switch (type) {
    case EventType::thing:
    case EventType::thing_group:
    case EventType::thing_type:
    case EventType::thing_group_membership:
    case EventType::thing_group_hierarchy:
    case EventType::thing_type_association:
      return true;
    case EventType::job:
    case EventType::job_execution:
    case EventType::policy:
    case EventType::certificate:
    case EventType::ca_certificate:
      return false;
  }
  return false;
}

void tell_what_does_not_act(const std::map<EventType, bool>& switches) {
  static std::once_flag told;
  for (const auto& [type, enabled] : switches) {
    if (!enabled || is_published(type)) continue;
    std::call_once(told, [] {
      log::warn(
          "The event types JOB, JOB_EXECUTION, POLICY, CERTIFICATE and CA_CERTIFICATE are kept and answered, "
          "but no such event is published");
    });
  }
}

Result<Json> describe_event_configurations(Call& call) {
  const auto record = call.registry.event_configurations().get();
  auto configurations = Json::object();
  for (const auto type : registry::kEventTypes) {
    configurations[std::string{to_text(type)}] = {{"Enabled", record && record->enabled.contains(type)}};
  }
  Json answer{{"eventConfigurations", std::move(configurations)}};
  if (record) {
    answer["creationDate"] = epoch_seconds(record->created_at);
    answer["lastModifiedDate"] = epoch_seconds(record->changed_at);
  }
  return answer;
}

Result<Json> update_event_configurations(Call& call) {
  std::map<EventType, bool> switches;
  if (const auto given = call.input.find("eventConfigurations"); given != call.input.end()) {
    for (const auto& [name, value] : given->items()) {
      switches[*registry::parse_event_type(name)] = value.value("Enabled", false);
    }
  }
  const auto updated = call.registry.event_configurations().update(switches);
  if (updated) tell_what_does_not_act(switches);
  return empty_answer(updated);
}

std::span<const std::string_view> event_types() {
  static const auto words = [] {
    std::vector<std::string_view> all;
    for (const auto type : registry::kEventTypes) all.push_back(to_text(type));
    return all;
  }();
  return words;
}

}  // namespace

const OperationTable& event_configuration_operations() {
  static const OperationTable table{
      {.name = "DescribeEventConfigurations",
       .verb = Verb::get,
       .path = "/event-configurations",
       .output = {"eventConfigurations", "creationDate", "lastModifiedDate"},
       .run = describe_event_configurations},
      {.name = "UpdateEventConfigurations",
       .verb = Verb::patch,
       .path = "/event-configurations",
       .input = {body("eventConfigurations")
                     .map_of(body("key").one_of(event_types()),
                             body("value").structure({body("Enabled").boolean()}))},
       .run = update_event_configurations},
  };
  return table;
}

}  // namespace iotemu::api
