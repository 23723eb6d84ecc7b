#pragma once

// The answers that actions get from other servers: what the HTTP client tells, in the terms of this folder.

#include <string>
#include <vector>

#include "base/result.h"
#include "emulator/http/client/call.h"

namespace iotemu::sinks {

struct HttpAnswer {
  unsigned status{0};
  std::vector<http::Header> headers{};
  std::string body{};
  bool too_long{false};  ///< It went on behind its limit, where it is cut.
};

/// Errc::io: no answer, or none that can be read. Errc::throttled: too many requests wait, or they are too
/// long together. Errc::invalid_request: it cannot be sent. Errc::unavailable: the emulator ends, or was
/// reset.
[[nodiscard]] Result<HttpAnswer> answer_of(http::Outcome outcome);

}  // namespace iotemu::sinks
