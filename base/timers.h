#pragma once

// What shall happen later, by the emulator's clock: a token that expires, a provisioning that takes its time.
// Waiting is not work (see executor.h); what is due is posted to the executor and counts there. With a manual
// clock nothing happens by itself: its owner moves the clock to `next_due()` and calls `fire_due()`. Else a
// thread of its own waits. Any thread may call every member.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/task.h"

namespace iotemu {

class Timers {
 public:
  /// `clock` and `executor` outlive the timers.
  Timers(const Clock& clock, Executor& executor, bool manual_time);
  /// Stops.
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Posts `task` at that instant; at once if it has passed. Those of one instant run in the order of the
  /// calls.
  void at(Tick due, Task task);
  void after(Duration delay, Task task) { at(clock_.tick() + delay, std::move(task)); }

  /// The earliest instant that somebody waits for.
  [[nodiscard]] std::optional<Tick> next_due() const;
  /// Posts what is due at the clock's tick.
  void fire_due();
  /// Forgets what waits; later calls of `at` do nothing.
  void stop();

 private:
  void run();

  const Clock& clock_;
  Executor& executor_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<Tick, Task> waiting_;
  bool stopping_{false};
  std::thread thread_;
};

}  // namespace iotemu
