#pragma once

// The connections of one realm's clients as GetConnection answers them (DP-5): the live one of a client id,
// or the last. Told by the broker's observer on worker threads; thread-safe, locked for one look-up only.

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "mqtt/ports.h"

namespace iotemu::topics {

struct LoggedConnection {
  mqtt::ConnectionFacts facts{};
  Time connected_since{};
  std::optional<Time> disconnected_since{};
  mqtt::CloseReason reason{};  ///< Of the disconnection, if there was one.
};

class ConnectionLog {
 public:
  /// How long the end of a connection is known (DP-5).
  static constexpr Duration kMemory = std::chrono::minutes{30};

  /// An entry outlives its connection by `kMemory`, or by `session_expiry` if the session is persistent.
  ConnectionLog(const Clock& clock, Duration session_expiry)
      : clock_{clock}, session_memory_{std::max(kMemory, session_expiry)} {}

  void connected(const mqtt::ConnectionFacts& facts);
  void disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason);
  [[nodiscard]] std::optional<LoggedConnection> find(const std::string& client_id) const;
  void reset();

 private:
  struct Entry {
    LoggedConnection connection{};
    std::optional<Tick> forget_at{};
  };

  void forget_stale();

  const Clock& clock_;
  const Duration session_memory_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  Tick sweep_at_{};
};

}  // namespace iotemu::topics
