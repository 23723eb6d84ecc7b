#pragma once

// Time as load is planned and measured in: a line that only grows, in nanoseconds, where the milliseconds of
// base/clock.h would blur a round trip. The port, its production form, and the twin for tests.

#include <chrono>
#include <limits>

namespace iotemu::load {

using Nanos = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Nanos>;

/// Later than everything.
inline constexpr Instant kNever = Instant::max();
/// Longer than any run.
inline constexpr Nanos kForever = std::chrono::hours{24 * 365};

class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

/// The machine's. Any thread.
class SystemStopwatch final : public Stopwatch {
 public:
  [[nodiscard]] Instant now() const override;
};

/// Stands still until it is moved.
class ManualStopwatch final : public Stopwatch {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  void advance(Nanos by) { now_ += by; }

 private:
  Instant now_{};
};

}  // namespace iotemu::load
