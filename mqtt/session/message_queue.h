#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "mqtt/broker/message.h"

namespace iotemu::mqtt {

/// A QoS 1 delivery that is still owed.
struct OwedMessage {
  MessagePtr message{};
  bool retain{};  ///< goes out with RETAIN=1: answers a subscription (M3-52)
};

/// First in, first out; costs no memory while it is empty (a std::deque does, and sessions are many).
class MessageQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  /// Of all messages together.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void push(OwedMessage owed) {
    bytes_ += owed.message->bytes();
    items_.push_back(std::move(owed));
  }
  OwedMessage pop() {
    OwedMessage first = std::move(items_[head_++]);
    bytes_ -= first.message->bytes();
    if (empty()) {
      clear();
    } else if (head_ > 64 && head_ * 2 > items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(std::exchange(head_, 0)));
    }
    return first;
  }
  void append(MessageQueue&& other) {
    while (!other.empty()) push(other.pop());
  }
  void clear() {
    items_ = {};
    head_ = 0;
    bytes_ = 0;
  }

 private:
  std::vector<OwedMessage> items_;
  std::size_t head_{0};
  std::size_t bytes_{0};
};

}  // namespace iotemu::mqtt
