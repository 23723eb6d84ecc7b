#pragma once

// Requests that rules send: HTTP and HTTPS to whatever URL a rule names. No redirects, no proxies; sizes,
// times and their number are bounded. Thread-safe; `send` never blocks.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "emulator/http/message.h"
#include "emulator/http/url.h"

namespace iotemu::sinks {

struct HttpCall {
  std::string method{"POST"};
  http::Url url{};
  std::vector<http::Header> headers{};  ///< Besides Host and Content-Length, all that is sent.
  std::string body{};
  /// For the whole exchange, in real time.
  std::chrono::milliseconds time_limit{10'000};
  std::size_t max_answer{64 * 1024};
};

/// No control character, which would begin another header.
[[nodiscard]] bool is_one_line(std::string_view text);

struct HttpAnswer {
  unsigned status{0};
  std::vector<http::Header> headers{};
  std::string body{};
  bool too_long{false};  ///< The body went on behind `max_answer`; it is cut there.
};

class HttpClient {
 public:
  /// Errc::io: the server cannot be reached, closes, or does not answer in time. Errc::throttled: too many
  /// requests wait. Errc::invalid_request: a header holds a control character. Errc::unavailable: the
  /// emulator ends.
  using Done = std::function<void(Result<HttpAnswer>)>;

  virtual ~HttpClient() = default;
  /// `done` is called once, on a thread of the client's own or inside the call.
  virtual void send(HttpCall call, Done done) = 0;
  /// Ends all requests with Errc::unavailable.
  virtual void stop() = 0;
};

/// Errc::internal: libcurl cannot be set up. `work` outlives the client.
Result<std::unique_ptr<HttpClient>> make_http_client(WorkCounter& work);

}  // namespace iotemu::sinks
