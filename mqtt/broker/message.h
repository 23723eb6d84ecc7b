#pragma once

// One application message: what a publisher sent, detached from every buffer. Built once, immutable from then
// on, shared by all sessions and workers that deliver it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "mqtt/codec/bytes.h"
#include "mqtt/codec/properties.h"
#include "mqtt/codec/qos.h"

namespace iotemu::mqtt {

struct Message {
  std::string topic{};
  std::string payload{};
  QoS qos{};
  bool retain{};             ///< as published; deliveries to live subscribers carry RETAIN=0 (M3-51)
  std::string properties{};  ///< MQTT 5 property list of the PUBLISH, encoded; empty from 3.1.1
  std::string publisher{};   ///< client id; empty when the service itself published
  Time published_at{};
  /// How many messages led to this one, as whoever publishes again for the service counts them.
  std::uint32_t hops{0};
  /// How many messages the first of them has led to by now, one count for all; null: this is the first.
  std::shared_ptr<std::atomic<std::uint32_t>> descendants{};
  /// When it is worth nothing any more: by the expiry that its publisher gave it, whoever receives it
  /// (M5-14).
  std::optional<Tick> expires{};
  /// An answer: owed to the connection it was published to, never to a later one of the same session.
  bool one_connection{false};

  [[nodiscard]] bool expired(Tick now) const { return expires && *expires <= now; }
  /// What it weighs against the bounds on stored bytes.
  [[nodiscard]] std::size_t bytes() const { return topic.size() + payload.size() + properties.size(); }
  [[nodiscard]] Bytes payload_bytes() const { return as_bytes(payload); }
  [[nodiscard]] Properties property_list() const { return Properties{as_bytes(properties)}; }
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace iotemu::mqtt
