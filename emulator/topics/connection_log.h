#pragma once

// The connections of one realm's clients as GetConnection answers them (DP-5): the live one of a client id,
// or the last. Told by the broker's observer on worker threads; thread-safe, locked for one look-up only.

#include <algorithm>
#include <cstddef>
#include <list>
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

  static constexpr std::size_t kMaxEnded = 100'000;

  /// An entry outlives its connection by `kMemory`, or by `session_expiry` if the session is persistent; of
  /// more than `max_ended` that do, the oldest are forgotten.
  ConnectionLog(const Clock& clock, Duration session_expiry, std::size_t max_ended = kMaxEnded)
      : clock_{clock}, session_memory_{std::max(kMemory, session_expiry)}, max_ended_{max_ended} {}

  void connected(const mqtt::ConnectionFacts& facts);
  void disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason);
  [[nodiscard]] std::optional<LoggedConnection> find(const std::string& client_id) const;
  void reset();

 private:
  using ClientIds = std::list<std::string>;
  struct Entry {
    LoggedConnection connection{};
    std::optional<Tick> forget_at{};  ///< Of an ended connection, as is its place.
    std::optional<ClientIds::iterator> place{};
  };

  void forget_stale();

  const Clock& clock_;
  const Duration session_memory_;
  const std::size_t max_ended_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  ClientIds ended_;  ///< Oldest end first.
  Tick sweep_at_{};
};

}  // namespace iotemu::topics
