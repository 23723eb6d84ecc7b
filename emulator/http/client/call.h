#pragma once

// One request that this emulator sends to another server, and how it ended, as values. Nothing here knows a
// socket; sending is client.h's.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/http/message.h"
#include "emulator/http/url.h"

namespace iotemu::http {

struct Call {
  std::string method{"GET"};
  Url url{};
  /// All that is sent, besides Content-Length and, unless it is here, Host.
  std::vector<Header> headers{};
  /// Nothing: the request has no body, and so no Content-Length; an empty body has one of 0.
  std::optional<std::string> body{};
  // Both in real time.
  std::chrono::milliseconds connect_limit{10'000};
  /// From `send` to the answer's last byte, the wait for a free place included.
  std::chrono::milliseconds time_limit{10'000};
  std::size_t max_answer{64 * 1024};  ///< Of the answer's body.
};

struct Answer {
  unsigned status{0};
  std::vector<Header> headers{};  ///< Of the answer's head; not those behind a chunked body.
  std::string body{};             ///< Without its transfer coding; a content coding stays.
};

enum class Ending {
  answered,
  too_long,     ///< Head or body are longer than they may be; `answer` is what of it came before.
  unreachable,  ///< No connection, or no TLS; no libcurl to make one.
  timed_out,
  garbled,     ///< It is not HTTP, or breaks off.
  no_room,     ///< A limit of the client.
  unsendable,  ///< The call is none that could be sent.
  cancelled,   ///< The client was told so, or ends.
};

struct Outcome {
  Ending ending{Ending::answered};
  Answer answer{};
  /// "it did not answer within 50 ms": part of a sentence, for people; empty if it is answered. Shows nothing
  /// of the call but its limits.
  std::string why{};
};

/// What HTTP takes as a method and as a header's name.
[[nodiscard]] bool is_token(std::string_view text);
/// What may stand in a header's value: no control character but the tab. Any other may begin another header.
[[nodiscard]] bool is_header_value(std::string_view text);
/// Why no client sends it; empty if it can be sent.
[[nodiscard]] std::string why_unsendable(const Call& call);

}  // namespace iotemu::http
