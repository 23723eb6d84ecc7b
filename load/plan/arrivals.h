#pragma once

// Which devices a load machine plays and when each one arrives: the open model. An arrival is a point in time
// that nothing moves, least of all a slow server. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "load/plan/instant.h"
#include "load/results.h"

namespace iotemu::load {

/// The devices of the whole plan have the indexes 0 … devices - 1, and index d arrives at d / rate whoever
/// plays it. Shard i of n plays every n-th, so that the shards together are the one plan.
class Arrivals {
 public:
  /// `rate` in devices a second over all shards; 0: all at once. The shard's index is at most its `of`.
  Arrivals(std::uint64_t devices, double rate, Shard shard = {});

  /// The devices of this shard.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The index in the whole plan of this shard's `nth` device.
  [[nodiscard]] std::uint64_t device(std::uint64_t nth) const { return nth * shard_.of + shard_.index - 1; }
  /// When it arrives, after the start of the plan.
  [[nodiscard]] Nanos due(std::uint64_t nth) const { return due_of(device(nth)); }
  /// From the start to the last arrival of the whole plan.
  [[nodiscard]] Nanos span() const { return devices_ == 0 ? Nanos{0} : due_of(devices_ - 1); }

 private:
  [[nodiscard]] Nanos due_of(std::uint64_t device) const;

  std::uint64_t devices_;
  double rate_;
  Shard shard_;
  std::uint64_t count_;
};

/// "2/5". Errc::invalid_request with a sentence.
Result<Shard> parse_shard(std::string_view text);

/// A positive number, or "all", which is 0.
Result<double> parse_rate(std::string_view text);

}  // namespace iotemu::load
