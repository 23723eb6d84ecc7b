#include "load/engine/settings.h"

#include <array>
#include <charconv>
#include <sstream>

#include "base/iso_time.h"
#include "load/plan/device_text.h"
#include "mqtt/codec/qos.h"

namespace iotemu::load {
namespace {

constexpr std::array<std::string_view, 3> kIdNames{"serial", "index", "certificateId"};
constexpr std::array<std::string_view, 4> kTopicNames{"clientId", "serial", "index", "certificateId"};

std::string number(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

Error wrong(std::string message) {
  return Error{.code = Errc::invalid_request, .message = std::move(message)};
}

}  // namespace

Status check(const LoadSettings& settings) {
  if (settings.devices == 0) return wrong("a run needs at least one device");
  if (settings.qos > 1) return wrong("QoS 2 is not supported by the service; give 0 or 1");
  if (auto good = check_template(settings.client_id, kIdNames); !good) return good;
  if (auto good = check_template(settings.topic, kTopicNames); !good) return good;
  if (auto good = check_template(settings.subscribe, kTopicNames); !good) return good;
  const auto wildcard = settings.topic.find_first_of("+#");
  if (settings.topic.empty() || wildcard != std::string::npos) {
    return wrong("'" + settings.topic + "' is no topic to publish to: it holds a wildcard or nothing at all");
  }
  const bool one_id = settings.client_id.find("${") == std::string::npos;
  if (one_id && settings.devices > 1) {
    return wrong("every device would have the client id '" + settings.client_id +
                 "', and each would push out the one before; use ${serial}, ${index} or ${certificateId}");
  }
  return Ok{};
}

std::vector<std::pair<std::string, std::string>> describe(const LoadSettings& settings) {
  const auto& behaviour = settings.behaviour;
  std::vector<std::pair<std::string, std::string>> lines{
      {"endpoint", settings.endpoint.host + ":" + std::to_string(settings.endpoint.port)},
      {"devices", std::to_string(settings.devices)},
      {"rate", settings.rate > 0 ? number(settings.rate) + " a second" : "all at once"},
      {"back-off", describe(behaviour.backoff)},
      {"timeout", describe(behaviour.timeout)},
      {"mqtt", behaviour.mqtt5 ? "5" : "3.1.1"}};
  using Versions = TlsSettings::Versions;
  lines.emplace_back("tls", settings.tls.versions == Versions::any        ? "1.2 or 1.3"
                            : settings.tls.versions == Versions::only_1_2 ? "1.2"
                                                                          : "1.3");
  if (behaviour.messages != 0) {
    lines.emplace_back("messages", behaviour.messages == Behaviour::kEndless
                                       ? "without end"
                                       : std::to_string(behaviour.messages) + " a device");
    lines.emplace_back("message interval", describe(behaviour.message_interval));
    lines.emplace_back("payload", std::to_string(settings.payload_bytes) + " bytes");
    lines.emplace_back("qos", std::to_string(settings.qos));
    lines.emplace_back("topic", settings.topic);
  }
  if (!settings.subscribe.empty()) lines.emplace_back("subscribe", settings.subscribe);
  if (settings.duration) lines.emplace_back("duration", describe(*settings.duration));
  if (behaviour.profile == Profile::reconnect_storm) {
    lines.emplace_back("storms", std::to_string(settings.storms));
    lines.emplace_back("storm after", describe(settings.storm_after));
    lines.emplace_back("storm spread", describe(settings.storm_spread));
  }
  lines.emplace_back("threads", std::to_string(settings.threads));
  if (settings.start_at) lines.emplace_back("start at", iso_time(*settings.start_at));
  return lines;
}

}  // namespace iotemu::load
