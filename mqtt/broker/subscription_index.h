#pragma once

// Who gets a message: every subscription of one message space, in one trie behind one shared lock. The broker
// owns it; any worker may read and write it. Readers share the lock, and a worker that asks through its own
// MatchCache does not even take it while the subscriptions stand still.
//
// A subscriber is an opaque number of the broker's choice. Let it carry the home worker in its upper bits,
// and a result can be grouped by worker without another look-up. A shared group (`$share/…`) is one
// subscriber too: insert the group's number under the filter's pattern, and let the broker pick the member.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "mqtt/broker/topic.h"
#include "mqtt/codec/qos.h"

namespace iotemu::mqtt {

using SubscriberId = std::uint64_t;

/// One subscriber's interest. `no_local` and `retain_as_published` are options of MQTT 5.
struct Subscription {
  SubscriberId subscriber{};
  QoS qos{};
  bool no_local{};
  bool retain_as_published{};

  friend bool operator==(const Subscription& a, const Subscription& b) = default;
};

class SubscriptionIndex {
 public:
  /// Of `rules` only `hash_matches_parent` matters here.
  explicit SubscriptionIndex(const TopicRules& rules);
  ~SubscriptionIndex();
  SubscriptionIndex(const SubscriptionIndex&) = delete;
  SubscriptionIndex& operator=(const SubscriptionIndex&) = delete;

  /// Puts the subscription under the filter's pattern. The same subscriber under the same pattern is replaced
  /// (M3-31); returns whether it is new.
  bool insert(const TopicFilter& filter, const Subscription& subscription);
  /// Returns whether there was one.
  bool erase(const TopicFilter& filter, SubscriberId subscriber);
  void clear();

  /// Replaces `out` by the subscribers of a valid topic name, each once, in no particular order: where
  /// several filters of one subscriber match, the highest QoS counts (M3-35), it wants its own messages if
  /// one of them does, and RETAIN as published if one of them does. Returns the generation that the answer
  /// belongs to.
  std::uint64_t match(std::string_view topic, std::vector<Subscription>& out) const;

  /// Moves with every change of a subscription. One atomic load.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  /// The number of subscriptions.
  [[nodiscard]] std::size_t size() const;

 private:
  class Trie;

  const bool hash_matches_parent_;
  mutable std::shared_mutex mutex_;
  std::unique_ptr<Trie> trie_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace iotemu::mqtt
