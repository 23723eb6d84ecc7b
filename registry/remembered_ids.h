#pragma once

// The last ids of something that is gone. Bounded: the oldest are forgotten. Not locked: its owner is.

#include <cstddef>
#include <deque>
#include <unordered_set>

namespace iotemu::registry {

template <class Id>
class RememberedIds {
 public:
  explicit RememberedIds(std::size_t capacity) : capacity_{capacity} {}

  void insert(const Id& id) {
    if (!ids_.insert(id).second) return;
    order_.push_back(id);
    if (order_.size() <= capacity_) return;
    ids_.erase(order_.front());
    order_.pop_front();
  }
  void erase(const Id& id) {
    if (ids_.erase(id) > 0) std::erase(order_, id);
  }
  [[nodiscard]] bool contains(const Id& id) const { return ids_.contains(id); }
  void clear() {
    ids_.clear();
    order_.clear();
  }

 private:
  std::size_t capacity_;
  std::unordered_set<Id> ids_;
  std::deque<Id> order_;
};

}  // namespace iotemu::registry
