#pragma once

#include <string_view>

namespace iotemu::mqtt {

/// Whether the text has a `+` or `#`. Looks at every character, so that the compiler can take many at once:
/// topics are short, and this is asked for every PUBLISH.
[[nodiscard]] constexpr bool contains_wildcard(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= (c == '+') | (c == '#');
  return found;
}

}  // namespace iotemu::mqtt
