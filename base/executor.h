#pragma once

// Where work is posted. Every executor counts what it has accepted and not finished in one shared
// WorkCounter, so that `settle()` can exist: it returns when the counter is zero. A timer that waits for its
// time is not work; a webhook under way is (its owner holds a WorkToken).

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/task.h"

namespace iotemu {

/// Counts unfinished work across threads. Shared by all executors of one emulator.
class WorkCounter {
 public:
  void add(std::size_t n = 1);
  void done(std::size_t n = 1);
  /// Waits until nothing is unfinished; false if `limit` (real time) passes first.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t pending_{0};
};

/// Holds the counter up while it lives: for work that is not a posted task (a child process, an HTTP
/// request).
class WorkToken {
 public:
  WorkToken() = default;
  explicit WorkToken(WorkCounter& counter) : counter_{&counter} { counter.add(); }
  WorkToken(WorkToken&& other) noexcept : counter_{std::exchange(other.counter_, nullptr)} {}
  WorkToken& operator=(WorkToken&& other) noexcept {
    const WorkToken finished{std::move(*this)};
    counter_ = std::exchange(other.counter_, nullptr);
    return *this;
  }
  ~WorkToken() {
    if (counter_ != nullptr) counter_->done();
  }

 private:
  WorkCounter* counter_{nullptr};
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// Runs `task` later on this executor's thread. Never runs it inside the call. Any thread may post.
  virtual void post(Task task) = 0;
};

}  // namespace iotemu
