#pragma once

// Whether an event loop that has nothing to do should look for more a little longer before it sleeps. A peer
// that answers at once is faster than falling asleep and being woken (microseconds, and tens of them where
// the processor sleeps as well); a peer that does not makes looking a waste. So: as long as it has paid
// lately, and now and then all the same. One thread's.

#include <algorithm>

namespace iotemu {

class Lookout {
 public:
  /// Calls `look` (true: there is something to do) until it finds something or has had its chances. False:
  /// nothing was found, or looking does not pay.
  template <class Look>
  bool keep(const Look& look) {
    if (credit_ == 0 && ++skipped_ % kTryAgain != 0) return false;
    for (int looks = 0; looks < kLooks; ++looks) {
      if (!look()) continue;
      if (looks > 0) credit_ = std::min(credit_ + 1, kMostCredit);
      return true;
    }
    credit_ = std::max(credit_ - 1, 0);
    return false;
  }

 private:
  /// Some 40 µs of system calls that find nothing.
  static constexpr int kLooks = 128;
  static constexpr int kMostCredit = 8;
  static constexpr unsigned kTryAgain = 32;
  int credit_{0};
  unsigned skipped_{0};
};

}  // namespace iotemu
