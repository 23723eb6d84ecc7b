#pragma once

// One queue: its messages, which of them can be received, which are on their way to somebody. It knows the
// time only from its caller, and nothing of the wire. Not thread-safe: its service locks.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::sqs {

/// What a queue keeps at most; a message more is refused (OverLimit).
inline constexpr std::size_t kMaxMessages = 100'000;
inline constexpr std::size_t kMaxQueueBytes = 256 * 1024 * 1024;
/// Received and not deleted (AWS).
inline constexpr std::size_t kMaxInFlight = 120'000;
inline constexpr std::size_t kMaxInFlightFifo = 20'000;
inline constexpr std::int64_t kMaxVisibility = 43'200;
/// Of all queues of the emulator together.
inline constexpr std::size_t kMaxBytesOfAll = 512 * 1024 * 1024;
/// How long a deduplication id is remembered, and how many of a queue; a message more is refused (OverLimit).
inline constexpr std::chrono::minutes kDeduplication{5};
inline constexpr std::size_t kMaxDeduplication = 100'000;

struct Message {
  std::string id{};
  std::string body{};
  Json attributes = Json::object();  ///< by name: DataType and StringValue or BinaryValue (Base64)
  std::string group{};               ///< FIFO
  std::string deduplication{};       ///< FIFO
  std::string trace_header{};
  std::string sender{};
  std::string dead_letter_source{};  ///< ARN of the queue that gave it up
  std::uint64_t sequence{0};
  Time sent{};
  std::optional<Time> first_received{};
  std::int64_t receives{0};
};

/// What a sender learns; of a FIFO queue it may be an earlier message with the same deduplication id.
struct Sent {
  std::string id{};
  std::uint64_t sequence{0};
};

struct Received {
  Message message{};
  std::string handle{};
};

/// What a queue is told about itself; the attributes of the API.
struct Settings {
  std::chrono::seconds delay{0};
  std::chrono::seconds retention{345'600};
  std::chrono::seconds visibility{30};
  std::chrono::seconds receive_wait{0};
  std::size_t max_bytes{1'048'576};
  bool fifo{false};
  bool content_deduplication{false};
  std::string dead_letter_arn{};  ///< Empty: none.
  std::int64_t max_receives{0};
};

class Queue {
 public:
  /// Both clocks at one instant.
  struct Instant {
    Time now{};
    Tick tick{};
  };

  /// Takes a message that has been received too often; false: it stays where it is.
  using GiveUp = std::function<bool(const Message&)>;

  /// `bytes_of_all`: what the queues of one service keep together; it outlives them.
  Queue(std::string mark, std::size_t& bytes_of_all) : mark_{std::move(mark)}, bytes_of_all_{bytes_of_all} {}
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// `delay`: nothing: the queue's own.
  Answer<Sent> send(Message message, std::optional<std::chrono::seconds> delay, Instant at);
  /// A message that another queue gives up: whatever its deduplication id is. OverLimit if it has no room.
  Done take_over(Message message, Instant at);
  /// Up to `count`; those that have been received too often are offered to `give_up`.
  [[nodiscard]] std::vector<Received> receive(std::size_t count, std::chrono::seconds visibility, Instant at,
                                              const GiveUp& give_up);
  /// A handle that is no longer the latest of its message deletes nothing and is no error.
  Done remove(std::string_view handle, Instant at);
  Done change_visibility(std::string_view handle, std::chrono::seconds visibility, Instant at);
  void purge();
  /// When the next message can be received, if any will by itself.
  [[nodiscard]] std::optional<Tick> next_visible(Instant at);

  [[nodiscard]] std::size_t visible(Instant at);
  [[nodiscard]] std::size_t delayed(Instant at);
  [[nodiscard]] std::size_t in_flight(Instant at);

  Settings settings{};

 private:
  struct Held {
    Message message{};
    Tick hidden_until{};
    Tick received_at{};
    bool in_flight{false};
  };

  void refresh(Instant at);
  [[nodiscard]] Done check_room(std::size_t size) const;
  std::uint64_t keep(Message message, std::chrono::seconds wait, Instant at);
  void charge(std::size_t bytes);
  void release(std::size_t bytes);
  void hide(std::uint64_t sequence, Held& held, Tick until);
  void land(const Held& held);
  void drop(std::map<std::uint64_t, Held>::iterator held);
  [[nodiscard]] bool is_blocked(const Held& held) const;
  [[nodiscard]] std::string handle_of(std::uint64_t sequence, std::int64_t receives) const;
  struct Handle {
    std::uint64_t sequence{0};
    std::int64_t receives{0};
  };
  [[nodiscard]] Answer<Handle> read_handle(std::string_view text) const;

  std::string mark_;  ///< tells handles of this queue from others
  std::uint64_t next_sequence_{1};
  std::size_t& bytes_of_all_;
  std::size_t bytes_{0};  ///< of messages and deduplication ids
  std::map<std::uint64_t, Held> messages_;
  std::set<std::uint64_t> ready_;
  std::set<std::pair<Tick, std::uint64_t>> hidden_;
  std::size_t flying_{0};
  std::map<std::string, std::size_t> flying_groups_;
  std::map<std::string, Sent> deduplication_;
  std::deque<std::pair<Tick, std::string>> deduplication_ends_;
};

}  // namespace iotemu::neighbours::sqs
