#include "mqtt/broker/match_cache.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace iotemu::mqtt {

MatchCache::MatchCache(const SubscriptionIndex& index, const Bounds& bounds)
    : index_{index},
      max_subscribers_{bounds.subscribers},
      slots_(std::bit_ceil(std::max<std::size_t>(bounds.topics, 1))),
      nobody_{std::make_shared<const std::vector<Subscription>>()} {}

MatchResult MatchCache::match(std::string_view topic) {
  Slot& slot = slots_[std::hash<std::string_view>{}(topic) & (slots_.size() - 1)];
  if (slot.generation == index_.generation() && slot.topic == topic) {
    ++hits_;
    return slot.result;
  }
  ++misses_;
  const std::uint64_t generation = index_.match(topic, scratch_);
  MatchResult result =
      scratch_.empty() ? nobody_ : std::make_shared<const std::vector<Subscription>>(scratch_);
  keep(slot, topic, generation, result);
  return result;
}

void MatchCache::keep(Slot& slot, std::string_view topic, std::uint64_t generation, MatchResult result) {
  if (slot.result) held_ -= slot.result->size();
  slot.generation = 0;
  slot.result.reset();
  if (result->size() > max_subscribers_) return;
  if (held_ + result->size() > max_subscribers_) {
    // Rare, and cheaper than to know which entries are worth keeping.
    std::fill(slots_.begin(), slots_.end(), Slot{});
    held_ = 0;
  }
  held_ += result->size();
  slot.generation = generation;
  slot.topic = topic;
  slot.result = std::move(result);
}

}  // namespace iotemu::mqtt
