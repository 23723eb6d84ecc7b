#pragma once

// The things of each attribute's name, in the order of its values and, where those are equal, of creation:
// what ListThings by attribute reads. An entry points at its thing's own text, so an attribute takes 32 bytes
// whatever its length. Owned by the registry. Readers share a lock for one chunk; writers are already
// serialised by their owner.

#include <cstddef>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "registry/paging.h"
#include "registry/records/thing.h"
#include "registry/requests.h"
#include "registry/sorted_blocks.h"
#include "registry/text_head.h"

namespace iotemu::registry {

class ThingsByAttribute {
 public:
  using Pointer = std::shared_ptr<const ThingRecord>;

  /// `old`: the thing as it was, if it was there.
  void put(const ThingRecord* old, const Pointer& next);
  void erase(const ThingRecord& thing);
  void clear();

  // The filter names an attribute.

  /// How many things the attribute alone finds, whatever their type.
  [[nodiscard]] std::size_t count(const ThingFilter& filter) const;
  /// Up to `count` of the things that the filter finds after (or, descending, before) `from`; from the first
  /// (last) without it; in the order of creation. With one value it reads what it gives, or passes by because
  /// of its type; with a prefix or none it reads all that `count` says.
  [[nodiscard]] std::vector<Pointer> after(const ThingFilter& filter, const SortKey* from, bool ascending,
                                           std::size_t count) const;

 private:
  struct Entry {
    TextHead head{};             ///< Of the value.
    const std::string* value{};  ///< In `thing`.
    Time created{};              ///< Of `thing`, which need not be read for it.
    Pointer thing{};
  };
  struct Place {
    TextHead head{};
    const std::string* value{};
    Time created{};
    std::string_view name{};
  };
  struct Values {
    std::string_view text{};
    bool is_prefix{};
  };
  struct Less {
    using is_transparent = void;
    static std::string_view name(const Entry& entry) { return entry.thing->name.text(); }
    static std::string_view name(const Place& place) { return place.name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      if (const auto order = a.head <=> b.head; order != 0) return order < 0;
      if (!a.head.is_whole()) {
        if (const int order = a.value->compare(*b.value); order != 0) return order < 0;
      }
      return a.created != b.created ? a.created < b.created : name(a) < name(b);
    }
    static int compare(const Entry& entry, const Values& values) {
      return values.is_prefix ? entry.value->compare(0, values.text.size(), values.text)
                              : entry.value->compare(values.text);
    }
    bool operator()(const Entry& entry, const Values& values) const { return compare(entry, values) < 0; }
    bool operator()(const Values& values, const Entry& entry) const { return compare(entry, values) > 0; }
  };
  using Order = SortedBlocks<Entry, Less>;

  [[nodiscard]] static Values values_of(const ThingFilter& filter);
  [[nodiscard]] static std::vector<Pointer> after_in(const Order& order, const ThingFilter& filter,
                                                     const SortKey* from, bool ascending, std::size_t count);
  [[nodiscard]] static std::vector<Pointer> gather(Order::Iterator begin, const Order::Iterator& end,
                                                   const ThingFilter& filter, const SortKey* from,
                                                   bool ascending, std::size_t count);
  void erase(const std::string& name, const std::string& value, const ThingRecord& thing);

  mutable std::shared_mutex mutex_;
  std::map<std::string, Order, std::less<>> orders_;  ///< By the attribute's name. None is empty.
};

}  // namespace iotemu::registry
