#pragma once

// The outbound QoS 1 messages of one connection that the client has not acknowledged (M3-24). Packet ids run
// upwards; an id is found by its low bits in a table that grows with need, so a PUBACK costs the same however
// many are open.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "mqtt/session/message_queue.h"

namespace iotemu::mqtt {

class InFlight {
 public:
  struct Entry {
    std::uint16_t packet_id{};  ///< 0: free
    OwedMessage owed{};
    Tick first_sent{};
    Tick last_sent{};
  };

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Tracks a message and gives it a packet id.
  std::uint16_t open(OwedMessage owed, Tick now);
  /// The client has acknowledged; false for an id that is not open.
  bool close(std::uint16_t packet_id);
  /// All open ones, oldest packet id first; pointers are valid until the next change.
  [[nodiscard]] std::vector<Entry*> in_order();
  /// Empties it: what was open, oldest first.
  [[nodiscard]] MessageQueue take_all();

 private:
  void grow();
  [[nodiscard]] Entry& slot(std::uint16_t packet_id) { return slots_[packet_id & (slots_.size() - 1)]; }

  std::vector<Entry> slots_;  // a power of two, or none
  std::size_t size_{0};
  std::uint16_t last_id_{0};
};

}  // namespace iotemu::mqtt
