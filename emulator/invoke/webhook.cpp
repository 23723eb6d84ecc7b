#include "emulator/invoke/webhook.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "emulator/invoke/loop_invoker.h"

namespace iotemu::invoke {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

/// How much of a failed call's answer goes into its error.
constexpr std::size_t kQuotedBytes = 200;

struct Url {
  std::string host{};
  std::string port{"80"};
  std::string target{"/"};
  /// The Host header.
  std::string authority{};
};

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Error{Errc::invalid_request, "webhook URL '" + std::string{text} + "' " + std::string{why}};
  };
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) return bad("is https; only http:// is supported");
  if (!text.starts_with(kScheme)) return bad("does not begin with http://");
  const bool printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '\\' && c != '"'; });
  if (!printable) return bad("holds a space, a control character or a character outside ASCII");
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t path = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, path);
  Url url;
  url.authority = authority;
  if (path != rest.npos && rest[path] != '#') {
    const std::string_view target = rest.substr(path, rest.find('#') - path);
    url.target = target.starts_with('/') ? std::string{target} : "/" + std::string{target};
  }
  if (authority.find('@') != authority.npos) return bad("holds a user name, which is not supported");
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  if (colon != authority.npos) {
    url.port = authority.substr(colon + 1);
    if (!is_port(url.port)) return bad("has no port number between 1 and 65535 after ':'");
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return bad("names no host");
  url.host = authority;
  return url;
}

class WebhookInvoker final : public LoopInvoker {
 public:
  WebhookInvoker(Url url, const WebhookOptions& options, WorkCounter& counter)
      : LoopInvoker{counter, options.limits}, url_{std::move(url)}, timeout_{options.timeout} {}
  ~WebhookInvoker() override { stop(); }

 private:
  class Post;

  void run(const std::shared_ptr<Call>& call) override;

  const Url url_;
  const Duration timeout_;
};

/// One POST: resolve, connect, write, read, under one deadline. Kept alive by its own operations.
class WebhookInvoker::Post : public std::enable_shared_from_this<Post> {
  // First, because its return type is deduced.
  /// A completion handler that ends the call on an error and goes on with `next` else.
  template <class Value>
  auto then(void (Post::*next)(const Value&)) {
    return [self = shared_from_this(), next](beast::error_code error, const Value& value) {
      if (self->ended_) return;
      if (error) return self->fail(error);
      (self.get()->*next)(value);
    };
  }

 public:
  Post(WebhookInvoker& owner, std::shared_ptr<Call> call)
      : owner_{owner},
        call_{std::move(call)},
        resolver_{owner.loop()},
        stream_{owner.loop()},
        deadline_{owner.loop()},
        time_limit_{call_->invocation.time_limit.value_or(owner.timeout_)} {
    request_.method(http::verb::post);
    request_.version(11);
    request_.target(owner.url_.target);
    request_.set(http::field::host, owner.url_.authority);
    request_.set(http::field::user_agent, "iot-emulator");
    request_.set(http::field::content_type, "application/json");
    request_.set(http::field::connection, "close");
    request_.body() = call_->invocation.payload;
    request_.prepare_payload();
    answer_.body_limit(kMaxAnswerBytes);
  }

  void start() {
    call_->abort = [weak = weak_from_this()](const std::string& why) {
      if (const auto self = weak.lock()) self->end(Error{Errc::unavailable, why});
    };
    deadline_.expires_after(time_limit_);
    deadline_.async_wait([self = shared_from_this()](beast::error_code error) {
      if (error) return;
      self->end(Error{Errc::io, "webhook " + self->owner_.url_.authority + " did not answer within " +
                                    std::to_string(self->time_limit_.count()) + " ms"});
    });
    resolver_.async_resolve(owner_.url_.host, owner_.url_.port,
                            then<tcp::resolver::results_type>(&Post::connect));
  }

 private:
  void connect(const tcp::resolver::results_type& results) {
    stream_.async_connect(results, then<tcp::endpoint>(&Post::write));
  }
  void write(const tcp::endpoint& /*peer*/) {
    http::async_write(stream_, request_, then<std::size_t>(&Post::read));
  }
  void read(const std::size_t& /*written*/) {
    http::async_read(stream_, buffer_, answer_, then<std::size_t>(&Post::judge));
  }
  void judge(const std::size_t& /*read*/) {
    const unsigned status = answer_.get().result_int();
    std::string body = std::move(answer_.get().body());
    if (status / 100 == 2) return end(std::move(body));
    body.resize(std::min(body.find('\n') == body.npos ? body.size() : body.find('\n'), kQuotedBytes));
    end(Error{Errc::io,
              "webhook answered HTTP " + std::to_string(status) + (body.empty() ? "" : ": " + body)});
  }
  void fail(beast::error_code error) {
    end(Error{Errc::io, "webhook " + owner_.url_.authority + ": " + error.message()});
  }

  void end(Result<std::string> answer) {
    if (ended_) return;
    ended_ = true;
    deadline_.cancel();
    resolver_.cancel();
    beast::error_code ignored;
    stream_.socket().close(ignored);
    owner_.finish(call_, std::move(answer));
  }

  WebhookInvoker& owner_;
  std::shared_ptr<Call> call_;
  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  asio::steady_timer deadline_;
  const Duration time_limit_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> answer_;
  bool ended_{false};
};

void WebhookInvoker::run(const std::shared_ptr<Call>& call) {
  std::make_shared<Post>(*this, call)->start();
}

}  // namespace

Result<std::unique_ptr<FunctionInvoker>> make_webhook_invoker(const WebhookOptions& options,
                                                              WorkCounter& counter) {
  auto url = parse_url(options.url);
  if (!url) return url.error();
  std::unique_ptr<FunctionInvoker> invoker =
      std::make_unique<WebhookInvoker>(std::move(*url), options, counter);
  return invoker;
}

}  // namespace iotemu::invoke
