#pragma once

// Marker and MaxItems of Lambda's lists.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours::lambda {

inline constexpr std::size_t kPage = 50;

/// `all` is in a stable order; the marker is the number of items that came before.
inline Answer<Json> page_of(const Question& question, const char* list, std::vector<Json>& all) {
  const auto marker = question.str("Marker");
  std::size_t first = 0;
  if (!marker.empty()) {
    const auto parsed = std::from_chars(marker.data(), marker.data() + marker.size(), first);
    if (parsed.ec != std::errc{} || parsed.ptr != marker.data() + marker.size() || first > all.size())
      return invalid("Invalid pagination token");
  }
  const auto most =
      std::min<std::size_t>(static_cast<std::size_t>(question.integer("MaxItems", kPage)), kPage);
  const auto last = std::min(all.size(), first + most);
  auto page = Json::array();
  for (auto i = first; i < last; ++i) page.push_back(std::move(all[i]));
  Json answer{{list, std::move(page)}};
  if (last < all.size()) answer["NextMarker"] = std::to_string(last);
  return answer;
}

}  // namespace iotemu::neighbours::lambda
