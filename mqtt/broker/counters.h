#pragma once

#include <atomic>
#include <cstdint>

namespace iotemu::mqtt {

/// What a broker has done since it was made, and what it holds now.
struct BrokerCounters {
  std::uint64_t connections{};  ///< accepted connections that are open
  std::uint64_t sessions{};     ///< those of connections, and those that wait for one
  std::uint64_t subscriptions{};
  std::uint64_t retained{};
  std::uint64_t messages_received{};   ///< accepted publishes, the service's own included
  std::uint64_t messages_sent{};       ///< PUBLISH packets to clients, retries included
  std::uint64_t dropped_slow{};        ///< QoS 0 for a client that does not keep up
  std::uint64_t dropped_queue_full{};  ///< QoS 1 above `max_queued`
  std::uint64_t dropped_unacked{};     ///< QoS 1 not acknowledged within `retry_for` (M3-25)
  std::uint64_t dropped_throttled{};   ///< above the rate of M3-41, with `throttle`
};

/// A counter with one writing thread and readers anywhere.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace iotemu::mqtt
