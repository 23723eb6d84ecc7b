#include "base/timers.h"

#include <pthread.h>

namespace iotemu {

Timers::Timers(const Clock& clock, Executor& executor, bool manual_time)
    : clock_{clock}, executor_{executor} {
  if (manual_time) return;
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "iotemu-timers");
}

Timers::~Timers() {
  stop();
}

void Timers::at(Tick due, Task task) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    if (due > clock_.tick()) {
      waiting_.emplace(due, std::move(task));
      wake_.notify_one();
      return;
    }
  }
  executor_.post(std::move(task));
}

std::optional<Tick> Timers::next_due() const {
  const std::lock_guard lock{mutex_};
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

void Timers::fire_due() {
  const std::lock_guard lock{mutex_};
  const Tick now = clock_.tick();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    executor_.post(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
}

void Timers::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Timers::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    const auto left = waiting_.empty() ? std::chrono::hours{1} : waiting_.begin()->first - clock_.tick();
    if (left > Duration::zero()) {
      wake_.wait_for(lock, left);
      continue;
    }
    executor_.post(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
}

}  // namespace iotemu
