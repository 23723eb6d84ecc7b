#pragma once

// The numbers and switches of the broker: the defaults are the cloud's (messaging sections 0 and 10); a test
// or an operator changes them here and nowhere else.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "mqtt/broker/topic.h"

namespace iotemu::mqtt {

enum class SubscribeRefusal { close, suback80 };  ///< M3-30, switch `v3_subscribe_refusal`
enum class DeniedPublish { close, drop_ack };     ///< M3-39 and P7.8, switch `denied_publish`
enum class QoS2 { close, ignore };  ///< M3-20: close the connection, or stay silent as the cloud

struct BrokerOptions {
  // Switches.
  SubscribeRefusal v3_subscribe_refusal{SubscribeRefusal::close};
  DeniedPublish denied_publish{DeniedPublish::close};
  QoS2 qos2{QoS2::close};
  bool strict_connack{false};  ///< M3-4: a packet sent before CONNACK is a client error
  bool throttle{false};        ///< the per-second rates of M3-12 and M3-41

  // Sizes.
  std::size_t max_packet{149'504};                ///< MQTT packet, checked before its body is read
  std::size_t max_payload{131'072};               ///< M3-38
  std::size_t max_client_id{128};                 ///< M3-5
  TopicRules topics{};                            ///< M3-29, M3-37
  std::size_t max_filters_per_packet{8};          ///< M3-27
  std::size_t max_subscriptions{50};              ///< M3-28
  std::size_t outbound_window{100};               ///< M3-24
  std::size_t inbound_window{100};                ///< M3-24: with so many PUBACKs held back, reading pauses
  std::size_t inbound_window_bytes{1024 * 1024};  ///< or with PUBACKs for so much
  /// A session's waiting QoS 1 messages, and its stored ones; when full, new ones are dropped. From half of
  /// it on, those who publish to a connected client wait for their PUBACKs, and what they send is not
  /// dropped.
  std::size_t max_queued{10'000};
  std::size_t max_queued_bytes{64 * 1024 * 1024};     ///< of these messages; the cloud names no such limit
  std::size_t max_retained{500'000};                  ///< M3-56
  std::size_t max_retained_bytes{512 * 1024 * 1024};  ///< of these; the cloud names no such limit
  std::size_t transit_mark{
      2'000};  ///< messages on their way to another loop above which publishers wait, too
  std::size_t transit_mark_bytes{16 * 1024 *
                                 1024};       ///< the same in bytes; above four times that QoS 0 is dropped
  std::size_t output_high_mark{1024 * 1024};  ///< unsent bytes above which QoS 0 is dropped and QoS 1 is held
  std::size_t output_low_mark{256 * 1024};    ///< unsent bytes below which held QoS 1 flows again

  // Times.
  std::chrono::seconds min_keep_alive{30};            ///< M3-16
  std::chrono::seconds max_keep_alive{1200};          ///< M3-16
  Duration session_expiry{std::chrono::hours{1}};     ///< M3-47; 0 = sessions end with their connection
  Duration retry_interval{std::chrono::seconds{30}};  ///< M3-25; 0 = only on reconnect
  Duration retry_for{std::chrono::hours{1}};          ///< M3-25; then the message is dropped
  /// How long publishers wait for a client that takes nothing at all; then its messages are dropped.
  Duration patience{std::chrono::seconds{10}};
  std::uint32_t drain_rate{10};              ///< M3-48, stored messages a second; 0 = unlimited
  std::size_t publishes_per_second{100};     ///< M3-41, with `throttle`
  std::size_t bytes_per_second{512 * 1024};  ///< M3-41, with `throttle`: above it reading pauses
};

}  // namespace iotemu::mqtt
