#pragma once

// Secrets that a caller shows to be let in.

#include <cstddef>
#include <string_view>

namespace iotemu {

/// Takes the same time for every text of the right length, so that nobody finds a secret piece by piece.
[[nodiscard]] inline bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace iotemu
