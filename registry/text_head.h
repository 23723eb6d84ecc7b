#pragma once

// The beginning of a text, to be kept beside a pointer to the text: most comparisons end here, and do not
// bring the text into the cache.

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace iotemu::registry {

class TextHead {
 public:
  TextHead() = default;
  explicit TextHead(std::string_view text) {
    const auto size = std::min(text.size(), kSize);
    std::copy_n(text.begin(), size, bytes_.begin());
    bytes_[kSize] = static_cast<unsigned char>(text.size() <= kSize ? size : kSize + 1);
  }

  /// As the texts themselves, unless equal; equal heads that are whole belong to equal texts.
  friend std::strong_ordering operator<=>(const TextHead& a, const TextHead& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), a.bytes_.size()) <=> 0;
  }
  friend bool operator==(const TextHead& a, const TextHead& b) { return (a <=> b) == 0; }
  [[nodiscard]] bool is_whole() const { return bytes_[kSize] <= kSize; }

 private:
  static constexpr std::size_t kSize = 15;
  std::array<unsigned char, kSize + 1> bytes_{};  ///< Padded with zeroes; then the size, or one more.
};

}  // namespace iotemu::registry
