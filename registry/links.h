#pragma once

// Many-to-many links between two kinds of names, readable from both ends in the order of the names. Readers
// share a lock for one look-up; writers are already serialised by their owner.

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/paging.h"
#include "registry/sorted_blocks.h"

namespace iotemu::registry {

template <class Left, class Right, class Value>
class Links {
 public:
  void put(const Left& left, const Right& right, Value value) {
    const std::unique_lock lock{mutex_};
    by_left_[left].put({right, value});
    by_right_[right].put({left, value});
  }

  void erase(const Left& left, const Right& right) {
    const std::unique_lock lock{mutex_};
    drop(by_left_, left, right);
    drop(by_right_, right, left);
  }

  void clear() {
    const std::unique_lock lock{mutex_};
    by_left_.clear();
    by_right_.clear();
  }

  [[nodiscard]] std::optional<Value> find(const Left& left, const Right& right) const {
    const std::shared_lock lock{mutex_};
    const auto group = by_left_.find(left);
    if (group == by_left_.end()) return {};
    const auto found = group->second.find(right);
    if (found == group->second.end()) return {};
    return found->second;
  }

  [[nodiscard]] std::vector<std::pair<Right, Value>> of_left(const Left& left) const {
    const std::shared_lock lock{mutex_};
    return all(by_left_, left);
  }
  [[nodiscard]] std::vector<std::pair<Left, Value>> of_right(const Right& right) const {
    const std::shared_lock lock{mutex_};
    return all(by_right_, right);
  }
  [[nodiscard]] std::size_t count_of_left(const Left& left) const {
    const std::shared_lock lock{mutex_};
    return count(by_left_, left);
  }
  [[nodiscard]] std::size_t count_of_right(const Right& right) const {
    const std::shared_lock lock{mutex_};
    return count(by_right_, right);
  }
  /// Any one link of `right` that `wanted(left, value)` says yes to.
  template <class Wanted>
  [[nodiscard]] bool any_of_right(const Right& right, Wanted wanted) const {
    const std::shared_lock lock{mutex_};
    const auto group = by_right_.find(right);
    if (group == by_right_.end()) return false;
    for (const auto& [left, value] : group->second) {
      if (wanted(left, value)) return true;
    }
    return false;
  }

  /// Pages by the other end's name. `wanted(value)` or `wanted(other end, value)` filters.
  template <class Wanted>
  [[nodiscard]] Result<Page<std::pair<Right, Value>>> page_of_left(const Left& left,
                                                                   const PageRequest& request,
                                                                   Wanted wanted) const {
    return page<std::pair<Right, Value>>(by_left_, left, request, wanted, whole<Right>);
  }
  template <class Wanted>
  [[nodiscard]] Result<Page<std::pair<Left, Value>>> page_of_right(const Right& right,
                                                                   const PageRequest& request,
                                                                   Wanted wanted) const {
    return page<std::pair<Left, Value>>(by_right_, right, request, wanted, whole<Left>);
  }
  /// The texts of the other ends alone.
  template <class Wanted>
  [[nodiscard]] Result<Page<std::string>> texts_of_right(const Right& right, const PageRequest& request,
                                                         Wanted wanted) const {
    return page<std::string>(by_right_, right, request, wanted,
                             [](const std::pair<Left, Value>& link) { return ByText::text(link); });
  }

 private:
  /// Orders by text, and finds by text.
  struct ByText {
    using is_transparent = void;
    template <class T>
    static const std::string& text(const T& name) {
      return name.text();
    }
    static const std::string& text(const std::string& name) { return name; }
    template <class T>
    static const std::string& text(const std::pair<T, Value>& link) {
      return text(link.first);
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return text(a) < text(b);
    }
  };
  template <class From, class To>
  using Map = std::unordered_map<From, SortedBlocks<std::pair<To, Value>, ByText>>;

  template <class From, class To>
  static void drop(Map<From, To>& map, const From& from, const To& to) {
    const auto group = map.find(from);
    if (group == map.end()) return;
    group->second.erase(to);
    if (group->second.empty()) map.erase(group);
  }
  template <class From, class To>
  static std::size_t count(const Map<From, To>& map, const From& from) {
    const auto group = map.find(from);
    return group == map.end() ? 0 : group->second.size();
  }
  template <class From, class To>
  static std::vector<std::pair<To, Value>> all(const Map<From, To>& map, const From& from) {
    const auto group = map.find(from);
    if (group == map.end()) return {};
    return {group->second.begin(), group->second.end()};
  }

  template <class To>
  static std::pair<To, Value> whole(const std::pair<To, Value>& link) {
    return link;
  }

  /// `show(link)` is what the page holds of it.
  template <class Item, class From, class To, class Wanted, class Show>
  Result<Page<Item>> page(const Map<From, To>& map, const From& from, const PageRequest& request,
                          Wanted wanted, Show show) const {
    std::optional<std::string> start;
    if (!request.marker.empty()) {
      auto parsed = from_marker(request.marker);
      if (!parsed) return parsed.error();
      start = std::move(parsed->name);
    }
    Page<Item> result;
    const std::pair<To, Value>* last = nullptr;
    const auto take = [&](const std::pair<To, Value>& link) {
      if constexpr (std::is_invocable_v<Wanted, const To&, const Value&>) {
        if (!wanted(link.first, link.second)) return true;
      } else {
        if (!wanted(link.second)) return true;
      }
      if (result.items.size() == request.size) {
        result.next_marker = to_marker({.name = ByText::text(*last)});
        return false;
      }
      result.items.push_back(show(link));
      last = &link;
      return true;
    };
    const std::shared_lock lock{mutex_};
    const auto found = map.find(from);
    if (found == map.end()) return result;
    const auto& group = found->second;
    if (request.ascending) {
      for (auto at = start ? group.upper_bound(*start) : group.begin(); at != group.end() && take(*at);) ++at;
    } else {
      for (auto at = start ? group.lower_bound(*start) : group.end();
           at != group.begin() && take(*std::prev(at));) {
        --at;
      }
    }
    return result;
  }

  mutable std::shared_mutex mutex_;
  Map<Left, Right> by_left_;
  Map<Right, Left> by_right_;
};

}  // namespace iotemu::registry
