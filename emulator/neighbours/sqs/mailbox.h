#pragma once

// Queues as the rest of the emulator uses them, by ARN and without HTTP: event source mappings take messages
// out, dead-letter settings, destinations and rules put them in. Thread-safe, nothing blocks.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/sqs/queue.h"

namespace iotemu::neighbours::sqs {

class Mailbox {
 public:
  struct Delivery {
    std::string body{};
    Json attributes = Json::object();  ///< of the message, as the API has them
    std::string group{};               ///< FIFO
    std::string deduplication{};       ///< FIFO; empty: by the queue's content
    std::optional<std::chrono::seconds> delay{};
  };
  /// None: the wait was ended.
  using Arrival = std::function<void(std::vector<Received>)>;

  virtual ~Mailbox() = default;
  /// The id of the message.
  virtual Answer<std::string> deliver(const std::string& queue_arn, Delivery delivery) = 0;
  [[nodiscard]] virtual bool exists(const std::string& queue_arn) const = 0;
  /// The queue's visibility timeout; zero for no queue.
  [[nodiscard]] virtual std::chrono::seconds visibility(const std::string& queue_arn) const = 0;
  /// Calls `arrival` once, with up to `count` messages as soon as there is one, inside the call or later on
  /// any thread. The wait has no end of its own, also while there is no such queue.
  virtual std::uint64_t wait_for(const std::string& queue_arn, std::size_t count, Arrival arrival) = 0;
  /// Ends a wait: its `arrival` is called with nothing, unless it was called already.
  virtual void cancel(std::uint64_t waiter) = 0;
  virtual void remove(const std::string& queue_arn, const std::vector<std::string>& handles) = 0;
};

}  // namespace iotemu::neighbours::sqs
