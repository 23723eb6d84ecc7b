#include "mqtt/codec/frame.h"

#include <cassert>
#include <string>

namespace iotemu::mqtt {

namespace {

constexpr std::size_t kMaxLengthBytes = 4;

}  // namespace

FrameResult next_frame(Bytes buffered, std::size_t max_packet) {
  using State = FrameResult::State;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kMaxLengthBytes; ++i) {
    const std::size_t at = 1 + i;
    if (at >= buffered.size()) return {.state = State::need_more, .needed = at + 1};
    length |= static_cast<std::size_t>(buffered[at] & 0x7FU) << (7 * i);
    if ((buffered[at] & 0x80U) != 0) continue;

    const std::size_t header = at + 1;
    const std::size_t total = header + length;
    if (total > max_packet) return {.state = State::too_large, .needed = total};
    if (total > buffered.size()) return {.state = State::need_more, .needed = total};
    return {
        .state = State::frame,
        .frame = {.first_byte = buffered[0], .body = buffered.subspan(header, length), .total_size = total}};
  }
  return {.state = State::malformed_length};
}

Error frame_error(const FrameResult& result, std::size_t max_packet) {
  assert(result.failed());
  if (result.state == FrameResult::State::malformed_length) {
    return Error{.code = Errc::malformed_packet,
                 .message = "remaining length runs past four bytes [section 2.2.3]"};
  }
  return Error{.code = Errc::too_large,
               .message = "packet of " + std::to_string(result.needed) + " bytes is above the limit of " +
                          std::to_string(max_packet) + " bytes"};
}

}  // namespace iotemu::mqtt
