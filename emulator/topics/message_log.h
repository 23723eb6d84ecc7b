#pragma once

// The recorder of one realm: whoever asked for a filter gets a copy of every message that matches it. Costs
// one atomic load a message while nobody asks. Thread-safe.

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "iotemu/events.h"
#include "mqtt/broker/message.h"

namespace iotemu::topics {

/// What one asker has been given so far, in the order of acceptance. At most `kMaxMessages`; later ones are
/// dropped.
class MessageRecord {
 public:
  static constexpr std::size_t kMaxMessages = 100'000;

  explicit MessageRecord(std::string filter) : filter_{std::move(filter)} {}

  [[nodiscard]] const std::string& filter() const { return filter_; }
  [[nodiscard]] std::vector<ReceivedMessage> messages() const;
  void add(const mqtt::Message& message);

 private:
  const std::string filter_;
  mutable std::mutex mutex_;
  std::vector<ReceivedMessage> messages_;
};

class MessageLog {
 public:
  /// Records what matches `filter` from now on.
  std::shared_ptr<const MessageRecord> record(std::string filter);

  [[nodiscard]] bool wants(std::string_view topic) const;
  void add(const mqtt::Message& message);

 private:
  std::atomic<bool> asked_{false};
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<MessageRecord>> records_;
};

}  // namespace iotemu::topics
