#pragma once

// One page out of several lists of links that are each in the order of the names: for answers that gather
// what belongs to a whole hierarchy.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/paging.h"

namespace iotemu::registry {

template <class Name>
class MergedPage {
 public:
  explicit MergedPage(const PageRequest& request) : request_{request} {}

  /// A page that one list gave for the same request.
  template <class Value>
  Status add(Result<Page<std::pair<Name, Value>>> page) {
    if (!page) return page.error();
    for (auto& [name, unused] : page->items) names_.push_back(std::move(name));
    more_ = more_ || !page->next_marker.empty();
    return Ok{};
  }

  /// Each name once. Every list gave its first names, so the first of all of them are among these.
  [[nodiscard]] Page<Name> take() && {
    std::sort(names_.begin(), names_.end(), [&](const Name& a, const Name& b) {
      return request_.ascending ? a.text() < b.text() : b.text() < a.text();
    });
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
    more_ = more_ || names_.size() > request_.size;
    names_.resize(std::min(names_.size(), request_.size));
    Page<Name> page{.items = std::move(names_)};
    if (more_) page.next_marker = to_marker({.name = page.items.back().text()});
    return page;
  }

 private:
  const PageRequest& request_;
  std::vector<Name> names_;
  bool more_{false};
};

}  // namespace iotemu::registry
