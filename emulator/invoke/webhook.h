#pragma once

// User code behind a URL: every event is POSTed as application/json. Only http://, because what it calls is
// the developer's own process. A 2xx answer is success and its body the answer; redirects are not followed.
// Each invoker has an HTTP client of its own, so that ending its calls ends nobody else's.

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

struct WebhookOptions {
  /// "http://host[:port][/path]"; an IPv6 host stands in brackets.
  std::string url{};
  /// For the whole exchange, in real time: name look-up, connecting, answer.
  Duration timeout{std::chrono::seconds{5}};
  InvokeLimits limits{};
};

/// Fails with Errc::invalid_request if the URL cannot be used. `counter` outlives the invoker.
Result<std::unique_ptr<FunctionInvoker>> make_webhook_invoker(const WebhookOptions& options,
                                                              WorkCounter& counter);

}  // namespace iotemu::invoke
