#include "base/executor.h"

#include <cassert>

namespace iotemu {

void WorkCounter::add(std::size_t n) {
  const std::lock_guard lock{mutex_};
  pending_ += n;
}

void WorkCounter::done(std::size_t n) {
  const std::lock_guard lock{mutex_};
  assert(n <= pending_);
  pending_ -= n;
  if (pending_ == 0) idle_.notify_all();
}

bool WorkCounter::wait_idle(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  return idle_.wait_for(lock, limit, [this] { return pending_ == 0; });
}

}  // namespace iotemu
