#pragma once

// The timers of one event loop, in exact order: those with the same instant fire in the order in which they
// were armed. Re-arming costs O(log n), so what happens on every packet (keep-alive) only notes the time and
// re-arms when the timer fires. Used by the loop's thread only, except `earliest()`.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace iotemu::mqtt {

class TimerQueue;

/// Fires once for each `arm`. Its owner keeps it at one address; destroying it disarms it.
class Timer {
 public:
  Timer(TimerQueue& queue, std::function<void()> fire) : queue_{queue}, fire_{std::move(fire)} {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces an earlier `arm`.
  void arm(Tick due);
  void disarm();
  [[nodiscard]] bool armed() const { return position_ != kNowhere; }

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  TimerQueue& queue_;
  std::function<void()> fire_;
  Tick due_{};
  std::uint64_t order_{};
  std::size_t position_{kNowhere};
};

class TimerQueue {
 public:
  /// Runs the timers that are due at `now`, also those that are armed meanwhile for `now` or before.
  void fire_due(Tick now);
  [[nodiscard]] std::optional<Tick> next_due() const;
  /// `next_due()` for other threads: as of the last change.
  [[nodiscard]] std::optional<Tick> earliest() const;

 private:
  friend class Timer;

  void insert(Timer& timer);
  void remove(Timer& timer);
  void sift_up(std::size_t at);
  void sift_down(std::size_t at);
  void place(std::size_t at, Timer* timer);
  void note_earliest();
  static bool before(const Timer& a, const Timer& b);

  static constexpr Duration::rep kNever = std::numeric_limits<Duration::rep>::max();

  std::vector<Timer*> heap_;  // binary heap, the earliest first
  std::uint64_t next_order_{0};
  std::atomic<Duration::rep> earliest_{kNever};
};

}  // namespace iotemu::mqtt
