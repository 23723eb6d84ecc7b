#pragma once

// An immutable value that is replaced whole, with a generation. Writers publish from any thread; a Reader
// belongs to one thread and pays one atomic load until the generation moves.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace iotemu {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> initial) : value_{std::move(initial)} {}

  void publish(std::shared_ptr<const T> next) {
    const std::lock_guard lock{mutex_};
    value_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
  }

  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }

  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock{mutex_};
    return value_;
  }

  /// One thread's view.
  class Reader {
   public:
    explicit Reader(const Snapshot& source) : source_{&source} {}
    const T& operator*() {
      refresh();
      return *value_;
    }
    const T* operator->() { return &**this; }

   private:
    void refresh() {
      const auto generation = source_->generation();
      if (value_ && generation == seen_) return;
      value_ = source_->get();
      seen_ = generation;
    }

    const Snapshot* source_;
    std::shared_ptr<const T> value_;
    std::uint64_t seen_{0};
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace iotemu
