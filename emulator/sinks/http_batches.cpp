#include "emulator/sinks/http_batches.h"

#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

std::int64_t number_of(const Json& config, std::string_view name, std::int64_t otherwise) {
  const auto number = integer_in(text_of(config, name));
  return number ? *number : otherwise;
}

}  // namespace

BatchConfig batch_config_of(const rules::ActionRequest& action) {
  const auto found = action.parameters.find("batchConfig");
  BatchConfig config;
  if (found == action.parameters.end()) return config;
  config.open = std::chrono::milliseconds{number_of(*found, "maxBatchOpenMs", config.open.count())};
  config.messages = static_cast<std::size_t>(number_of(*found, "maxBatchSize", 10));
  config.bytes = static_cast<std::size_t>(number_of(*found, "maxBatchSizeBytes", 5120));
  config.across_topics = flag_of(*found, "batchAcrossTopics");
  return config;
}

std::string body_of(const Batch& batch) {
  std::string body;
  for (const auto& one : batch) body += (body.empty() ? "[" : ",") + one.request->payload;
  return body + "]";
}

std::string failure_document(const Batch& batch, bool across_topics, const std::string& resource,
                             const std::string& why) {
  // In the order that the documentation shows.
  using Ordered = nlohmann::ordered_json;
  auto payloads = Ordered::array();
  auto ids = Ordered::array();
  for (const auto& one : batch) {
    const auto& request = *one.request;
    const auto id = ids.size() + 1;
    ids.push_back(id);
    Ordered entry{{"id", id}};
    if (across_topics) entry["topic"] = request.topic;
    entry["cloudwatchTraceId"] = request.trace_id;
    entry["clientId"] = request.client_id.empty() ? "n/a" : request.client_id;
    entry["sourceIp"] = request.source_ip;
    entry["base64OriginalPayload"] =
        request.original_payload ? to_base64(*request.original_payload) : std::string{};
    payloads.push_back(std::move(entry));
  }
  const auto& last = *batch.back().request;
  Ordered document{{"ruleName", last.rule_name}};
  if (!across_topics) document["topic"] = last.topic;
  document["payloadsWithMetadata"] = std::move(payloads);
  // differs: what other actions of these messages have failed at has documents of its own (RU-29), where AWS
  // adds it to this list.
  document["failures"] = Ordered::array({{{"affectedIds", std::move(ids)},
                                          {"failedAction", failed_action_name(last.kind)},
                                          {"failedResource", resource},
                                          {"errorMessage", why}}});
  return document.dump(-1, ' ', false, Ordered::error_handler_t::replace);
}

void HttpBatches::add(Batched message, const BatchConfig& config) {
  const auto& request = *message.request;
  Key key{request.realm.account,
          request.realm.region,
          request.rule_name,
          request.is_error_action,
          text_of(request.parameters, "url"),
          config.across_topics ? "" : request.topic};
  const auto bytes = request.payload.size() + 1;  // the comma, or a bracket
  std::vector<Batch> full;
  std::uint64_t opened = 0;
  {
    const std::lock_guard lock{mutex_};
    auto found = open_.find(key);
    if (found != open_.end() && found->second.bytes + bytes > config.bytes) {
      full.push_back(std::move(found->second.messages));
      open_.erase(found);
      found = open_.end();
    }
    if (found == open_.end()) {
      opened = ++last_;
      found = open_.emplace(key, Open{.bytes = 1, .number = opened}).first;
    }
    auto& batch = found->second;
    batch.messages.push_back(std::move(message));
    batch.bytes += bytes;
    if (batch.messages.size() >= config.messages || batch.bytes >= config.bytes) {
      full.push_back(std::move(batch.messages));
      open_.erase(found);
      opened = 0;
    }
  }
  for (auto& batch : full) send_(std::move(batch));
  if (opened != 0) timers_.after(config.open, [this, key, opened] { close(key, opened); });
}

void HttpBatches::close(const Key& key, std::uint64_t number) {
  Batch batch;
  {
    const std::lock_guard lock{mutex_};
    const auto found = open_.find(key);
    // It was full before its time came; what is open now is another.
    if (found == open_.end() || found->second.number != number) return;
    batch = std::move(found->second.messages);
    open_.erase(found);
  }
  send_(std::move(batch));
}

void HttpBatches::reset() {
  std::map<Key, Open> forgotten;
  {
    const std::lock_guard lock{mutex_};
    forgotten.swap(open_);
  }
  for (const auto& [key, batch] : forgotten) {
    for (const auto& one : batch.messages) one.done({});
  }
}

}  // namespace iotemu::sinks
