#include "mqtt/broker/throttle.h"

namespace iotemu::mqtt {

bool SharedRate::take(Tick now, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  return window_.take(now, limit);
}

bool KeyedRate::take(std::string_view key, Tick now) {
  const std::lock_guard lock{mutex_};
  if (now - swept_ >= kSecond) {
    std::erase_if(last_, [&](const auto& entry) { return now - entry.second >= kSecond; });
    swept_ = now;
  }
  const auto [entry, is_new] = last_.try_emplace(std::string{key}, now);
  if (is_new) return true;
  if (now - entry->second < kSecond) return false;
  entry->second = now;
  return true;
}

}  // namespace iotemu::mqtt
