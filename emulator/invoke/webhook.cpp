#include "emulator/invoke/webhook.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string_view>
#include <utility>

#include "emulator/http/client/client.h"
#include "emulator/http/url.h"
#include "emulator/invoke/loop_invoker.h"

namespace iotemu::invoke {
namespace {

namespace asio = boost::asio;

/// How much of a failed call's answer goes into its error.
constexpr std::size_t kQuotedBytes = 200;

/// What of the invoker's queue is on its way, and what it holds.
http::ClientLimits client_limits(const InvokeLimits& limits) {
  return {.running = limits.running, .waiting = limits.running, .bytes = limits.bytes};
}

Result<http::Url> read_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Error{Errc::invalid_request, "webhook URL '" + http::shown_url(text) + "' " + std::string{why}};
  };
  if (text.starts_with("https://")) return bad("is https; only http:// is supported");
  if (!text.starts_with("http://")) return bad("does not begin with http://");
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return bad("holds a space, a control character or a character outside ASCII");
  auto url = http::parse_url(text);
  if (!url) return Error{Errc::invalid_request, "webhook: " + url.error().message};
  return url;
}

class WebhookInvoker final : public LoopInvoker {
 public:
  WebhookInvoker(http::Url url, const WebhookOptions& options, std::unique_ptr<http::Client> client,
                 WorkCounter& counter)
      : LoopInvoker{counter, options.limits},
        url_{std::move(url)},
        timeout_{options.timeout},
        client_{std::move(client)} {}
  ~WebhookInvoker() override { stop(); }

 private:
  void run(const std::shared_ptr<Call>& call) override;
  [[nodiscard]] http::Call request(const Invocation& invocation) const;
  [[nodiscard]] Result<std::string> judge(const Invocation& invocation, http::Outcome&& outcome) const;

  const http::Url url_;
  const Duration timeout_;
  const std::unique_ptr<http::Client> client_;  ///< Of nobody else: a reset ends all that it sends.
};

void WebhookInvoker::run(const std::shared_ptr<Call>& call) {
  const auto why_ended = std::make_shared<std::string>();  // the loop's thread alone
  call->abort = [this, why_ended](const std::string& why) {
    *why_ended = why;
    client_->cancel();
  };
  // The loop, too, lives until the client has let go of the call, which it does on a thread of its own.
  client_->send(request(call->invocation),
                [this, call, why_ended, guard = asio::make_work_guard(loop())](http::Outcome outcome) {
                  asio::post(loop(), [this, call, why_ended, outcome = std::move(outcome)]() mutable {
                    finish(call, why_ended->empty() ? judge(call->invocation, std::move(outcome))
                                                    : Error{Errc::unavailable, *why_ended});
                  });
                });
}

http::Call WebhookInvoker::request(const Invocation& invocation) const {
  const auto time_limit = invocation.time_limit.value_or(timeout_);
  return {.method = "POST",
          .url = url_,
          .headers = {{"User-Agent", "iot-emulator"},
                      {"Content-Type", "application/json"},
                      {"Connection", "close"}},
          .body = invocation.payload,
          .connect_limit = time_limit,
          .time_limit = time_limit,
          .max_answer = kMaxAnswerBytes};
}

Result<std::string> WebhookInvoker::judge(const Invocation& invocation, http::Outcome&& outcome) const {
  auto& [status, headers, body] = outcome.answer;
  const bool good = status / 100 == 2;
  switch (outcome.ending) {
    case http::Ending::answered:
      break;
    case http::Ending::too_long:
      if (good && !invocation.wants_answer) return std::string{};
      return Error{Errc::io, "webhook " + url_.authority + ": " + outcome.why};
    case http::Ending::timed_out:
      return Error{Errc::io, "webhook " + url_.authority + " did not answer within " +
                                 std::to_string(invocation.time_limit.value_or(timeout_).count()) + " ms"};
    case http::Ending::no_room:
      return Error{Errc::throttled, "webhook " + url_.authority + ": " + outcome.why};
    default:
      return Error{Errc::io, "webhook " + url_.authority + ": " + outcome.why};
  }
  if (good) return std::move(body);
  body.resize(std::min(std::min(body.find('\n'), body.size()), kQuotedBytes));
  return Error{Errc::io,
               "webhook answered HTTP " + std::to_string(status) + (body.empty() ? "" : ": " + body)};
}

}  // namespace

Result<std::unique_ptr<FunctionInvoker>> make_webhook_invoker(const WebhookOptions& options,
                                                              WorkCounter& counter) {
  auto url = read_url(options.url);
  if (!url) return url.error();
  std::unique_ptr<FunctionInvoker> invoker = std::make_unique<WebhookInvoker>(
      std::move(*url), options, http::make_client(client_limits(options.limits), counter), counter);
  return invoker;
}

}  // namespace iotemu::invoke
