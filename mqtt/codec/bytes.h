#pragma once

// Borrowed bytes, and the two views of the same memory: as bytes and as text.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace iotemu::mqtt {

/// Memory of somebody else, valid as long as theirs.
using Bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline bool same_bytes(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace iotemu::mqtt
