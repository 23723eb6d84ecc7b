#pragma once

// The per-second rates of the cloud, in force with `BrokerOptions::throttle` only (M3-12, M3-41, M3-46,
// M3-56).

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/rate_window.h"

namespace iotemu::mqtt {

/// One rate for all loops. Any thread.
class SharedRate {
 public:
  [[nodiscard]] bool take(Tick now, std::size_t limit);

 private:
  std::mutex mutex_;
  RateWindow window_;
};

/// Once a second for each key. Any thread. Remembers keys for a second only.
class KeyedRate {
 public:
  [[nodiscard]] bool take(std::string_view key, Tick now);

 private:
  static constexpr Duration kSecond{1000};
  std::mutex mutex_;
  std::unordered_map<std::string, Tick> last_;
  Tick swept_{};
};

}  // namespace iotemu::mqtt
