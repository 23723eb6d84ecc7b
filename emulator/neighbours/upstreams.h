#pragma once

// Services that another server plays (`--upstream sqs=URL`): each request goes there as it came (method,
// target, headers, signature, body) and the answer comes back as it is. Only what belongs to one connection
// is left out on both ways, and of the answer what tells browsers who may read it. One thread drives all
// transfers; sizes, times and their number are bounded. Thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "emulator/http/message.h"
#include "emulator/http/server.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

/// Longest body in either direction.
inline constexpr std::size_t kMaxPassedBytes = 64 * 1024 * 1024;

class Upstreams {
 public:
  /// Makes the service's error answer.
  using Refuse = std::function<http::Response(const Fault&)>;

  virtual ~Upstreams() = default;
  [[nodiscard]] virtual bool knows(std::string_view service) const = 0;
  virtual void pass_on(std::string_view service, http::Request request, Refuse refuse,
                       http::Responder respond) = 0;
  /// Ends all transfers: they are answered 503.
  virtual void stop() = 0;
};

/// Errc::invalid_request: a service or a URL cannot be used. `urls` by signing name:
/// "http[s]://host[:port][/path]"; KEY:SECRET in that of s3 is for others.
Result<std::unique_ptr<Upstreams>> open_upstreams(const std::map<std::string, std::string>& urls);

}  // namespace iotemu::neighbours
