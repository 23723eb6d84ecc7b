#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "load/json_members.h"

namespace iotemu::load {
namespace {

/// Values below this are their own bucket: 2,048 of them tell 1 from 1.001 at three digits.
constexpr std::uint64_t kExact = 2048;
constexpr int kExactBits = 11;
/// Buckets of each power of two above: the upper half of the linear ones.
constexpr std::uint64_t kHalf = kExact / 2;

/// By how many bits a value is shortened to fall among the linear buckets of its power of two.
constexpr int shift_of(std::uint64_t value) {
  return value < kExact ? 0 : static_cast<int>(std::bit_width(value)) - kExactBits;
}

constexpr std::size_t bucket(std::uint64_t value) {
  const int shift = shift_of(value);
  return static_cast<std::size_t>(shift) * kHalf + static_cast<std::size_t>(value >> shift);
}

constexpr std::size_t kBuckets = bucket(Histogram::kLargest) + 1;

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

std::size_t Histogram::bucket_of(std::uint64_t value) noexcept {
  return bucket(value);
}

std::uint64_t Histogram::lowest_of(std::size_t index) noexcept {
  if (index < kExact) return index;
  const auto shift = index / kHalf - 1;
  return (index - shift * kHalf) << shift;
}

std::uint64_t Histogram::highest_of(std::size_t index) noexcept {
  return lowest_of(index + 1) - 1;
}

void Histogram::record(std::uint64_t value, std::uint64_t times) noexcept {
  if (times == 0) return;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  counts_[bucket_of(std::min(value, kLargest))] += times;
  count_ += times;
  sum_ += std::min(value, kLargest) * times;
}

void Histogram::record(Micros latency, std::uint64_t times) noexcept {
  record(static_cast<std::uint64_t>(std::max<Micros::rep>(latency.count(), 0)), times);
}

void Histogram::merge(const Histogram& other) noexcept {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

std::optional<std::uint64_t> Histogram::min() const noexcept {
  if (count_ == 0) return std::nullopt;
  return min_;
}

std::optional<std::uint64_t> Histogram::max() const noexcept {
  if (count_ == 0) return std::nullopt;
  return max_;
}

std::optional<double> Histogram::mean() const noexcept {
  if (count_ == 0) return std::nullopt;
  return static_cast<double>(sum_) / static_cast<double>(count_);
}

std::optional<std::uint64_t> Histogram::percentile(double percent) const noexcept {
  if (count_ == 0) return std::nullopt;
  const double share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
  // 99.9 % of 1,000 is 999, although 99.9 is no number of a double.
  const double wanted = std::ceil(share * (1 - 1e-12));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == count_) return max_;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += counts_[i];
    if (below >= rank) return std::clamp(highest_of(i), min_, max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> filled;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] == 0) continue;
    filled.push_back({.lowest = lowest_of(i), .highest = highest_of(i), .count = counts_[i]});
  }
  return filled;
}

Json Histogram::to_json() const {
  if (count_ == 0) return {{"count", 0}};
  Json listed = Json::array();
  for (const auto& one : buckets()) listed.push_back({one.lowest, one.count});
  return {{"count", count_},
          {"sum", sum_},
          {"min", min_},
          {"max", max_},
          {"percentiles",
           {{"p50", *percentile(50)},
            {"p90", *percentile(90)},
            {"p99", *percentile(99)},
            {"p99.9", *percentile(99.9)}}},
          {"buckets", std::move(listed)}};
}

Result<Histogram> Histogram::from_json(const Json& json) {
  Members members{json, {}};
  Histogram read;
  const auto count = members.number("count");
  if (count == 0) {
    if (auto done = members.done(); !done) return done.error();
    return read;
  }
  read.sum_ = members.number("sum");
  read.min_ = members.number("min");
  read.max_ = members.number("max");
  (void)members.object("percentiles");  // for readers; the buckets tell them
  for (const auto& pair : members.array("buckets")) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_unsigned() ||
        !pair[1].is_number_unsigned()) {
      return unreadable("'buckets' has an element that is not [value, count]");
    }
    const auto value = pair[0].get<std::uint64_t>();
    const auto times = pair[1].get<std::uint64_t>();
    if (value > kLargest || lowest_of(bucket_of(value)) != value) {
      return unreadable("'buckets' has the value " + std::to_string(value) + ", with which no bucket begins");
    }
    auto& held = read.counts_[bucket_of(value)];
    if (held != 0 || times == 0) {
      return unreadable("'buckets' has the value " + std::to_string(value) + " twice, or without a count");
    }
    held = times;
    read.count_ += times;
  }
  if (auto done = members.done(); !done) return done.error();
  if (read.count_ != count) {
    return unreadable("'count' is " + std::to_string(count) + ", the buckets hold " +
                      std::to_string(read.count_));
  }
  return read;
}

}  // namespace iotemu::load
