#pragma once

// Tables of immutable records. Readers take a shard's lock for the time of one look-up and leave with a
// shared_ptr; writers are already serialised by their owner. The order index serves paging.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/paging.h"
#include "registry/sorted_blocks.h"

namespace iotemu::registry {

/// A hash table of `shared_ptr<const Record>` in shards. `Record::key()` names the record.
template <class Key, class Record>
class ShardedMap {
 public:
  using Pointer = std::shared_ptr<const Record>;

  /// Null when there is none.
  [[nodiscard]] Pointer find(const Key& key) const {
    const auto& shard = shard_of(key);
    const std::shared_lock lock{shard.mutex};
    const auto found = shard.records.find(key);
    return found == shard.records.end() ? nullptr : found->second;
  }

  /// Inserts or replaces; answers what was there before.
  Pointer put(Pointer record) {
    auto& shard = shard_of(record->key());
    const std::unique_lock lock{shard.mutex};
    return std::exchange(shard.records[record->key()], std::move(record));
  }

  Pointer erase(const Key& key) {
    auto& shard = shard_of(key);
    const std::unique_lock lock{shard.mutex};
    const auto found = shard.records.find(key);
    if (found == shard.records.end()) return nullptr;
    auto old = std::move(found->second);
    shard.records.erase(found);
    return old;
  }

  void clear() {
    for (auto& shard : shards_) {
      const std::unique_lock lock{shard.mutex};
      shard.records.clear();
    }
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<Key, Pointer> records;
  };

  [[nodiscard]] const Shard& shard_of(const Key& key) const {
    return shards_[std::hash<Key>{}(key) % kShards];
  }
  [[nodiscard]] Shard& shard_of(const Key& key) { return shards_[std::hash<Key>{}(key) % kShards]; }

  std::array<Shard, kShards> shards_;
};

/// Records in the order of (created_at, key_text()). Not locked: its owner is.
template <class Record>
class CreationOrder {
 public:
  using Pointer = std::shared_ptr<const Record>;

  /// `old`: the record of the same key that was here before, if any.
  void put(const Record* old, Pointer record) {
    if (old != nullptr && old->created_at != record->created_at) erase(*old);
    const auto created = record->created_at;
    records_.put({.created = created, .record = std::move(record)});
  }
  void erase(const Record& record) { records_.erase(record); }
  void clear() { records_.clear(); }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }

  /// Up to `count` records after (or, descending, before) `from`; from the first (last) without it.
  [[nodiscard]] std::vector<Pointer> after(const SortKey* from, bool ascending, std::size_t count) const {
    std::vector<Pointer> result;
    result.reserve(std::min(count, records_.size()));
    if (ascending) {
      auto at = from == nullptr ? records_.begin() : records_.upper_bound(*from);
      for (; at != records_.end() && result.size() < count; ++at) result.push_back(at->record);
    } else {
      auto at = from == nullptr ? records_.end() : records_.lower_bound(*from);
      while (at != records_.begin() && result.size() < count) result.push_back((--at)->record);
    }
    return result;
  }

 private:
  struct Entry {
    Time created{};  ///< The record's, which need not be read for it.
    Pointer record{};
  };
  struct Less {
    using is_transparent = void;
    static Time created(const Entry& entry) { return entry.created; }
    static Time created(const Record& record) { return record.created_at; }
    static Time created(const SortKey& key) { return key.created; }
    static std::string_view name(const Entry& entry) { return entry.record->key_text(); }
    static std::string_view name(const Record& record) { return record.key_text(); }
    static std::string_view name(const SortKey& key) { return key.name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return created(a) != created(b) ? created(a) < created(b) : name(a) < name(b);
    }
  };
  SortedBlocks<Entry, Less> records_;
};

/// Turns a walk in chunks into a page. `next(from, count)` gives records in order after `from` (null: from
/// the start), fewer than `count` when there are no more; `wanted` filters. The lock behind `next` is free
/// between chunks, so a long scan holds up nobody. The first chunk is what a page without a filter needs:
/// each record more is one that memory has to bring.
template <class Pointer, class Next, class Wanted>
Result<Page<Pointer>> walk_page(const PageRequest& request, Next next, Wanted wanted) {
  constexpr std::size_t kLargestChunk = 256;
  std::size_t count = std::min(request.size, kLargestChunk - 1) + 1;
  SortKey from;
  const SortKey* start = nullptr;
  if (!request.marker.empty()) {
    auto parsed = from_marker(request.marker);
    if (!parsed) return parsed.error();
    from = std::move(*parsed);
    start = &from;
  }
  Page<Pointer> page;
  for (;;) {
    auto chunk = next(start, count);
    const bool ended = chunk.size() < count;
    if (!ended) from = {.created = chunk.back()->created_at, .name = chunk.back()->key_text()};
    for (auto& record : chunk) {
      if (!wanted(*record)) continue;
      if (page.items.size() == request.size) {
        const auto& last = *page.items.back();
        page.next_marker = to_marker({.created = last.created_at, .name = last.key_text()});
        return page;
      }
      page.items.push_back(std::move(record));
    }
    if (ended) return page;
    start = &from;
    count = kLargestChunk;
  }
}

/// A sharded map with an order: what the registry keeps of each resource.
template <class Key, class Record>
class Table {
 public:
  using Pointer = std::shared_ptr<const Record>;

  [[nodiscard]] Pointer find(const Key& key) const { return map_.find(key); }
  [[nodiscard]] std::size_t size() const {
    const std::shared_lock lock{order_mutex_};
    return order_.size();
  }

  void put(const Pointer& record) {
    const auto old = map_.put(record);
    const std::unique_lock lock{order_mutex_};
    order_.put(old.get(), record);
  }

  void erase(const Key& key) {
    const auto old = map_.erase(key);
    if (!old) return;
    const std::unique_lock lock{order_mutex_};
    order_.erase(*old);
  }

  void clear() {
    map_.clear();
    const std::unique_lock lock{order_mutex_};
    order_.clear();
  }

  /// See CreationOrder.
  [[nodiscard]] std::vector<Pointer> after(const SortKey* from, bool ascending, std::size_t count) const {
    const std::shared_lock lock{order_mutex_};
    return order_.after(from, ascending, count);
  }
  template <class Wanted>
  [[nodiscard]] Result<Page<Pointer>> page(const PageRequest& request, Wanted wanted) const {
    return walk_page<Pointer>(
        request,
        [&](const SortKey* from, std::size_t count) { return after(from, request.ascending, count); },
        wanted);
  }
  [[nodiscard]] Result<Page<Pointer>> page(const PageRequest& request) const {
    return page(request, [](const Record&) { return true; });
  }

 private:
  ShardedMap<Key, Record> map_;
  mutable std::shared_mutex order_mutex_;
  CreationOrder<Record> order_;
};

/// One order per group: a secondary index.
template <class Group, class Record>
class GroupedOrder {
 public:
  using Pointer = std::shared_ptr<const Record>;

  void put(const Group& group, const Record* old, const Pointer& record) {
    const std::unique_lock lock{mutex_};
    groups_[group].put(old, record);
  }

  void erase(const Group& group, const Record& record) {
    const std::unique_lock lock{mutex_};
    const auto found = groups_.find(group);
    if (found == groups_.end()) return;
    found->second.erase(record);
    if (found->second.empty()) groups_.erase(found);
  }

  void clear() {
    const std::unique_lock lock{mutex_};
    groups_.clear();
  }

  [[nodiscard]] std::size_t size(const Group& group) const {
    const std::shared_lock lock{mutex_};
    const auto found = groups_.find(group);
    return found == groups_.end() ? 0 : found->second.size();
  }

  [[nodiscard]] std::vector<Pointer> after(const Group& group, const SortKey* from, bool ascending,
                                           std::size_t count) const {
    const std::shared_lock lock{mutex_};
    const auto found = groups_.find(group);
    return found == groups_.end() ? std::vector<Pointer>{} : found->second.after(from, ascending, count);
  }
  template <class Wanted>
  [[nodiscard]] Result<Page<Pointer>> page(const Group& group, const PageRequest& request,
                                           Wanted wanted) const {
    return walk_page<Pointer>(
        request,
        [&](const SortKey* from, std::size_t count) { return after(group, from, request.ascending, count); },
        wanted);
  }
  [[nodiscard]] Result<Page<Pointer>> page(const Group& group, const PageRequest& request) const {
    return page(group, request, [](const Record&) { return true; });
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<Group, CreationOrder<Record>> groups_;
};

}  // namespace iotemu::registry
