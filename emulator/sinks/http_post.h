#pragma once

// One POST of the http action with its rules (RU-30, RU-31): content type, headers, signature, at most three
// attempts within three seconds. Thread-safe.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/timers.h"
#include "emulator/http/client/aws_signature.h"
#include "emulator/http/client/client.h"
#include "emulator/sinks/http_answer.h"
#include "rules/ports.h"

namespace iotemu::sinks {

/// What is posted, all of it worked out.
struct HttpPost {
  http::Call call{};
  /// Signed anew for every attempt, as `auth.sigv4` says.
  struct Signing {
    std::string role_arn{};
    std::string region{};
    std::string service{};
  };
  std::optional<Signing> signing{};
  Realm realm{};
};

/// From the action's parameters. Errc::invalid_request: the URL, a header or the number of headers cannot be.
Result<HttpPost> http_post_of(const rules::ActionRequest& action, std::string body,
                              std::string_view content_type);

class HttpPoster {
 public:
  /// Credentials of a role of the account; Errc::invalid_request if it is none.
  using Assume = std::function<Result<http::AwsCredentials>(const Realm& realm, const std::string& role_arn)>;
  /// Nothing: it was answered 2xx. Else why not: "StatusCode: 500. Reason: Internal Server Error."
  using Done = std::function<void(std::optional<std::string> why_not)>;

  /// All references outlive the poster and every post under way.
  HttpPoster(http::Client& client, const Clock& clock, Timers& timers, Assume assume)
      : client_{client}, clock_{clock}, timers_{timers}, assume_{std::move(assume)} {}

  void post(HttpPost what, Done done);
  /// What waits to be tried again is not.
  void reset() { ++epoch_; }

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void send(const AttemptPtr& attempt);
  void judge(const AttemptPtr& attempt, const Result<HttpAnswer>& answer);

  http::Client& client_;
  const Clock& clock_;
  Timers& timers_;
  const Assume assume_;
  std::atomic<std::uint64_t> epoch_{0};  ///< Grows with every reset.
};

}  // namespace iotemu::sinks
