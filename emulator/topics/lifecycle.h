#pragma once

// Presence and subscription events (LE-1…8) of one realm. The broker tells it about connections on worker
// threads; it answers with messages on `$aws/events/…`. Thread-safe, never blocks on anything but its own
// short lock.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "mqtt/ports.h"

namespace iotemu::topics {

/// `disconnectReason` of LE-4.
[[nodiscard]] std::string_view disconnect_reason(mqtt::CloseReason reason);

/// A connection that a policy refused (LE-7).
struct FailedConnect {
  std::string client_id{};
  std::string principal{};
  std::string session_id{};
  std::string address{};
};

class Lifecycle {
 public:
  struct Surroundings {
    /// Publishes as the service, QoS 0.
    std::function<void(std::string topic, std::string payload)> publish{};
    /// The thing that a principal is exclusively attached to, if any (LE-6).
    std::function<std::optional<std::string>(const std::string& principal)> exclusive_thing{};
    /// How long a persistent session outlives its connection (LE-5).
    Duration session_expiry{std::chrono::hours{1}};
  };

  Lifecycle(const Clock& clock, Surroundings surroundings);

  void connected(const mqtt::ConnectionFacts& facts);
  void disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason);
  void subscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters);
  void unsubscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters);
  void connect_failed(const FailedConnect& attempt);
  /// Forgets the version numbers.
  void reset();

 private:
  /// The version numbers of one client id (LE-5).
  struct Versions {
    struct Live {
      std::uint64_t connection{};
      std::int64_t number{};
    };
    std::int64_t next{0};
    std::vector<Live> live{};  ///< One, and for a moment those that it takes over.
    Tick forget_at{};
  };

  std::int64_t begin(const mqtt::ConnectionFacts& facts);
  std::int64_t end(const mqtt::ConnectionFacts& facts);
  void forget_stale();
  void tell_filters(std::string_view event, const mqtt::ConnectionFacts& facts,
                    std::span<const std::string> filters);

  const Clock& clock_;
  const Surroundings surroundings_;
  std::mutex mutex_;  ///< Guards versions_ and sweep_at_; held for a look-up, never while publishing.
  std::unordered_map<std::string, Versions> versions_;
  Tick sweep_at_{};
};

}  // namespace iotemu::topics
