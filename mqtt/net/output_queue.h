#pragma once

// Bytes that wait to be sent, in blocks of one TLS record each. Blocks come from the worker's pool and go
// back when they are sent, so an idle connection holds none.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotemu::mqtt {

/// One worker's spare blocks.
class BlockPool {
 public:
  static constexpr std::size_t kBlock = 16 * 1024;

  [[nodiscard]] std::string take() {
    std::string block;
    if (!spare_.empty()) {
      block = std::move(spare_.back());
      spare_.pop_back();
    } else {
      block.reserve(kBlock);
    }
    return block;
  }
  void give(std::string block) {
    if (block.capacity() > 2 * kBlock || spare_.size() >= kMostSpare) return;
    block.clear();
    spare_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kMostSpare = 256;
  std::vector<std::string> spare_;
};

class OutputQueue {
 public:
  explicit OutputQueue(BlockPool& pool) : pool_{pool} {}
  ~OutputQueue() { clear(); }
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  /// Where to append a packet of about `size` bytes.
  [[nodiscard]] std::string& room_for(std::size_t size) {
    if (first_ == blocks_.size() || blocks_.back().size() + size > BlockPool::kBlock) {
      if (first_ != blocks_.size()) full_bytes_ += blocks_.back().size();
      blocks_.push_back(pool_.take());
    }
    return blocks_.back();
  }
  [[nodiscard]] std::size_t size() const {
    return first_ == blocks_.size() ? 0 : full_bytes_ + blocks_.back().size() - sent_;
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  /// What to send next, at most one record.
  [[nodiscard]] std::string_view front() const {
    return std::string_view{blocks_[first_]}.substr(sent_, BlockPool::kBlock);
  }
  /// `bytes` of `front()` have been sent.
  void pop(std::size_t bytes) {
    sent_ += bytes;
    if (sent_ < blocks_[first_].size()) return;
    if (first_ + 1 < blocks_.size()) full_bytes_ -= blocks_[first_].size();
    sent_ = 0;
    pool_.give(std::move(blocks_[first_++]));
    if (first_ == blocks_.size()) {
      blocks_.clear();
      first_ = 0;
    } else if (first_ > 64 && first_ * 2 > blocks_.size()) {
      blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(std::exchange(first_, 0)));
    }
  }
  void clear() {
    while (first_ != blocks_.size()) pop(blocks_[first_].size() - sent_);
  }

 private:
  BlockPool& pool_;
  std::vector<std::string> blocks_;
  std::size_t first_{0};       // the block that is being sent
  std::size_t sent_{0};        // of that block
  std::size_t full_bytes_{0};  // in all blocks but the last
};

}  // namespace iotemu::mqtt
