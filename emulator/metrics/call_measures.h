#pragma once

// How often the user's code was called, how it ended and how long it took, by the kind of code. Counters
// only, which any thread may add to and read: none of them lies on the path of messages.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace iotemu::metrics {

class Exposition;

/// Who runs it.
enum class HandlerKind : std::uint8_t { callback, webhook, command, lambda };
inline constexpr std::size_t kHandlerKinds = 4;

class CallMeasures {
 public:
  /// From the call to its end: what waits for its turn waits for its caller too.
  void record(Duration took, bool failed) noexcept;

  /// Upper ends of the buckets, in milliseconds; what is longer is in none.
  static constexpr std::array<std::int64_t, 28> kBuckets{
      1,   2,   3,   5,     7,     10,    15,    20,    30,    50,     70,     100,    150,    200,
      300, 500, 700, 1'000, 1'500, 2'000, 3'000, 5'000, 7'000, 10'000, 15'000, 20'000, 30'000, 60'000};
  [[nodiscard]] std::uint64_t ended_well() const noexcept { return well_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
  /// Calls of bucket `at` alone; the last place is of those that took longer than all.
  [[nodiscard]] std::uint64_t in_bucket(std::size_t at) const noexcept {
    return buckets_.at(at).load(std::memory_order_relaxed);
  }
  [[nodiscard]] Duration total() const noexcept {
    return Duration{static_cast<Duration::rep>(total_ms_.load(std::memory_order_relaxed))};
  }

 private:
  std::atomic<std::uint64_t> well_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> total_ms_{0};
  std::array<std::atomic<std::uint64_t>, kBuckets.size() + 1> buckets_{};
};

/// One of each kind.
class HandlerMeasures {
 public:
  [[nodiscard]] CallMeasures& of(HandlerKind kind) { return measures_.at(static_cast<std::size_t>(kind)); }
  void expose(Exposition& exposition) const;

 private:
  std::array<CallMeasures, kHandlerKinds> measures_{};
};

}  // namespace iotemu::metrics
