#pragma once

// Typed events from the one who changed something to whoever wants to know. A subscriber brings an Executor
// and is never called on the publisher's stack, so publishing under a lock is safe and events arrive in the
// order of the writes. Thread-safe. Subscriptions last as long as the bus.

#include <functional>
#include <memory>
#include <mutex>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "base/executor.h"

namespace iotemu {

class EventBus {
 public:
  template <class Event>
  void subscribe(Executor& executor, std::function<void(const Event&)> handler) {
    auto shared = std::make_shared<const std::function<void(const Event&)>>(std::move(handler));
    const std::lock_guard lock{mutex_};
    subscribers_[typeid(Event)].push_back([&executor, shared](const std::shared_ptr<const void>& event) {
      executor.post([shared, event] { (*shared)(*static_cast<const Event*>(event.get())); });
    });
  }

  template <class Event>
  void publish(Event event) {
    const std::lock_guard lock{mutex_};
    const auto found = subscribers_.find(typeid(Event));
    if (found == subscribers_.end()) return;
    const auto shared = std::make_shared<const Event>(std::move(event));
    for (const auto& deliver : found->second) deliver(shared);
  }

 private:
  using Deliver = std::function<void(const std::shared_ptr<const void>&)>;

  std::mutex mutex_;
  std::unordered_map<std::type_index, std::vector<Deliver>> subscribers_;
};

}  // namespace iotemu
