#pragma once

// The catalogue of MQTT's result codes: each MQTT 5 reason code with its name and the packets where it is
// legal (MQTT 5 section 2.4), and the return codes of a 3.1.1 CONNACK.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "mqtt/codec/packet_type.h"

namespace iotemu::mqtt {

/// MQTT 5 reason codes. 0x00 is also "normal disconnection" and "granted QoS 0".
enum class Reason : std::uint8_t {
  success = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  re_authenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

/// The return codes of CONNACK in 3.1.1 (M3-9).
enum class ConnectReturn : std::uint8_t {
  accepted = 0,
  unacceptable_protocol_version = 1,
  identifier_rejected = 2,
  server_unavailable = 3,
  bad_user_name_or_password = 4,
  not_authorized = 5,
};

/// What SUBACK of 3.1.1 says for a filter that was not granted [MQTT-3.9.3-2].
inline constexpr std::uint8_t kSubackFailure = 0x80;

/// The standard's name in lower case ("packet too large"); "unknown reason code" for a byte it does not list.
[[nodiscard]] std::string_view name_of(Reason reason);

/// Whether the standard lists this code for this packet, sent by either side.
[[nodiscard]] bool is_legal(Reason reason, PacketType packet);

/// The MQTT 5 reason for ending a connection over an error of next_frame() or decode(): 0x81 for
/// Errc::malformed_packet, 0x82 for Errc::invalid_request (well-formed, but the protocol forbids it), 0x95
/// for Errc::too_large, else 0x80.
[[nodiscard]] Reason reason_for(const Error& error);

}  // namespace iotemu::mqtt
