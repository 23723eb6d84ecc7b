// Which events are published (P8.9, LE-10).

#include "registry/event_configurations.h"

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

using registry::EventType;

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
  return empty_answer(call.registry.event_configurations().update(switches));
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
