#pragma once

// The things in the order of their names, letter case aside: a search for a prefix reads no thing that does
// not begin with it. Readers share a lock for one chunk; writers are already serialised by their owner.

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "registry/paging.h"
#include "registry/records/thing.h"
#include "registry/sorted_blocks.h"
#include "registry/text_head.h"

namespace iotemu::registry::index {

class ThingsByName {
 public:
  using Pointer = std::shared_ptr<const ThingRecord>;

  /// Inserts or replaces.
  void put(const Pointer& thing);
  void erase(const ThingRecord& thing);
  void clear();

  /// The next things after `from` (empty: the first) whose name begins with `prefix`, at most `count`.
  [[nodiscard]] std::vector<Pointer> after(std::string_view from, std::string_view prefix,
                                           std::size_t count) const;

 private:
  struct Entry {
    TextHead head{};  ///< Of the name, folded.
    Pointer thing{};
  };
  struct Place {
    TextHead head{};
    std::string_view name{};
  };
  struct Less {
    using is_transparent = void;
    static std::string_view name(const Entry& entry) { return entry.thing->name.text(); }
    static std::string_view name(const Place& place) { return place.name; }
    /// Folded letters first, so that a prefix is one stretch; the names as they are decide between equals.
    static bool less(std::string_view a, std::string_view b);
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      if (const auto order = a.head <=> b.head; order != 0) return order < 0;
      return less(name(a), name(b));
    }
  };
  [[nodiscard]] static Place place_of(std::string_view name);

  mutable std::shared_mutex mutex_;
  SortedBlocks<Entry, Less> things_;
};

}  // namespace iotemu::registry::index
