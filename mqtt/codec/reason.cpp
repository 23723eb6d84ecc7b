#include "mqtt/codec/reason.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace iotemu::mqtt {

namespace {

struct ReasonRow {
  Reason reason{};
  std::string_view name{};
  std::uint16_t packets{};  ///< bit n: legal in PacketType n
};

constexpr std::uint16_t bit(PacketType type) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}

template <class... Types>
constexpr std::uint16_t in(Types... types) {
  return static_cast<std::uint16_t>((bit(types) | ...));
}

using enum PacketType;

// MQTT 5 table 2-6, in the order of the codes.
constexpr auto kReasons = std::to_array<ReasonRow>({
    {Reason::success, "success",
     in(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth)},
    {Reason::granted_qos_1, "granted QoS 1", in(suback)},
    {Reason::granted_qos_2, "granted QoS 2", in(suback)},
    {Reason::disconnect_with_will, "disconnect with will", in(disconnect)},
    {Reason::no_matching_subscribers, "no matching subscribers", in(puback, pubrec)},
    {Reason::no_subscription_existed, "no subscription existed", in(unsuback)},
    {Reason::continue_authentication, "continue authentication", in(auth)},
    {Reason::re_authenticate, "re-authenticate", in(auth)},
    {Reason::unspecified_error, "unspecified error",
     in(connack, puback, pubrec, suback, unsuback, disconnect)},
    {Reason::malformed_packet, "malformed packet", in(connack, disconnect)},
    {Reason::protocol_error, "protocol error", in(connack, disconnect)},
    {Reason::implementation_specific_error, "implementation specific error",
     in(connack, puback, pubrec, suback, unsuback, disconnect)},
    {Reason::unsupported_protocol_version, "unsupported protocol version", in(connack)},
    {Reason::client_identifier_not_valid, "client identifier not valid", in(connack)},
    {Reason::bad_user_name_or_password, "bad user name or password", in(connack)},
    {Reason::not_authorized, "not authorized", in(connack, puback, pubrec, suback, unsuback, disconnect)},
    {Reason::server_unavailable, "server unavailable", in(connack)},
    {Reason::server_busy, "server busy", in(connack, disconnect)},
    {Reason::banned, "banned", in(connack)},
    {Reason::server_shutting_down, "server shutting down", in(disconnect)},
    {Reason::bad_authentication_method, "bad authentication method", in(connack, disconnect)},
    {Reason::keep_alive_timeout, "keep alive timeout", in(disconnect)},
    {Reason::session_taken_over, "session taken over", in(disconnect)},
    {Reason::topic_filter_invalid, "topic filter invalid", in(suback, unsuback, disconnect)},
    {Reason::topic_name_invalid, "topic name invalid", in(connack, puback, pubrec, disconnect)},
    {Reason::packet_identifier_in_use, "packet identifier in use", in(puback, pubrec, suback, unsuback)},
    {Reason::packet_identifier_not_found, "packet identifier not found", in(pubrel, pubcomp)},
    {Reason::receive_maximum_exceeded, "receive maximum exceeded", in(disconnect)},
    {Reason::topic_alias_invalid, "topic alias invalid", in(disconnect)},
    {Reason::packet_too_large, "packet too large", in(connack, disconnect)},
    {Reason::message_rate_too_high, "message rate too high", in(disconnect)},
    {Reason::quota_exceeded, "quota exceeded", in(connack, puback, pubrec, suback, disconnect)},
    {Reason::administrative_action, "administrative action", in(disconnect)},
    {Reason::payload_format_invalid, "payload format invalid", in(connack, puback, pubrec, disconnect)},
    {Reason::retain_not_supported, "retain not supported", in(connack, disconnect)},
    {Reason::qos_not_supported, "QoS not supported", in(connack, disconnect)},
    {Reason::use_another_server, "use another server", in(connack, disconnect)},
    {Reason::server_moved, "server moved", in(connack, disconnect)},
    {Reason::shared_subscriptions_not_supported, "shared subscriptions not supported",
     in(suback, disconnect)},
    {Reason::connection_rate_exceeded, "connection rate exceeded", in(connack, disconnect)},
    {Reason::maximum_connect_time, "maximum connect time", in(disconnect)},
    {Reason::subscription_identifiers_not_supported, "subscription identifiers not supported",
     in(suback, disconnect)},
    {Reason::wildcard_subscriptions_not_supported, "wildcard subscriptions not supported",
     in(suback, disconnect)},
});

const ReasonRow* find_row(Reason reason) {
  const auto row = std::lower_bound(kReasons.begin(), kReasons.end(), reason,
                                    [](const ReasonRow& r, Reason code) { return r.reason < code; });
  return row != kReasons.end() && row->reason == reason ? &*row : nullptr;
}

}  // namespace

std::string_view name_of(Reason reason) {
  const ReasonRow* row = find_row(reason);
  return row != nullptr ? row->name : "unknown reason code";
}

bool is_legal(Reason reason, PacketType packet) {
  const ReasonRow* row = find_row(reason);
  return row != nullptr && (row->packets & bit(packet)) != 0;
}

Reason reason_for(const Error& error) {
  switch (error.code) {
    case Errc::malformed_packet:
      return Reason::malformed_packet;
    case Errc::invalid_request:
      return Reason::protocol_error;
    case Errc::too_large:
      return Reason::packet_too_large;
    default:
      return Reason::unspecified_error;
  }
}

}  // namespace iotemu::mqtt
