#include "emulator/daemon/switches.h"

#include <algorithm>
#include <array>
#include <span>

#include "emulator/daemon/parse_value.h"

namespace iotemu::daemon {
namespace {

/// One accepted value of a switch of the choosing kind.
struct Choice {
  std::string_view value;
  void (*set)(Switches&);
};

struct Switch {
  std::string_view name;
  std::string_view section;
  /// The default first. Empty: a number or a duration.
  std::span<const Choice> choices{};
  std::string_view expected{};
  bool (*set)(Options&, std::string_view value){nullptr};
};

constexpr std::array kRefusalMode{
    Choice{"close_after_connect",
           [](Switches& s) { s.refusal_mode = Switches::RefusalMode::close_after_connect; }},
    Choice{"handshake_alert", [](Switches& s) { s.refusal_mode = Switches::RefusalMode::handshake_alert; }}};
constexpr std::array kConnackOnDenied{
    Choice{"none", [](Switches& s) { s.connack_on_denied = Switches::ConnackOnDenied::none; }},
    Choice{"5", [](Switches& s) { s.connack_on_denied = Switches::ConnackOnDenied::code5; }},
    Choice{"7", [](Switches& s) { s.connack_on_denied = Switches::ConnackOnDenied::code7; }}};
constexpr std::array kSubscribeRefusal{
    Choice{"close", [](Switches& s) { s.v3_subscribe_refusal = Switches::SubscribeRefusal::close; }},
    Choice{"suback80", [](Switches& s) { s.v3_subscribe_refusal = Switches::SubscribeRefusal::suback80; }}};
constexpr std::array kDeniedPublish{
    Choice{"close", [](Switches& s) { s.denied_publish = Switches::DeniedPublish::close; }},
    Choice{"drop_ack", [](Switches& s) { s.denied_publish = Switches::DeniedPublish::drop_ack; }}};
constexpr std::array kQos2{Choice{"close", [](Switches& s) { s.qos2 = Switches::Qos2::close; }},
                           Choice{"silent", [](Switches& s) { s.qos2 = Switches::Qos2::silent; }}};
constexpr std::array kThrottle{Choice{"off", [](Switches& s) { s.throttle = false; }},
                               Choice{"on", [](Switches& s) { s.throttle = true; }}};
constexpr std::array kStrictConnack{Choice{"false", [](Switches& s) { s.strict_connack = false; }},
                                    Choice{"true", [](Switches& s) { s.strict_connack = true; }}};
constexpr std::array kRequireSni{Choice{"false", [](Switches& s) { s.require_sni = false; }},
                                 Choice{"true", [](Switches& s) { s.require_sni = true; }}};
constexpr std::array kEventOnPending{
    Choice{"true", [](Switches& s) { s.event_on_pending_with_inactive_ca = true; }},
    Choice{"false", [](Switches& s) { s.event_on_pending_with_inactive_ca = false; }}};
constexpr std::array kExpiredLeaf{Choice{"refuse", [](Switches& s) { s.accept_expired_leaf = false; }},
                                  Choice{"accept", [](Switches& s) { s.accept_expired_leaf = true; }}};
constexpr std::array kRevokedIsFinal{Choice{"true", [](Switches& s) { s.revoked_is_final = true; }},
                                     Choice{"false", [](Switches& s) { s.revoked_is_final = false; }}};
constexpr std::array kDeleteMissingThing{
    Choice{"200", [](Switches& s) { s.delete_missing_thing_fails = false; }},
    Choice{"404", [](Switches& s) { s.delete_missing_thing_fails = true; }}};

constexpr std::array kDescribeEndpointLegacy{
    Choice{"answer", [](Switches& s) { s.describe_endpoint_legacy = true; }},
    Choice{"InvalidRequestException", [](Switches& s) { s.describe_endpoint_legacy = false; }}};

constexpr std::array kEnforceLambdaPermission{
    Choice{"on", [](Switches& s) { s.enforce_lambda_permission = true; }},
    Choice{"off", [](Switches& s) { s.enforce_lambda_permission = false; }}};

constexpr std::array kJitpMissingParameter{
    Choice{"documented",
           [](Switches& s) { s.jitp_missing_parameter = Switches::JitpMissingParameter::documented; }},
    Choice{"on_ref", [](Switches& s) { s.jitp_missing_parameter = Switches::JitpMissingParameter::on_ref; }}};
constexpr std::array kJitpSerialFallback{Choice{"on", [](Switches& s) { s.jitp_serial_fallback = true; }},
                                         Choice{"off", [](Switches& s) { s.jitp_serial_fallback = false; }}};

bool set_jitp_timing(Options& options, std::string_view value) {
  if (value == "before_close") {
    options.switches.jitp_delay.reset();
    return true;
  }
  const auto duration = parse_duration(value);
  if (duration) options.switches.jitp_delay = *duration;
  return duration.has_value();
}

bool set_event_duplicates(Options& options, std::string_view value) {
  const auto count = parse_count(value, 100);
  if (count) options.switches.event_duplicates = static_cast<int>(*count);
  return count.has_value();
}

bool set_connect_wait(Options& options, std::string_view value) {
  const auto duration = parse_duration(value);
  if (duration) options.limits.connect_wait = *duration;
  return duration.has_value();
}

bool set_thing_type_grace(Options& options, std::string_view value) {
  const auto duration = value == "0" ? std::optional{std::chrono::milliseconds{0}} : parse_duration(value);
  if (duration) options.switches.thing_type_delete_grace = *duration;
  return duration.has_value();
}

constexpr std::array kHttpActionConfirmation{
    Choice{"enforce", [](Switches& s) { s.http_action_confirmation = true; }},
    Choice{"off", [](Switches& s) { s.http_action_confirmation = false; }}};

constexpr std::array kSwitches{
    Switch{.name = "refusal_mode", .section = "P3.6", .choices = kRefusalMode},
    Switch{.name = "connack_on_denied", .section = "P3.6", .choices = kConnackOnDenied},
    Switch{.name = "require_sni", .section = "P3.2", .choices = kRequireSni},
    Switch{.name = "connect_wait_s",
           .section = "P3.5",
           .expected = "seconds (10) or a duration such as 500ms",
           .set = set_connect_wait},
    Switch{.name = "event_on_pending_with_inactive_ca", .section = "P3.5 row 8", .choices = kEventOnPending},
    Switch{.name = "event_duplicates",
           .section = "P3.7",
           .expected = "a number from 0 (the default) to 100",
           .set = set_event_duplicates},
    Switch{.name = "enforce_lambda_permission", .section = "P4.2", .choices = kEnforceLambdaPermission},
    Switch{.name = "jitp_timing",
           .section = "P5.1",
           .expected = "before_close (the default) or a delay such as 500ms",
           .set = set_jitp_timing},
    Switch{.name = "jitp_missing_parameter", .section = "P5.3", .choices = kJitpMissingParameter},
    Switch{.name = "jitp_serial_fallback", .section = "P5.3", .choices = kJitpSerialFallback},
    Switch{.name = "v3_subscribe_refusal", .section = "P7.8", .choices = kSubscribeRefusal},
    Switch{.name = "denied_publish", .section = "P7.8", .choices = kDeniedPublish},
    Switch{.name = "qos2", .section = "P7.8", .choices = kQos2},
    Switch{.name = "throttle", .section = "P10.8", .choices = kThrottle},
    Switch{.name = "strict_connack", .section = "M3-4", .choices = kStrictConnack},
    Switch{.name = "revoked_is_final", .section = "P2.7", .choices = kRevokedIsFinal},
    Switch{.name = "expired_leaf", .section = "P3.5", .choices = kExpiredLeaf},
    Switch{.name = "http_action_confirmation", .section = "RU-30", .choices = kHttpActionConfirmation},
    Switch{.name = "thing_type_delete_grace_s",
           .section = "P8.2",
           .expected = "seconds (300) or a duration such as 1m",
           .set = set_thing_type_grace},
    Switch{.name = "delete_missing_thing", .section = "P8.1", .choices = kDeleteMissingThing},
    Switch{.name = "describe_endpoint_legacy", .section = "P8.7", .choices = kDescribeEndpointLegacy},
};

/// Switches of P appendix B for behaviour that is not built: refused by name, so that nobody believes they
/// act.
constexpr std::array<std::string_view, 7> kUnbuilt{
    "mqtt5_refusal",     "mqtt5_denied_qos1_publish", "propagation_delay_ms", "sigv4",
    "enforce_pass_role", "enforce_lambda_permission", "enforce_role_exists"};

std::string values_of(const Switch& one) {
  if (one.choices.empty()) return std::string{one.expected};
  std::string values;
  for (const auto& choice : one.choices) {
    if (!values.empty()) values += " | ";
    values += choice.value;
  }
  return values;
}

Error refused(std::string message) {
  return {.code = Errc::invalid_request, .message = std::move(message)};
}

}  // namespace

Status set_switch(Options& options, std::string_view name, std::string_view value) {
  const auto found =
      std::find_if(kSwitches.begin(), kSwitches.end(), [&](const Switch& s) { return s.name == name; });
  if (found == kSwitches.end()) {
    if (std::find(kUnbuilt.begin(), kUnbuilt.end(), name) != kUnbuilt.end()) {
      return refused("switch " + std::string{name} + " belongs to a part that is not built yet");
    }
    std::string names;
    for (const auto& one : kSwitches) {
      if (!names.empty()) names += ", ";
      names += one.name;
    }
    return refused("there is no switch '" + std::string{name} + "'; the switches are " + names);
  }
  const auto wrong = [&] {
    return refused("switch " + std::string{name} + " cannot be '" + std::string{value} + "'; expected " +
                   values_of(*found));
  };
  if (found->choices.empty()) return found->set(options, value) ? Status{Ok{}} : Status{wrong()};
  for (const auto& choice : found->choices) {
    if (choice.value != value) continue;
    choice.set(options.switches);
    return Ok{};
  }
  return wrong();
}

std::vector<std::string> describe_switches() {
  std::vector<std::string> lines;
  for (const auto& one : kSwitches) {
    std::string line{one.name};
    line.resize(std::max<std::size_t>(line.size() + 1, 35), ' ');
    lines.push_back(line + values_of(one) + "   (" + std::string{one.section} + ")");
  }
  return lines;
}

}  // namespace iotemu::daemon
