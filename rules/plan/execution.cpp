#include "rules/plan/execution.h"

#include <utility>

#include "base/base64.h"

namespace iotemu::rules::plan {

Result<std::optional<Outcome>> Execution::run() {
  auto selected = evaluation_.run();
  if (!selected) return selected.error();
  if (!*selected) return std::optional<Outcome>{};
  Outcome outcome{.selected = std::move(**selected)};
  outcome.actions.reserve(rule_.actions().size());
  for (const auto& action : rule_.actions()) {
    outcome.actions.push_back({&action, outcome.actions.size(), action.resolve(evaluation_)});
  }
  return std::optional{std::move(outcome)};
}

std::string error_document(std::string_view rule, const Message& message, std::string_view trace_id,
                           const std::vector<ActionFailure>& failures) {
  // In the order that the documentation shows. Where the message came from is told of batches only (RU-32).
  nlohmann::ordered_json document{{"ruleName", rule},
                                  {"topic", message.topic},
                                  {"cloudwatchTraceId", trace_id},
                                  {"clientId", message.client_id.empty() ? kNoClient : message.client_id},
                                  {"base64OriginalPayload", to_base64(message.payload)},
                                  {"failures", nlohmann::ordered_json::array()}};
  for (const auto& failure : failures) {
    document["failures"].push_back({{"failedAction", failure.failed_action},
                                    {"failedResource", failure.failed_resource},
                                    {"errorMessage", failure.message}});
  }
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace iotemu::rules::plan
