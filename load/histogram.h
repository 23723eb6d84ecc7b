#pragma once

// How often which value was seen, in fixed memory: what latencies are recorded into. Buckets are log-linear
// as in HdrHistogram: values below 2,048 are exact, each power of two above has 1,024 buckets, so that a
// value read back is at most 0.1 % from the one recorded. A value, owned by one thread at a time: each loader
// thread has its own, and merging adds them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::load {

using Micros = std::chrono::microseconds;

/// Values are microseconds where latencies are recorded, and plain numbers elsewhere (attempts of a device).
class Histogram {
 public:
  /// One hour. Larger values are recorded as this one; `max()` still tells the true one.
  static constexpr std::uint64_t kLargest = 3'600'000'000;

  /// All the memory that it ever takes: some 190 kB.
  Histogram();

  /// Never allocates. Negative durations count as 0.
  void record(std::uint64_t value, std::uint64_t times = 1) noexcept;
  void record(Micros latency, std::uint64_t times = 1) noexcept;

  /// Adds all that `other` holds. The result is what one histogram would hold that had seen both.
  void merge(const Histogram& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Exact; absent when nothing was recorded, as all below.
  [[nodiscard]] std::optional<std::uint64_t> min() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> max() const noexcept;
  [[nodiscard]] std::optional<double> mean() const noexcept;
  /// The value that `percent` (0 to 100) of the recorded ones do not exceed; 100 is `max()`. At most 0.1 %
  /// above the recorded value, never above the largest one.
  [[nodiscard]] std::optional<std::uint64_t> percentile(double percent) const noexcept;

  /// What lies in one bucket: `count` values from `lowest` to `highest`, both included.
  struct Bucket {
    std::uint64_t lowest{};
    std::uint64_t highest{};
    std::uint64_t count{};
  };
  /// Those that hold something, in ascending order.
  [[nodiscard]] std::vector<Bucket> buckets() const;

  /// {"count", "sum", "min", "max", "percentiles": {"p50", …}, "buckets": [[lowest, count], …]}; an empty one
  /// is {"count": 0}.
  [[nodiscard]] Json to_json() const;
  /// Strict: unknown members, values that start no bucket, or sums that do not add up are Errc::serialization
  /// with a sentence that names the member.
  [[nodiscard]] static Result<Histogram> from_json(const Json& json);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept;
  [[nodiscard]] static std::uint64_t lowest_of(std::size_t bucket) noexcept;
  [[nodiscard]] static std::uint64_t highest_of(std::size_t bucket) noexcept;

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_{0};
  std::uint64_t sum_{0};
  std::uint64_t min_{0};
  std::uint64_t max_{0};
};

}  // namespace iotemu::load
