#include "mqtt/broker/match_cache.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace iotemu::mqtt {

MatchCache::MatchCache(const SubscriptionIndex& index, const Bounds& bounds)
    : index_{index},
      max_topics_{std::bit_ceil(std::max(bounds.topics, kWays))},
      max_subscribers_{bounds.subscribers},
      nobody_{std::make_shared<const std::vector<Subscription>>()} {}

MatchResult MatchCache::match(std::string_view topic) {
  if (slots_.empty()) slots_.resize(max_topics_);
  const std::size_t hash = std::hash<std::string_view>{}(topic);
  const std::uint64_t now = index_.generation();
  for (const Slot& slot : slots_for(hash)) {
    if (slot.generation != now || slot.hash != hash || slot.topic != topic) continue;
    ++hits_;
    return slot.result;
  }
  ++misses_;
  const std::uint64_t generation = index_.match(topic, scratch_);
  MatchResult result =
      scratch_.empty() ? nobody_ : std::make_shared<const std::vector<Subscription>>(scratch_);
  keep(hash, topic, generation, result);
  return result;
}

std::span<MatchCache::Slot> MatchCache::slots_for(std::size_t hash) {
  const std::size_t sets = slots_.size() / kWays;
  return std::span{slots_}.subspan((hash & (sets - 1)) * kWays, kWays);
}

void MatchCache::keep(std::size_t hash, std::string_view topic, std::uint64_t generation,
                      MatchResult result) {
  if (result->size() > max_subscribers_) return;
  const std::span<Slot> slots = slots_for(hash);
  auto slot =
      std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.generation != generation; });
  if (slot == slots.end()) slot = slots.begin() + static_cast<std::ptrdiff_t>(next_victim_++ % kWays);

  if (slot->result) held_ -= slot->result->size();
  if (held_ + result->size() > max_subscribers_) {
    // Rare, and cheaper than to know which entries are worth keeping.
    std::fill(slots_.begin(), slots_.end(), Slot{});
    held_ = 0;
  }
  held_ += result->size();
  slot->hash = hash;
  slot->generation = generation;
  slot->topic = topic;
  slot->result = std::move(result);
}

}  // namespace iotemu::mqtt
