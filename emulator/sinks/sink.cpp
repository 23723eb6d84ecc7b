#include "emulator/sinks/sink.h"

#include <utility>

#include "rules/plan/action_kinds.h"

namespace iotemu::sinks {

std::string resource_of(const rules::ActionRequest& request) {
  const auto* kind = rules::plan::find_action_kind(request.kind);
  if (kind == nullptr || kind->resource.empty()) return {};
  const Json::json_pointer pointer{"/" + std::string{kind->resource}};
  if (!request.parameters.contains(pointer)) return {};
  const auto& found = request.parameters.at(pointer);
  return found.is_string() ? found.get<std::string>() : to_text(found);
}

std::string failed_action_name(std::string_view kind) {
  const auto* known = rules::plan::find_action_kind(kind);
  return std::string{known == nullptr ? kind : known->failed_action};
}

Ended failed(const rules::ActionRequest& request, std::string why) {
  auto resource = resource_of(request);
  Ended ended{.outcome = ActionRecord::Outcome::failed, .target = resource, .reason = why};
  ended.failure = rules::ActionFailure{.failed_action = failed_action_name(request.kind),
                                       .failed_resource = std::move(resource),
                                       .message = std::move(why)};
  return ended;
}

}  // namespace iotemu::sinks
