#pragma once

// One worker's memory of recent matches, since publishers repeat their topics. Bounded in topics and in
// subscribers held; an entry is valid as long as the index's generation is the one that it was made at. A
// topic has four slots to stand in, told by its hash. Used by one thread; the results are immutable and may
// travel to other threads.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/broker/subscription_index.h"

namespace iotemu::mqtt {

using MatchResult = std::shared_ptr<const std::vector<Subscription>>;

class MatchCache {
 public:
  struct Bounds {
    std::size_t topics{4096};  ///< rounded up to a power of two, at least four
    std::size_t subscribers{262'144};
  };

  explicit MatchCache(const SubscriptionIndex& index) : MatchCache{index, Bounds{}} {}
  MatchCache(const SubscriptionIndex& index, const Bounds& bounds);

  /// What SubscriptionIndex::match answers; never null.
  [[nodiscard]] MatchResult match(std::string_view topic);

  [[nodiscard]] std::uint64_t hits() const { return hits_; }
  [[nodiscard]] std::uint64_t misses() const { return misses_; }

 private:
  static constexpr std::size_t kWays = 4;

  struct Slot {
    std::size_t hash{0};
    std::uint64_t generation{0};
    std::string topic{};
    MatchResult result{};
  };

  /// The kWays slots for this hash.
  [[nodiscard]] std::span<Slot> slots_for(std::size_t hash);
  void keep(std::size_t hash, std::string_view topic, std::uint64_t generation, MatchResult result);

  const SubscriptionIndex& index_;
  std::size_t max_topics_;
  std::size_t max_subscribers_;
  std::vector<Slot> slots_;  ///< made by the first match: most message spaces of a worker stay silent
  MatchResult nobody_;
  std::vector<Subscription> scratch_;
  std::size_t held_{0};
  std::size_t next_victim_{0};
  std::uint64_t hits_{0};
  std::uint64_t misses_{0};
};

}  // namespace iotemu::mqtt
