#include "emulator/sinks/republish.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "base/utf8.h"
#include "emulator/rules/descendants.h"
#include "emulator/topics/reserved.h"
#include "mqtt/codec/properties.h"

namespace iotemu::sinks {
namespace {

using rule_engine::kMaxDescendants;
using topics::PublishKind;

constexpr std::size_t kMaxContentType = 256;
constexpr std::size_t kMaxProperties = 8 * 1024;
constexpr std::int64_t kLongestExpiry = 604'800;  // M5-12

Error invalid(std::string what) {
  return {Errc::invalid_request, std::move(what)};
}

/// Jobs are asked about by devices alone; republishing there is not supported.
bool is_of_jobs(std::string_view topic) {
  constexpr std::string_view kThings = "$aws/things/";
  if (!topic.starts_with(kThings)) return false;
  const auto slash = topic.find('/', kThings.size());
  return slash != topic.npos && topic.substr(slash).starts_with("/jobs/");
}

Status check_topic(std::string_view what, const std::string& topic, const mqtt::BrokerOptions& options) {
  const auto fault = mqtt::check_topic_name(topic, options.topics);
  if (fault == mqtt::TopicFault::none) return Ok{};
  return invalid(std::string{what} + " '" + topic + "' " + mqtt::explain(fault, options.topics));
}

/// `$$aws/…` stands for `$aws/…`: one dollar alone would begin a substitution template.
Result<std::string> topic_of(const rules::ActionRequest& request, const mqtt::BrokerOptions& options) {
  std::string topic = request.parameters.value("topic", "");
  const bool doubled = topic.starts_with("$$");
  if (doubled) topic.erase(0, 1);
  if (auto checked = check_topic("The topic", topic, options); !checked) return checked.error();
  if (topic.starts_with('$') && !doubled) {
    return invalid("The topic '" + topic + "' is reserved: to republish there, write $" + topic);
  }
  const auto kind = topics::classify_publish(topic);
  if (kind == PublishKind::forbidden || kind == PublishKind::request || is_of_jobs(topic)) {
    return invalid("The topic '" + topic + "' is reserved, and not for rules to republish to (M3-43)");
  }
  return topic;
}

Result<std::chrono::seconds> expiry_of(const std::string& text) {
  std::int64_t seconds = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    return invalid("headers.messageExpiry is '" + text + "', no whole number of seconds");
  }
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 1, kLongestExpiry)};
}

/// `headers` as MQTT 5 properties. A template that gives nothing leaves its property out.
Status add_properties(const Json& headers, const mqtt::BrokerOptions& options, Tick tick,
                      mqtt::Message& message) {
  using mqtt::PropertyId;
  mqtt::PropertyWriter list;
  const auto text = [&](const char* name) { return headers.value(name, std::string{}); };
  if (const auto format = text("payloadFormatIndicator"); !format.empty()) {
    if (format != "UNSPECIFIED_BYTES" && format != "UTF8_DATA") {
      return invalid("headers.payloadFormatIndicator is '" + format +
                     "'; it must be UNSPECIFIED_BYTES or UTF8_DATA");
    }
    list.add(PropertyId::payload_format_indicator, format == "UTF8_DATA" ? 1U : 0U);
  }
  if (const auto given = text("messageExpiry"); !given.empty()) {
    const auto expiry = expiry_of(given);
    if (!expiry) return expiry.error();
    list.add(PropertyId::message_expiry_interval, static_cast<std::uint32_t>(expiry->count()));
    message.expires = tick + *expiry;
  }
  if (const auto type = text("contentType"); !type.empty()) {
    if (type.size() > kMaxContentType) return invalid("headers.contentType is longer than 256 bytes");
    list.add(PropertyId::content_type, type);
  }
  if (const auto topic = text("responseTopic"); !topic.empty()) {
    if (auto checked = check_topic("The responseTopic", topic, options); !checked) return checked;
    list.add(PropertyId::response_topic, topic);
  }
  if (const auto given = text("correlationData"); !given.empty()) {
    const auto bytes = from_base64(given);
    if (!bytes) return invalid("headers.correlationData is no base64");
    if (bytes->size() > kMaxProperties) return invalid("headers.correlationData is longer than 8 KB");
    list.add(PropertyId::correlation_data, *bytes);
  }
  std::size_t bytes = 0;
  for (const auto& property : headers.value("userProperties", Json::array())) {
    const auto key = property.value("key", std::string{});
    const auto value = property.value("value", std::string{});
    bytes += key.size() + value.size();
    if (bytes > kMaxProperties) return invalid("headers.userProperties have more than 8 KB");
    list.add_user_property(key, value);
  }
  message.properties = std::move(list).encoded();
  return Ok{};
}

}  // namespace

Result<Republished> republished(const rules::ActionRequest& request, const mqtt::BrokerOptions& options,
                                Time now, Tick tick) {
  auto topic = topic_of(request, options);
  if (!topic) return topic.error();
  if (request.payload.size() > options.max_payload) {
    return invalid("The result has " + std::to_string(request.payload.size()) +
                   " bytes; a message has at most " + std::to_string(options.max_payload) + " (M3-38)");
  }
  Republished done{.observer_only = topics::classify_publish(*topic) == PublishKind::basic_ingest};
  done.message = {
      .topic = std::move(*topic),
      .payload = request.payload,
      .qos = request.parameters.value("qos", 0) == 0 ? mqtt::QoS::at_most_once : mqtt::QoS::at_least_once,
      .published_at = now,
      .hops = static_cast<std::uint32_t>(request.depth) + 1,
      .descendants = request.descendants};
  const auto headers = request.parameters.find("headers");
  if (headers != request.parameters.end()) {
    if (auto added = add_properties(*headers, options, tick, done.message); !added) return added.error();
  }
  return done;
}

void RepublishSink::run(rules::ActionRequest request, Done done) {
  const auto fail = [&](const std::string& why) {
    done(rules::ActionFailure{.failed_action = "RepublishAction",
                              .failed_resource = request.parameters.value("topic", ""),
                              .message = "Failed to republish to topic. " + why});
  };
  mqtt::Broker* broker = broker_of_(request.realm);
  if (broker == nullptr) return fail("The emulator is ending");
  auto asked = republished(request, broker->options(), clock_.now(), clock_.tick());
  if (!asked) return fail(asked.error().message);
  if (asked->message.descendants) {
    const auto count = ++*asked->message.descendants;
    if (count > kMaxDescendants) {
      const std::string why = "One message has led to " + std::to_string(kMaxDescendants) +
                              " republished ones, and to no more of them: rules republish to each other in "
                              "a circle that forks (RU-8)";
      if (count == kMaxDescendants + 1) {
        const auto& topic = asked->message.topic;
        log::warn(why, {{"rule", request.rule_name}, {"topic", hide_ ? hide_(topic) : topic}});
      }
      return fail(why);
    }
  }
  // Ends when the broker has it, so that the bound of actions under way holds back who publishes faster.
  // Nothing is retained, so it is never refused.
  (void)broker->offer(std::move(asked->message), asked->observer_only, {}, [done] { done({}); });
}

}  // namespace iotemu::sinks
