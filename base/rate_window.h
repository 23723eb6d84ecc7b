#pragma once

// So many in each second, as the service counts its rates. A value of one thread, or of whoever holds its
// lock.

#include <cstddef>

#include "base/clock.h"

namespace iotemu {

/// At most `limit` in each second, counted from the first.
class RateWindow {
 public:
  [[nodiscard]] bool take(Tick now, std::size_t limit, std::size_t amount = 1) {
    if (now >= ends()) {
      begin_ = now;
      taken_ = 0;
    }
    if (taken_ + amount > limit) return false;
    taken_ += amount;
    return true;
  }
  /// When the second that is being counted ends.
  [[nodiscard]] Tick ends() const { return begin_ + kSecond; }

 private:
  static constexpr Duration kSecond{1000};
  Tick begin_{-kSecond};
  std::size_t taken_{0};
};

}  // namespace iotemu
