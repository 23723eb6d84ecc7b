#pragma once

// Services that another server plays (`--upstream sqs=URL`): each request goes there as it came (method,
// target, headers, signature, body) and the answer comes back as it is. Only what belongs to one connection
// is left out on both ways, and of the answer what tells browsers who may read it. Thread-safe.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/executor.h"
#include "emulator/http/client/client.h"
#include "emulator/http/client/upstream.h"
#include "emulator/http/message.h"
#include "emulator/http/server.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

/// Longest body in either direction.
inline constexpr std::size_t kMaxPassedBytes = 64 * 1024 * 1024;

/// Of all upstreams together. What is too much is answered 503; SDKs try again.
inline constexpr http::ClientLimits kPassedOnLimits{
    .running = 128, .waiting = 512, .bytes = 8 * kMaxPassedBytes};

class Upstreams {
 public:
  /// Makes the service's error answer.
  using Refuse = std::function<http::Response(const Fault&)>;

  virtual ~Upstreams() = default;
  [[nodiscard]] virtual bool knows(std::string_view service) const = 0;
  virtual void pass_on(std::string_view service, http::Request request, Refuse refuse,
                       http::Responder respond) = 0;
  /// Ends the requests that came before: they are answered 503.
  virtual void reset() = 0;
  /// Ends all requests, for good: they are answered 503.
  virtual void stop() = 0;
};

/// `work` outlives them.
std::unique_ptr<Upstreams> make_upstreams(http::UpstreamsByName places, WorkCounter& work);

}  // namespace iotemu::neighbours
