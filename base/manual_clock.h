#pragma once

// The twin of SystemClock for tests: time stands still until the owner moves it. Both time lines move
// together. Thread-safe. Firing of due timers is the business of whoever owns them (see `Emulator::advance`).

#include <atomic>

#include "base/clock.h"

namespace iotemu {

class ManualClock final : public Clock {
 public:
  /// 2026-01-01T00:00:00Z: a fixed date, so that certificates and answers are the same in every run.
  static constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

  explicit ManualClock(Time start = kStart) : start_{start} {}

  [[nodiscard]] Time now() const override { return start_ + Duration{elapsed_.load()}; }
  [[nodiscard]] Tick tick() const override { return Tick{Duration{elapsed_.load()}}; }

  void advance(Duration by) { elapsed_ += by.count(); }

 private:
  Time start_;
  std::atomic<Duration::rep> elapsed_{0};
};

}  // namespace iotemu
