#include "registry/store.h"

namespace iotemu::registry {

Status MemoryStore::write(std::span<const Change> /*changes*/) {
  return Ok{};
}
void MemoryStore::when_durable(std::function<void(Status)> done) {
  done(Ok{});
}

void FailingStore::fail_after(int writes) {
  const std::lock_guard lock{mutex_};
  countdown_ = writes;
}

Status FailingStore::write(std::span<const Change> changes) {
  {
    const std::lock_guard lock{mutex_};
    const bool fails = countdown_ == 0;
    if (countdown_ >= 0) --countdown_;
    if (fails) return Error{Errc::io, "The store cannot be written: failure asked for by the test"};
  }
  return inner_.write(changes);
}

void FailingStore::when_durable(std::function<void(Status)> done) {
  inner_.when_durable(std::move(done));
}

}  // namespace iotemu::registry
