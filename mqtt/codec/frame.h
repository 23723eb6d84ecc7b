#pragma once

// Cuts a byte stream into packets. Pure: looks at what has been buffered and says what is there. A length
// that is malformed or above the limit is known from the first two to five bytes, before anything is
// allocated for the body.

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "mqtt/codec/bytes.h"

namespace iotemu::mqtt {

/// The largest value of the remaining length field, four bytes of seven bits.
inline constexpr std::size_t kMaxRemainingLength = 268'435'455;

/// One whole packet inside the buffer.
struct Frame {
  std::uint8_t first_byte{};
  Bytes body{};              ///< what follows the remaining length
  std::size_t total_size{};  ///< bytes to take off the buffer
};

struct FrameResult {
  enum class State : std::uint8_t {
    need_more,         ///< `needed` says how many bytes the buffer must hold at least, in all
    frame,             ///< `frame` is filled
    malformed_length,  ///< the remaining length runs past four bytes
    too_large,         ///< the packet is above the limit; `needed` is its size
  };
  State state{State::need_more};
  Frame frame{};
  std::size_t needed{};

  [[nodiscard]] bool failed() const { return state == State::malformed_length || state == State::too_large; }
};

/// `max_packet` limits the whole packet, header included.
[[nodiscard]] FrameResult next_frame(Bytes buffered, std::size_t max_packet);

/// The error of a failed result: Errc::malformed_packet or Errc::too_large.
[[nodiscard]] Error frame_error(const FrameResult& result, std::size_t max_packet);

}  // namespace iotemu::mqtt
