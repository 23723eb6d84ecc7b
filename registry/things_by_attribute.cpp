#include "registry/things_by_attribute.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace iotemu::registry {
namespace {

bool has_type(const ThingRecord& thing, const ThingFilter& filter) {
  return !filter.type || thing.type == filter.type;
}

}  // namespace

void ThingsByAttribute::put(const ThingRecord* old, const Pointer& next) {
  if (old == nullptr && next->attributes.empty()) return;
  const std::unique_lock lock{mutex_};
  if (old != nullptr) {
    for (const auto& [name, value] : old->attributes) {
      const auto kept = next->attributes.find(name);
      if (kept == next->attributes.end() || kept->second != value) erase(name, value, *old);
    }
  }
  for (const auto& [name, value] : next->attributes) {
    orders_[name].put({.head = TextHead{value}, .value = &value, .created = next->created_at, .thing = next});
  }
}

void ThingsByAttribute::erase(const ThingRecord& thing) {
  const std::unique_lock lock{mutex_};
  for (const auto& [name, value] : thing.attributes) erase(name, value, thing);
}

void ThingsByAttribute::erase(const std::string& name, const std::string& value, const ThingRecord& thing) {
  const auto found = orders_.find(name);
  if (found == orders_.end()) return;
  found->second.erase(
      Place{.head = TextHead{value}, .value = &value, .created = thing.created_at, .name = thing.key_text()});
  if (found->second.empty()) orders_.erase(found);
}

void ThingsByAttribute::clear() {
  const std::unique_lock lock{mutex_};
  orders_.clear();
}

ThingsByAttribute::Values ThingsByAttribute::values_of(const ThingFilter& filter) {
  return {.text = filter.attribute_value, .is_prefix = !filter.wants_one_value()};
}

std::size_t ThingsByAttribute::count(const ThingFilter& filter) const {
  const std::shared_lock lock{mutex_};
  const auto found = orders_.find(filter.attribute_name);
  if (found == orders_.end()) return 0;
  const auto values = values_of(filter);
  return Order::distance(found->second.lower_bound(values), found->second.upper_bound(values));
}

std::vector<ThingsByAttribute::Pointer> ThingsByAttribute::after(const ThingFilter& filter,
                                                                 const SortKey* from, bool ascending,
                                                                 std::size_t count) const {
  const std::shared_lock lock{mutex_};
  const auto found = orders_.find(filter.attribute_name);
  return found == orders_.end() ? std::vector<Pointer>{}
                                : after_in(found->second, filter, from, ascending, count);
}

std::vector<ThingsByAttribute::Pointer> ThingsByAttribute::after_in(const Order& order,
                                                                    const ThingFilter& filter,
                                                                    const SortKey* from, bool ascending,
                                                                    std::size_t count) {
  const auto values = values_of(filter);
  auto begin = order.lower_bound(values);
  auto end = order.upper_bound(values);
  if (values.is_prefix) return gather(begin, end, filter, from, ascending, count);
  if (from != nullptr) {
    const Place place{.head = TextHead{filter.attribute_value},
                      .value = &filter.attribute_value,
                      .created = from->created,
                      .name = from->name};
    if (ascending) begin = order.upper_bound(place);
    if (!ascending) end = order.lower_bound(place);
  }
  std::vector<Pointer> result;
  while (begin != end && result.size() < count) {
    const auto& thing = ascending ? begin->thing : (--end)->thing;
    if (has_type(*thing, filter)) result.push_back(thing);
    if (ascending) ++begin;
  }
  return result;
}

std::vector<ThingsByAttribute::Pointer> ThingsByAttribute::gather(Order::Iterator begin,
                                                                  const Order::Iterator& end,
                                                                  const ThingFilter& filter,
                                                                  const SortKey* from, bool ascending,
                                                                  std::size_t count) {
  const auto key = [](const Entry& entry) { return std::pair{entry.created, Less::name(entry)}; };
  const auto before = [&](const auto& a, const auto& b) { return ascending ? a < b : b < a; };
  const auto comes_before = [&](const Entry* a, const Entry* b) { return before(key(*a), key(*b)); };
  std::optional<std::pair<Time, std::string_view>> start;
  if (from != nullptr) start.emplace(from->created, from->name);
  std::vector<const Entry*> best;  // A heap: the last of them on top.
  for (; begin != end; ++begin) {
    if (!has_type(*begin->thing, filter)) continue;
    if (start && !before(*start, key(*begin))) continue;
    if (best.size() == count) {
      if (!comes_before(&*begin, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), comes_before);
      best.pop_back();
    }
    best.push_back(&*begin);
    std::push_heap(best.begin(), best.end(), comes_before);
  }
  std::sort_heap(best.begin(), best.end(), comes_before);
  std::vector<Pointer> result;
  result.reserve(best.size());
  for (const auto* entry : best) result.push_back(entry->thing);
  return result;
}

}  // namespace iotemu::registry
