#include "emulator/neighbours/upstreams.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/free.h"
#include "base/hex.h"
#include "base/log.h"

namespace iotemu::neighbours {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kWholeSeconds = 900;  ///< A function may run for a quarter of an hour.
constexpr int kPollMilliseconds = 1000;
constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr std::size_t kMaxRunning = 128;
constexpr std::size_t kMaxWaiting = 512;

using EasyPtr = std::unique_ptr<CURL, Free<curl_easy_cleanup>>;
using MultiPtr = std::unique_ptr<CURLM, Free<curl_multi_cleanup>>;
using ListPtr = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;

struct Place {
  std::string origin{};  ///< scheme://host[:port]
  std::string prefix{};  ///< of the target; no slash at its end
};

constexpr std::array<std::string_view, 5> kOurs{"iot", "iotdata", "iotdevicegateway", "iot-jobs-data",
                                                "execute-api"};

bool is_service(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

Result<Place> parse(const std::string& service, const std::string& url) {
  const auto bad = [&](std::string_view why) {
    return Error{Errc::invalid_request, "the URL of upstream " + service + " " + std::string{why} +
                                            "; expected http[s]://host[:port][/path]"};
  };
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return bad("has no scheme");
  const auto scheme = url.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return bad("is neither http nor https");
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return bad("holds a space, a control character or a character outside ASCII");
  if (url.find_first_of("?#") != url.npos) return bad("holds a query or a fragment");
  auto rest = url.substr(scheme_end + 3);
  if (const auto at = rest.rfind('@'); at != rest.npos) {
    // The requests bring their own signatures; those of s3 sign what this emulator itself asks.
    if (service != "s3") return bad("holds credentials, which are used for s3 alone");
    rest.erase(0, at + 1);
  }
  while (rest.ends_with('/')) rest.pop_back();
  if (rest.empty() || rest.starts_with('/') || rest.starts_with(':')) return bad("names no host");
  const auto slash = std::min(rest.find('/'), rest.size());
  return Place{.origin = scheme + "://" + rest.substr(0, slash), .prefix = rest.substr(slash)};
}

/// Headers that concern one connection alone (RFC 9110, 7.6.1), and those that are made anew.
bool is_for_one_connection(std::string_view name, const std::vector<http::Header>& all) {
  static constexpr std::array<std::string_view, 10> kNames{"Connection",
                                                           "Keep-Alive",
                                                           "Proxy-Authenticate",
                                                           "Proxy-Authorization",
                                                           "Proxy-Connection",
                                                           "TE",
                                                           "Trailer",
                                                           "Transfer-Encoding",
                                                           "Upgrade",
                                                           "Expect"};
  const bool known =
      std::ranges::any_of(kNames, [&](std::string_view one) { return http::same_name(one, name); });
  if (known) return true;
  const auto* connection = http::find_header(all, "Connection");
  if (connection == nullptr) return false;
  std::string_view names = *connection;
  while (!names.empty()) {
    const auto comma = std::min(names.find(','), names.size());
    auto one = names.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (http::same_name(one, name)) return true;
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return false;
}

/// Who may read an answer in a browser is said by the guard of this server alone.
bool is_for_browsers(std::string_view name) {
  return lowercase(name).starts_with("access-control-") ||
         http::same_name(name, "Cross-Origin-Resource-Policy");
}

/// The target in its origin form.
std::string origin_form(const std::string& target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  const auto path = scheme == target.npos ? target.npos : target.find('/', scheme + 3);
  return path == target.npos ? "/" : target.substr(path);
}

/// A server that resolves "..", however it is written, would leave the prefix.
bool has_dot_segment(const http::Request& request) {
  return std::ranges::any_of(request.segments, [](std::string_view rest) {
    while (true) {
      const auto end = std::min(rest.find_first_of("/\\"), rest.size());
      const auto part = rest.substr(0, std::min(rest.find(';'), end));
      if (part == "." || part == "..") return true;
      if (end == rest.size()) return false;
      rest.remove_prefix(end + 1);
    }
  });
}

/// One request on its way.
class Transfer {
 public:
  Transfer(const Place& place, std::string service, http::Request request, Upstreams::Refuse refuse,
           http::Responder respond)
      : place_{place},
        service_{std::move(service)},
        request_{std::move(request)},
        target_{place.prefix + origin_form(request_.target)},
        refuse_{std::move(refuse)},
        respond_{std::move(respond)} {}

  /// The handle, ready to run; null if libcurl fails.
  CURL* prepare() {
    easy_.reset(curl_easy_init());
    if (!easy_ || !add_headers() || !set_options()) return nullptr;
    return easy_.get();
  }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }

  void finish(CURLcode code) {
    if (too_long_) {
      return fail({"BadGatewayException",
                   "its answer is longer than " + std::to_string(kMaxPassedBytes) + " bytes", 502});
    }
    if (code != CURLE_OK) {
      const bool late = code == CURLE_OPERATION_TIMEDOUT;
      const bool garbled = code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_GOT_NOTHING ||
                           code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE ||
                           code == CURLE_UNSUPPORTED_PROTOCOL;
      return fail(
          {garbled ? "BadGatewayException" : "ServiceUnavailableException",
           (late ? std::string{"it did not answer in time: "} : std::string{}) + curl_easy_strerror(code),
           garbled ? 502U : 503U});
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    respond_(answer(static_cast<unsigned>(status)));
  }

  void fail(Fault fault) {
    log::warn("An upstream did not answer",
              {{"service", service_}, {"url", place_.origin}, {"why", fault.message}});
    fault.message = "The upstream of " + service_ + " at " + place_.origin + " failed: " + fault.message;
    respond_(refuse_(fault));
  }

 private:
  template <class Value>
  bool option(CURLoption name, Value value) {
    return curl_easy_setopt(easy_.get(), name, value) == CURLE_OK;
  }

  bool add_line(const std::string& line) {
    auto* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)headers_.release();  // it is the front of the longer list
    headers_.reset(longer);
    return true;
  }

  bool add_headers() {
    for (const auto& header : request_.headers) {
      if (is_for_one_connection(header.name, request_.headers)) continue;
      if (http::same_name(header.name, "Content-Length")) continue;
      // libcurl's way to say a header without a value.
      if (!add_line(header.value.empty() ? header.name + ";" : header.name + ": " + header.value))
        return false;
    }
    // What libcurl would add of its own.
    for (const auto* name : {"Accept", "Content-Type", "Expect", "User-Agent"}) {
      if (request_.header(name) == nullptr || http::same_name(name, "Expect")) {
        if (!add_line(std::string{name} + ":")) return false;
      }
    }
    return true;
  }

  bool set_options() {
    const bool with_body = !request_.body.empty() || (request_.header("Content-Length") != nullptr &&
                                                      request_.method != "GET" && request_.method != "HEAD");
    const bool basics =
        option(CURLOPT_URL, (place_.origin + "/").c_str()) &&
        option(CURLOPT_REQUEST_TARGET, target_.c_str()) && option(CURLOPT_PATH_AS_IS, 1L) &&
        option(CURLOPT_PROTOCOLS_STR, "http,https") && option(CURLOPT_FOLLOWLOCATION, 0L) &&
        option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) && option(CURLOPT_PROXY, "") &&
        option(CURLOPT_NOSIGNAL, 1L) && option(CURLOPT_CONNECTTIMEOUT, kConnectSeconds) &&
        option(CURLOPT_TIMEOUT, kWholeSeconds) && option(CURLOPT_HTTPHEADER, headers_.get()) &&
        option(CURLOPT_PRIVATE, this) && option(CURLOPT_WRITEFUNCTION, &Transfer::take_body) &&
        option(CURLOPT_WRITEDATA, this) && option(CURLOPT_HEADERFUNCTION, &Transfer::take_header) &&
        option(CURLOPT_HEADERDATA, this);
    if (!basics) return false;
    if (request_.method == "HEAD") return option(CURLOPT_NOBODY, 1L);
    const bool body =
        !with_body || (option(CURLOPT_POST, 1L) && option(CURLOPT_POSTFIELDS, request_.body.data()) &&
                       option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())));
    return body && option(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  http::Response answer(unsigned status) {
    http::Response response{.status = status, .body = std::move(body_), .content_type = {}};
    for (auto& header : answer_headers_) {
      if (is_for_one_connection(header.name, answer_headers_) || is_for_browsers(header.name)) continue;
      // The length is that of the body, which the answer to HEAD does not have.
      if (http::same_name(header.name, "Content-Length") && request_.method != "HEAD") continue;
      response.headers.push_back(header);
    }
    return response;
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.body_.size() + size * count > kMaxPassedBytes) {
      transfer.too_long_ = true;
      return 0;  // ends the transfer
    }
    transfer.body_.append(data, size * count);
    return size * count;
  }

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto bytes = size * count;
    std::string_view line{data, bytes};
    transfer.head_bytes_ += bytes;
    if (transfer.head_bytes_ > kMaxHeadBytes) {
      transfer.too_long_ = true;
      return 0;
    }
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) transfer.answer_headers_.clear();  // behind a 100 Continue
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return bytes;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    transfer.answer_headers_.push_back({std::string{line.substr(0, colon)}, std::string{value}});
    return bytes;
  }

  const Place& place_;
  const std::string service_;
  const http::Request request_;
  const std::string target_;
  const Upstreams::Refuse refuse_;
  const http::Responder respond_;
  ListPtr headers_{};  ///< outlives easy_
  EasyPtr easy_{};
  std::string body_{};
  std::vector<http::Header> answer_headers_{};
  std::size_t head_bytes_{0};
  bool too_long_{false};
};

class CurlUpstreams final : public Upstreams {
 public:
  explicit CurlUpstreams(std::map<std::string, Place, std::less<>> places)
      : places_{std::move(places)}, multi_{curl_multi_init()} {
    if (!places_.empty()) thread_ = std::thread{[this] { run(); }};
  }
  ~CurlUpstreams() override { CurlUpstreams::stop(); }

  [[nodiscard]] bool knows(std::string_view service) const override { return places_.contains(service); }

  void pass_on(std::string_view service, http::Request request, Refuse refuse,
               http::Responder respond) override {
    const auto& place = places_.find(service)->second;
    if (!place.prefix.empty() && has_dot_segment(request)) {
      return respond(refuse({"InvalidRequestException",
                             "A path with dot segments would leave the path of the upstream's URL", 400}));
    }
    auto transfer = std::make_unique<Transfer>(place, std::string{service}, std::move(request),
                                               std::move(refuse), std::move(respond));
    std::string refused;
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) {
        refused = "the emulator is ending";
      } else if (waiting_.size() >= kMaxWaiting) {
        refused = "more than " + std::to_string(kMaxWaiting) + " requests wait for it";
      } else {
        waiting_.push_back(std::move(transfer));
      }
    }
    if (transfer) return transfer->fail({"ServiceUnavailableException", refused, 503});
    curl_multi_wakeup(multi_.get());
  }

  void stop() override {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    if (thread_.joinable()) thread_.join();
  }

 private:
  using TransferPtr = std::unique_ptr<Transfer>;

  void run() {
    while (admit()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      // What ended may have freed the place that another waits for, which nothing else would wake.
      const bool ended = end_what_is_done();
      curl_multi_poll(multi_.get(), nullptr, 0, ended ? 0 : kPollMilliseconds, nullptr);
    }
    for (auto& transfer : running_) {
      curl_multi_remove_handle(multi_.get(), transfer->easy());
      transfer->fail({"ServiceUnavailableException", "the emulator is ending", 503});
    }
    running_.clear();
    for (auto& transfer : waiting_)
      transfer->fail({"ServiceUnavailableException", "the emulator is ending", 503});
    waiting_.clear();
  }

  /// Starts what waits; false when it is time to stop.
  bool admit() {
    while (running_.size() < kMaxRunning) {
      TransferPtr next;
      {
        const std::lock_guard lock{mutex_};
        if (stopping_) return false;
        if (waiting_.empty()) return true;
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      auto* easy = next->prepare();
      if (easy == nullptr || curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) {
        next->fail({"ServiceUnavailableException", "libcurl cannot be set up", 503});
        continue;
      }
      running_.push_back(std::move(next));
    }
    const std::lock_guard lock{mutex_};
    return !stopping_;
  }

  /// Whether anything was.
  bool end_what_is_done() {
    bool ended = false;
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto* easy = message->easy_handle;
      const auto code = message->data.result;
      const auto found =
          std::ranges::find_if(running_, [&](const TransferPtr& one) { return one->easy() == easy; });
      curl_multi_remove_handle(multi_.get(), easy);
      auto transfer = std::move(*found);
      running_.erase(found);
      transfer->finish(code);
      ended = true;
    }
    return ended;
  }

  const std::map<std::string, Place, std::less<>> places_;
  const MultiPtr multi_;
  std::mutex mutex_;
  std::deque<TransferPtr> waiting_;  ///< guarded, as is stopping_
  bool stopping_{false};
  std::vector<TransferPtr> running_;  ///< the thread's alone
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Upstreams>> open_upstreams(const std::map<std::string, std::string>& urls) {
  // libcurl's own state, once a process.
  struct Global {
    CURLcode code{curl_global_init(CURL_GLOBAL_DEFAULT)};
    ~Global() { curl_global_cleanup(); }
  };
  static const Global global;
  if (global.code != CURLE_OK) return Error{Errc::internal, "libcurl cannot be initialised"};

  std::map<std::string, Place, std::less<>> places;
  for (const auto& [service, url] : urls) {
    if (std::ranges::find(kOurs, service) != kOurs.end()) {
      return Error{Errc::invalid_request,
                   "there can be no upstream for " + service + ": it is what iot-emulator itself answers"};
    }
    if (!is_service(service)) {
      return Error{Errc::invalid_request,
                   "upstream '" + service + "' is not the signing name of an AWS service, such as sqs"};
    }
    auto place = parse(service, url);
    if (!place) return place.error();
    places.emplace(service, std::move(*place));
  }
  return std::unique_ptr<Upstreams>{std::make_unique<CurlUpstreams>(std::move(places))};
}

}  // namespace iotemu::neighbours
