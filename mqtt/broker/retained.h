#pragma once

// The retained messages of one message space: at most one a topic (M3-51…57). They outlive sessions and
// connections. Any thread may call; values are immutable and shared, so a reader leaves with the message and
// no lock.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/broker/message.h"
#include "mqtt/broker/topic.h"

namespace iotemu::mqtt {

class RetainedStore {
 public:
  enum class Outcome : std::uint8_t {
    stored,
    deleted,  ///< the payload was empty: nothing is stored for the topic any more (M3-53)
    full,     ///< the topic is new and the cap is reached (M3-56), or the bytes are too many: not stored
  };

  static constexpr std::size_t kDefaultMaxMessages = 500'000;
  static constexpr std::size_t kDefaultMaxBytes = 512 * 1024 * 1024;

  explicit RetainedStore(std::size_t max_messages = kDefaultMaxMessages,
                         std::size_t max_bytes = kDefaultMaxBytes)
      : max_messages_{max_messages}, max_bytes_{max_bytes} {}

  /// Takes a message published with RETAIN=1, replacing the topic's former one. A message without RETAIN
  /// never comes here: it leaves the stored one untouched (M3-57).
  Outcome put(MessagePtr message, Tick now = {});

  // A message that has expired at `now` is as good as deleted (M5-14).

  /// What a new subscription gets: the message of the topic that the filter equals, to be sent with RETAIN=1.
  /// Null for filters with wildcards and for shared ones, which never receive retained messages (M3-52).
  [[nodiscard]] MessagePtr for_filter(const TopicFilter& filter, Tick now = {}) const;

  [[nodiscard]] MessagePtr find(std::string_view topic, Tick now = {}) const;
  bool erase(std::string_view topic);
  /// Up to `count` messages whose topics sort after `topic`, in the order of topics: a stable page.
  [[nodiscard]] std::vector<MessagePtr> list_after(std::string_view topic, std::size_t count,
                                                   Tick now = {}) const;
  [[nodiscard]] std::size_t size() const;
  void clear();

 private:
  using Messages = std::map<std::string, MessagePtr, std::less<>>;

  [[nodiscard]] bool fits(const Message& message) const;
  void forget_expired(Tick now);
  void forget(Messages::iterator at);
  void mind_expiry(Messages::const_iterator at);
  void forget_expiry(Messages::const_iterator at);

  const std::size_t max_messages_;
  const std::size_t max_bytes_;
  mutable std::shared_mutex mutex_;
  Messages messages_;
  std::set<std::pair<Tick, std::string_view>> expiring_;  ///< topics of messages_, earliest first
  std::size_t bytes_{0};
};

}  // namespace iotemu::mqtt
