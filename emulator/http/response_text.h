#pragma once

// An answer as bytes. Every answer carries x-amzn-RequestId and Date (P10.1) and the headers that keep a
// browser from guessing types or embedding it.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "emulator/http/message.h"

namespace iotemu::http {

struct AnswerFrame {
  std::string_view request_id{};
  Time date{};
  bool keep_alive{true};
  bool head_only{false};  ///< the request was HEAD: the length, but no body
};

[[nodiscard]] std::string to_bytes(const Response& response, const AnswerFrame& frame);

/// IMF-fixdate: "Thu, 01 Jan 2026 00:00:00 GMT".
[[nodiscard]] std::string http_date(Time time);

}  // namespace iotemu::http
