#pragma once

// What the codec's tests share: packets written as hexadecimal, and matchers that name the broken rule.

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "base/hex.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/describe.h"
#include "mqtt/codec/encode.h"

namespace iotemu::mqtt::testing {

/// Bytes from hexadecimal digits with spaces: "30 03 0001 61". A quoted part stands for its characters.
inline std::string wire(std::string_view text) {
  std::string digits;
  std::string bytes;
  const auto flush = [&] {
    bytes += as_text(as_bytes(from_hex(digits).value()));
    digits.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text[i] != '\'') {
      digits += text[i];
      continue;
    }
    flush();
    while (text[++i] != '\'') bytes += text[i];
  }
  flush();
  return bytes;
}

inline constexpr std::size_t kNoLimit = 1 + 4 + kMaxRemainingLength;

/// The one packet that `bytes` are.
inline Frame whole_frame(std::string_view bytes) {
  const FrameResult result = next_frame(as_bytes(bytes), kNoLimit);
  EXPECT_EQ(result.state, FrameResult::State::frame);
  EXPECT_EQ(result.frame.total_size, bytes.size());
  return result.frame;
}

/// Keeps the bytes that the packet looks into.
struct Decoded {
  std::string bytes;
  Result<Packet> packet;

  Decoded(Version version, std::string from)
      : bytes{std::move(from)}, packet{decode(version, whole_frame(bytes))} {}
  Decoded(const Decoded&) = delete;
  Decoded& operator=(const Decoded&) = delete;

  template <class P>
  const P& as() const {
    if (!packet) throw std::runtime_error{packet.error().message};
    return std::get<P>(*packet);
  }
};

MATCHER_P(BreaksRule, id, "is an error that cites [" + std::string{id} + "]") {
  if (arg.ok()) {
    *result_listener << "it is valid";
    return false;
  }
  *result_listener << arg.error().message;
  return arg.error().message.find("[" + std::string{id} + "]") != std::string::npos;
}

MATCHER(IsOk, "is valid") {
  if (!arg.ok()) *result_listener << arg.error().message;
  return arg.ok();
}

}  // namespace iotemu::mqtt::testing
