#pragma once

// A flood is not told one line a message: the first is, and every 10,000th behind it. Thread-safe.

#include <atomic>
#include <cstdint>

namespace iotemu::rule_engine {

class Seldom {
 public:
  /// How often it has happened, this time included, if that is to be told; else zero.
  std::uint64_t count() {
    const auto now = ++count_;
    return now % kEvery == 1 ? now : 0;
  }

 private:
  static constexpr std::uint64_t kEvery = 10'000;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace iotemu::rule_engine
