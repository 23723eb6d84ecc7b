#include "emulator/sinks/recorder.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "registry/topic_rule_destinations.h"

namespace iotemu {

std::string_view to_string(ActionRecord::Outcome outcome) {
  switch (outcome) {
    case ActionRecord::Outcome::delivered:
      return "delivered";
    case ActionRecord::Outcome::failed:
      return "failed";
    case ActionRecord::Outcome::recorded:
      return "recorded";
  }
  return {};
}

namespace sinks {
namespace {

constexpr std::string_view kHidden = "***";

std::size_t size_of(const ActionRecord& record) {
  return sizeof(ActionRecord) + record.parameters.size() + record.target.size() + record.payload.size() +
         record.request_body.size() + record.topic.size() + record.reason.size();
}

bool tells_of_a_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kWords{"auth",   "token",  "secret",   "password",
                                                          "cookie", "apikey", "-api-key", "signature"};
  const auto lower = lowercase(name);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != lower.npos; }) ||
         // Of Kafka: the service takes them as references to Secrets Manager, but not everybody knows.
         lower.starts_with("sasl.") || lower.starts_with("ssl.key");
}

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string{} : found->get<std::string>();
}

void put_content(Json& json, const std::string& name, const std::string& bytes) {
  if (bytes.starts_with('{') || bytes.starts_with('[')) {
    if (auto parsed = parse_json(bytes)) {
      json[name] = std::move(*parsed);
      return;
    }
  }
  const bool text = is_utf8(bytes);
  json[name + (text ? "Text" : "Base64")] = text ? bytes : to_base64(bytes);
}

}  // namespace

void ActionRecorder::add(ActionRecord record) {
  auto kept = std::make_shared<const ActionRecord>(std::move(record));
  const std::lock_guard lock{mutex_};
  if (also_) also_(kept);
  bytes_ += size_of(*kept);
  records_.push_back(std::move(kept));
  while (!records_.empty() && (records_.size() > limits_.records || bytes_ > limits_.bytes)) {
    bytes_ -= size_of(*records_.front());
    records_.pop_front();
    ++dropped_;
  }
}

std::vector<ActionRecord> ActionRecorder::list() const {
  std::vector<std::shared_ptr<const ActionRecord>> kept;
  {
    const std::lock_guard lock{mutex_};
    kept.assign(records_.begin(), records_.end());
  }
  std::vector<ActionRecord> records;
  records.reserve(kept.size());
  for (const auto& record : kept) records.push_back(*record);
  return records;
}

std::uint64_t ActionRecorder::dropped() const {
  const std::lock_guard lock{mutex_};
  return dropped_;
}

void ActionRecorder::clear() {
  const std::lock_guard lock{mutex_};
  records_.clear();
  bytes_ = 0;
  dropped_ = 0;
}

Json ActionRecorder::to_json(std::string_view rule, std::string_view action, std::size_t limit) const {
  std::vector<std::shared_ptr<const ActionRecord>> found;
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock{mutex_};
    dropped = dropped_;
    for (auto record = records_.rbegin(); record != records_.rend() && found.size() < limit; ++record) {
      if (!rule.empty() && (*record)->rule_name != rule) continue;
      if (!action.empty() && (*record)->action != action) continue;
      found.push_back(*record);
    }
  }
  // Rules that end meanwhile do not wait for it.
  auto list = Json::array();
  for (const auto& record : found) list.push_back(sinks::to_json(*record));
  return {{"actions", std::move(list)}, {"dropped", dropped}};
}

Json to_json(const ActionRecord& record) {
  Json json{{"timestamp", record.time.time_since_epoch().count()},
            {"accountId", record.account},
            {"region", record.region},
            {"ruleName", record.rule_name},
            {"action", record.action},
            {"isErrorAction", record.is_error_action},
            {"position", record.position},
            {"target", record.target},
            {"topic", record.topic},
            {"clientId", record.client_id},
            {"traceId", record.trace_id},
            {"outcome", to_string(record.outcome)}};
  const auto parameters = parse_json(record.parameters);
  json["parameters"] = parameters ? *parameters : Json::object();
  put_content(json, "payload", record.payload);
  if (!record.operation.empty()) json["operation"] = record.operation;
  if (!record.request_body.empty()) put_content(json, "requestBody", record.request_body);
  if (!record.reason.empty()) json["reason"] = record.reason;
  return json;
}

Json without_secrets(std::string_view kind, Json parameters) {
  if (!parameters.is_object()) return parameters;
  if (auto headers = parameters.find("headers"); headers != parameters.end() && headers->is_array()) {
    for (auto& header : *headers) {
      if (header.is_object() && tells_of_a_secret(text_in(header, "key"))) header["value"] = kHidden;
    }
  }
  if (auto client = parameters.find("clientProperties"); client != parameters.end() && client->is_object()) {
    for (auto& [name, value] : client->items()) {
      if (tells_of_a_secret(name)) value = kHidden;
    }
  }
  for (const auto* name : {"url", "confirmationUrl", "queueUrl", "endpoint"}) {
    const auto url = parameters.find(name);
    if (url != parameters.end() && url->is_string()) *url = shown_target(url->get<std::string>());
  }
  if (kind == "salesforce" && parameters.contains("token")) parameters["token"] = kHidden;
  return parameters;
}

std::string shown_target(std::string target) {
  return target.find("://") == target.npos ? target : registry::shown_url(target);
}

}  // namespace sinks
}  // namespace iotemu
