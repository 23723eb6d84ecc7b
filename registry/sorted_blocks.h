#pragma once

// A set in order, in blocks of neighbours: what a page of a list walks. Against a tree it takes a block
// instead of a node per value, and the next value lies beside the last one. Values that compare equal are
// one. An insertion or erasure moves part of one block, and ends every iterator. Not locked: its owner is.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace iotemu::registry {

/// `Less` is transparent: it compares values and whatever keys the look-ups are called with.
template <class T, class Less>
class SortedBlocks {
  using Block = std::vector<T>;

 public:
  class Iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Iterator() = default;
    reference operator*() const { return (*block_)[at_]; }
    pointer operator->() const { return &**this; }
    Iterator& operator++() {
      if (++at_ == block_->size()) {
        ++block_;
        at_ = 0;
      }
      return *this;
    }
    Iterator& operator--() {
      if (at_ == 0) at_ = (--block_)->size();
      --at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class SortedBlocks;
    Iterator(const Block* block, std::size_t at) : block_{block}, at_{at} {}
    const Block* block_{};  ///< Past the last one at the end.
    std::size_t at_{};
  };

  /// How many values a block holds: a power of two, which is where a growing vector stops.
  static constexpr std::size_t kCapacity = std::max<std::size_t>(64, std::bit_floor(4096 / sizeof(T)));

  [[nodiscard]] bool empty() const { return blocks_.empty(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Iterator begin() const { return {blocks_.data(), 0}; }
  [[nodiscard]] Iterator end() const { return {blocks_.data() + blocks_.size(), 0}; }

  /// The first value that is not before `key`.
  template <class Key>
  [[nodiscard]] Iterator lower_bound(const Key& key) const {
    return first_of([&](const T& value) { return !less_(value, key); });
  }
  /// The first value after `key`.
  template <class Key>
  [[nodiscard]] Iterator upper_bound(const Key& key) const {
    return first_of([&](const T& value) { return less_(key, value); });
  }
  template <class Key>
  [[nodiscard]] Iterator find(const Key& key) const {
    const auto at = lower_bound(key);
    return at == end() || less_(key, *at) ? end() : at;
  }
  /// How many values lie between the two, in steps of a block each.
  [[nodiscard]] static std::size_t distance(Iterator from, const Iterator& to) {
    std::size_t count = 0;
    for (; from.block_ != to.block_; ++from.block_, from.at_ = 0) count += from.block_->size() - from.at_;
    return count + to.at_ - from.at_;
  }

  /// Inserts, or takes the place of the one that is equal.
  void put(T value) {
    if (blocks_.empty() || less_(blocks_.back().back(), value)) return append(std::move(value));
    const auto at = lower_bound(value);
    auto block = blocks_.begin() + (at.block_ - blocks_.data());
    auto place = block->begin() + static_cast<std::ptrdiff_t>(at.at_);
    if (!less_(value, *place)) {
      *place = std::move(value);
      return;
    }
    ++size_;
    if (block->size() < kCapacity) {
      block->insert(place, std::move(value));
      return;
    }
    constexpr auto kHalf = static_cast<std::ptrdiff_t>(kCapacity / 2);
    const auto offset = place - block->begin();
    Block upper{std::make_move_iterator(block->begin() + kHalf), std::make_move_iterator(block->end())};
    block->erase(block->begin() + kHalf, block->end());
    block = blocks_.insert(block + 1, std::move(upper));
    if (offset <= kHalf) {
      --block;
      block->insert(block->begin() + offset, std::move(value));
    } else {
      block->insert(block->begin() + offset - kHalf, std::move(value));
    }
  }

  /// Nothing happens when there is none.
  template <class Key>
  void erase(const Key& key) {
    const auto at = find(key);
    if (at == end()) return;
    --size_;
    const auto block = blocks_.begin() + (at.block_ - blocks_.data());
    block->erase(block->begin() + static_cast<std::ptrdiff_t>(at.at_));
    if (block->empty()) {
      blocks_.erase(block);
      return;
    }
    if (block->size() > kCapacity / 4) return;
    if (block + 1 != blocks_.end() && join(block)) return;
    if (block != blocks_.begin()) join(block - 1);
  }

  void clear() {
    blocks_.clear();
    size_ = 0;
  }

 private:
  using Blocks = std::vector<Block>;

  /// `holds` is false for the values up to somewhere, and true from there.
  template <class Holds>
  [[nodiscard]] Iterator first_of(Holds holds) const {
    const auto fails = [&](const T& value) { return !holds(value); };
    const auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                            [&](const Block& each) { return fails(each.back()); });
    if (block == blocks_.end()) return end();
    const auto at = std::partition_point(block->begin(), block->end(), fails);
    return {blocks_.data() + (block - blocks_.begin()), static_cast<std::size_t>(at - block->begin())};
  }

  /// What comes in order leaves full blocks behind.
  void append(T value) {
    ++size_;
    if (blocks_.empty() || blocks_.back().size() == kCapacity) blocks_.emplace_back();
    blocks_.back().push_back(std::move(value));
  }

  /// Takes the next block in, if the two are small enough not to be split again soon.
  bool join(typename Blocks::iterator block) {
    const auto next = block + 1;
    if (block->size() + next->size() > kCapacity / 2) return false;
    block->insert(block->end(), std::make_move_iterator(next->begin()), std::make_move_iterator(next->end()));
    blocks_.erase(next);
    return true;
  }

  Blocks blocks_;  ///< None is empty.
  std::size_t size_{0};
  [[no_unique_address]] Less less_;
};

}  // namespace iotemu::registry
