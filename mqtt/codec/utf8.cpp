#include "mqtt/codec/utf8.h"

#include <cstddef>
#include <cstring>

#include "base/utf8.h"

namespace iotemu::mqtt {

namespace {

constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080U;
constexpr std::uint64_t kLowBits = 0x0101'0101'0101'0101U;

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// No byte of the word is 0x00 or has its high bit set.
bool is_plain(std::uint64_t word) {
  return ((word | (word - kLowBits)) & kHighBits) == 0;
}

}  // namespace

Utf8 check_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= sizeof(std::uint64_t) && is_plain(load(text.data() + at))) {
      at += sizeof(std::uint64_t);
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == 0) return Utf8::null_character;
    if (byte < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = character_bytes(text.substr(at));
    if (length == 0) return Utf8::ill_formed;
    at += length;
  }
  return Utf8::well_formed;
}

}  // namespace iotemu::mqtt
