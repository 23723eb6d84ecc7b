#include "registry/index/things_by_name.h"

#include <algorithm>

namespace iotemu::registry::index {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool begins(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), name.begin(),
                                                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

bool ThingsByName::Less::less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                    [](char p, char q) { return lower(p) == lower(q); });
  if (x != a.end() && y != b.end()) return lower(*x) < lower(*y);
  if (x == a.end() && y == b.end()) return a < b;
  return x == a.end();
}

ThingsByName::Place ThingsByName::place_of(std::string_view name) {
  std::string folded{name};
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return {.head = TextHead{folded}, .name = name};
}

void ThingsByName::put(const Pointer& thing) {
  const std::unique_lock lock{mutex_};
  things_.put({.head = place_of(thing->name.text()).head, .thing = thing});
}

void ThingsByName::erase(const ThingRecord& thing) {
  const std::unique_lock lock{mutex_};
  things_.erase(place_of(thing.name.text()));
}

void ThingsByName::clear() {
  const std::unique_lock lock{mutex_};
  things_.clear();
}

std::vector<ThingsByName::Pointer> ThingsByName::after(std::string_view from, std::string_view prefix,
                                                       std::size_t count) const {
  // In capitals: before every spelling of the prefix.
  std::string first{prefix};
  std::transform(first.begin(), first.end(), first.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::vector<Pointer> result;
  const std::shared_lock lock{mutex_};
  auto at = from.empty() ? things_.lower_bound(place_of(first)) : things_.upper_bound(place_of(from));
  for (; at != things_.end() && result.size() < count && begins(at->thing->name.text(), prefix); ++at) {
    result.push_back(at->thing);
  }
  return result;
}

}  // namespace iotemu::registry::index
