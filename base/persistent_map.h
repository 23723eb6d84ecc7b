#pragma once

// A map from texts to values that never changes: `with` and `without` make another one, which shares with the
// first all but the path to what differs. A change costs the depth of the tree, not its size, and whoever
// holds an older map keeps it. A hash trie of 32 branches a level. Immutable: shared between threads.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotemu {

template <class Value, class Hash = std::hash<std::string_view>>
class PersistentMap {
 public:
  PersistentMap() = default;

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Null: there is none.
  [[nodiscard]] const Value* find(std::string_view key) const {
    auto rest = Hash{}(key);
    for (const Branch* branch = root_.get(); branch != nullptr; rest >>= kBits) {
      const auto bit = bit_of(rest);
      if ((branch->taken & bit) == 0) return nullptr;
      const Slot& slot = branch->slots[branch->index_of(bit)];
      if (slot.leaf) return value_in(slot.leaf.get(), key);
      branch = slot.branch.get();
    }
    return nullptr;
  }

  /// One more, or another value for the key.
  [[nodiscard]] PersistentMap with(std::string_view key, Value value) const {
    const auto hash = Hash{}(key);
    const bool is_new = find(key) == nullptr;
    Leaf leaf{.key = std::string{key}, .value = std::move(value), .hash = hash};
    auto root = root_ ? inserted(*root_, 0, std::move(leaf)) : inserted(Branch{}, 0, std::move(leaf));
    return {std::move(root), size_ + (is_new ? 1 : 0)};
  }

  [[nodiscard]] PersistentMap without(std::string_view key) const {
    if (find(key) == nullptr) return *this;
    return {removed(*root_, Hash{}(key), key), size_ - 1};
  }

  /// Shows the values, in no order that means anything, until `wanted` answers true.
  template <class Wanted>
  bool any_of(const Wanted& wanted) const {
    return root_ && any_of(*root_, wanted);
  }

 private:
  static constexpr unsigned kBits = 5;

  struct Branch;
  struct Leaf;
  using BranchPtr = std::shared_ptr<const Branch>;
  using LeafPtr = std::shared_ptr<const Leaf>;

  struct Leaf {
    std::string key{};
    Value value{};
    std::size_t hash{0};
    LeafPtr next{};  ///< Another key of the same hash.
  };
  /// One of the two.
  struct Slot {
    LeafPtr leaf{};
    BranchPtr branch{};
  };
  struct Branch {
    std::uint32_t taken{0};  ///< A bit for each slot.
    std::vector<Slot> slots{};

    [[nodiscard]] std::size_t index_of(std::uint32_t bit) const {
      return static_cast<std::size_t>(std::popcount(taken & (bit - 1)));
    }
  };

  PersistentMap(BranchPtr root, std::size_t size) : root_{std::move(root)}, size_{size} {}

  static std::uint32_t bit_of(std::size_t hash) { return std::uint32_t{1} << (hash & 31U); }

  static const Value* value_in(const Leaf* leaf, std::string_view key) {
    while (leaf != nullptr && leaf->key != key) leaf = leaf->next.get();
    return leaf == nullptr ? nullptr : &leaf->value;
  }

  /// The chain without the key.
  static LeafPtr without_key(const LeafPtr& chain, std::string_view key) {
    if (!chain) return nullptr;
    if (chain->key == key) return chain->next;
    Leaf first = *chain;
    first.next = without_key(chain->next, key);
    return std::make_shared<const Leaf>(std::move(first));
  }

  static BranchPtr inserted(const Branch& old, unsigned shift, Leaf leaf) {
    auto next = std::make_shared<Branch>(old);
    const auto bit = bit_of(leaf.hash >> shift);
    const auto index = old.index_of(bit);
    if ((old.taken & bit) == 0) {
      next->taken |= bit;
      next->slots.insert(next->slots.begin() + static_cast<std::ptrdiff_t>(index),
                         Slot{.leaf = std::make_shared<const Leaf>(std::move(leaf))});
      return next;
    }
    Slot& slot = next->slots[index];
    if (slot.branch) {
      slot.branch = inserted(*slot.branch, shift + kBits, std::move(leaf));
    } else if (slot.leaf->hash == leaf.hash) {
      leaf.next = without_key(slot.leaf, leaf.key);
      slot.leaf = std::make_shared<const Leaf>(std::move(leaf));
    } else {  // The hashes differ, so they part on some level below.
      Branch alone{.taken = bit_of(slot.leaf->hash >> (shift + kBits))};
      alone.slots.push_back({.leaf = std::move(slot.leaf)});
      slot = {.branch = inserted(alone, shift + kBits, std::move(leaf))};
    }
    return next;
  }

  /// The key is there. Null: nothing is left. `hash`: what of it is for this level and those below.
  static BranchPtr removed(const Branch& old, std::size_t hash, std::string_view key) {
    const auto bit = bit_of(hash);
    const auto index = old.index_of(bit);
    const Slot& slot = old.slots[index];
    Slot left;
    if (slot.leaf) {
      left.leaf = without_key(slot.leaf, key);
    } else if (auto branch = removed(*slot.branch, hash >> kBits, key)) {
      // A leaf that is alone needs no branch.
      const bool is_lone = branch->slots.size() == 1 && branch->slots.front().leaf;
      left = is_lone ? branch->slots.front() : Slot{.branch = std::move(branch)};
    }
    const bool is_gone = !left.leaf && !left.branch;
    if (is_gone && old.slots.size() == 1) return nullptr;
    auto next = std::make_shared<Branch>(old);
    if (is_gone) {
      next->taken &= ~bit;
      next->slots.erase(next->slots.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
      next->slots[index] = std::move(left);
    }
    return next;
  }

  template <class Wanted>
  static bool any_of(const Branch& branch, const Wanted& wanted) {
    for (const Slot& slot : branch.slots) {
      if (slot.branch && any_of(*slot.branch, wanted)) return true;
      for (const Leaf* leaf = slot.leaf.get(); leaf != nullptr; leaf = leaf->next.get()) {
        if (wanted(leaf->value)) return true;
      }
    }
    return false;
  }

  BranchPtr root_{};
  std::size_t size_{0};
};

}  // namespace iotemu
