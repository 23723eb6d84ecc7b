#include "emulator/sinks/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/free.h"

namespace iotemu::sinks {
namespace {

constexpr int kPollMilliseconds = 1000;
constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr std::size_t kMaxRunning = 64;
constexpr std::size_t kMaxWaiting = 4096;

using EasyPtr = std::unique_ptr<CURL, Free<curl_easy_cleanup>>;
using MultiPtr = std::unique_ptr<CURLM, Free<curl_multi_cleanup>>;
using ListPtr = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;

/// libcurl's own state, once a process.
bool curl_ready() {
  struct Global {
    CURLcode code{curl_global_init(CURL_GLOBAL_DEFAULT)};
    ~Global() { curl_global_cleanup(); }
  };
  static const Global global;
  return global.code == CURLE_OK;
}

/// The header that is more than one line; null: none is.
const http::Header* broken_header(const std::vector<http::Header>& headers) {
  const auto found = std::ranges::find_if(
      headers, [](const http::Header& one) { return !is_one_line(one.name) || !is_one_line(one.value); });
  return found == headers.end() ? nullptr : &*found;
}

/// One request on its way.
class Transfer {
 public:
  Transfer(HttpCall call, HttpClient::Done done, WorkCounter& work)
      : call_{std::move(call)}, done_{std::move(done)}, work_{work} {}

  /// The handle, ready to run; null if libcurl fails.
  CURL* prepare() {
    easy_.reset(curl_easy_init());
    if (!easy_ || !add_headers() || !set_options()) return nullptr;
    return easy_.get();
  }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }

  void finish(CURLcode code) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK && !answer_.too_long) {
      const auto why = code == CURLE_OPERATION_TIMEDOUT
                           ? "it did not answer within " + std::to_string(call_.time_limit.count()) + " ms"
                           : std::string{curl_easy_strerror(code)};
      return fail({Errc::io, why});
    }
    answer_.status = static_cast<unsigned>(status);
    done_(std::move(answer_));
  }
  void fail(Error error) { done_(std::move(error)); }

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
    for (const auto& header : call_.headers) {
      // libcurl's way to say a header without a value.
      if (!add_line(header.value.empty() ? header.name + ";" : header.name + ": " + header.value))
        return false;
    }
    // What libcurl would add of its own.
    for (const auto* name : {"Accept", "Content-Type", "Expect", "User-Agent"}) {
      if (http::find_header(call_.headers, name) == nullptr && !add_line(std::string{name} + ":"))
        return false;
    }
    return true;
  }

  bool set_options() {
    const auto milliseconds = static_cast<long>(std::max<std::int64_t>(call_.time_limit.count(), 1));
    return option(CURLOPT_URL, (call_.url.scheme + "://" + call_.url.authority + "/").c_str()) &&
           option(CURLOPT_REQUEST_TARGET, call_.url.target.c_str()) && option(CURLOPT_PATH_AS_IS, 1L) &&
           option(CURLOPT_PROTOCOLS_STR, "http,https") && option(CURLOPT_FOLLOWLOCATION, 0L) &&
           option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
           option(CURLOPT_PROXY, "") && option(CURLOPT_NOSIGNAL, 1L) &&
           option(CURLOPT_CONNECTTIMEOUT_MS, milliseconds) && option(CURLOPT_TIMEOUT_MS, milliseconds) &&
           option(CURLOPT_HTTPHEADER, headers_.get()) && option(CURLOPT_POST, 1L) &&
           option(CURLOPT_POSTFIELDS, call_.body.data()) &&
           option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size())) &&
           option(CURLOPT_CUSTOMREQUEST, call_.method.c_str()) &&
           option(CURLOPT_WRITEFUNCTION, &Transfer::take_body) && option(CURLOPT_WRITEDATA, this) &&
           option(CURLOPT_HEADERFUNCTION, &Transfer::take_header) && option(CURLOPT_HEADERDATA, this);
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& body = transfer.answer_.body;
    const auto room = transfer.call_.max_answer - body.size();
    body.append(data, std::min(size * count, room));
    if (size * count <= room) return size * count;
    transfer.answer_.too_long = true;
    return 0;  // ends the transfer
  }

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto bytes = size * count;
    transfer.head_bytes_ += bytes;
    if (transfer.head_bytes_ > kMaxHeadBytes) return 0;
    std::string_view line{data, bytes};
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) transfer.answer_.headers.clear();  // behind a 100 Continue
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return bytes;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    transfer.answer_.headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
    return bytes;
  }

  const HttpCall call_;
  const HttpClient::Done done_;
  const WorkToken work_;
  ListPtr headers_{};  ///< outlives easy_
  EasyPtr easy_{};
  HttpAnswer answer_{};
  std::size_t head_bytes_{0};
};

/// One thread drives all transfers.
class CurlClient final : public HttpClient {
 public:
  CurlClient(MultiPtr multi, WorkCounter& work) : work_{work}, multi_{std::move(multi)} {
    thread_ = std::thread{[this] { run(); }};
  }
  ~CurlClient() override { CurlClient::stop(); }

  void send(HttpCall call, Done done) override {
    std::optional<Error> refused;
    if (broken_header(call.headers) != nullptr) {
      refused = Error{Errc::invalid_request, "a header of the request holds a control character"};
    }
    auto transfer = std::make_unique<Transfer>(std::move(call), std::move(done), work_);
    if (!refused) {
      const std::lock_guard lock{mutex_};
      if (stopping_) {
        refused = ending();
      } else if (waiting_.size() >= kMaxWaiting) {
        refused = Error{Errc::throttled,
                        "more than " + std::to_string(kMaxWaiting) + " requests of rules wait to be sent"};
      } else {
        waiting_.push_back(std::move(transfer));
      }
    }
    if (refused) return transfer->fail(std::move(*refused));
    curl_multi_wakeup(multi_.get());
  }

  void stop() override {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    if (!thread_.joinable()) return;
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

 private:
  using TransferPtr = std::unique_ptr<Transfer>;

  static Error ending() { return {Errc::unavailable, "the emulator is ending"}; }
  bool is_stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
  }

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
      transfer->fail(ending());
    }
    running_.clear();
    // Nothing is added behind `stopping_`.
    for (auto& transfer : waiting_) transfer->fail(ending());
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
        next->fail({Errc::io, "libcurl cannot be set up for it"});
        continue;
      }
      running_.push_back(std::move(next));
    }
    return !is_stopping();
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

  WorkCounter& work_;
  const MultiPtr multi_;
  std::mutex mutex_;
  std::deque<TransferPtr> waiting_;  ///< guarded, as is stopping_
  bool stopping_{false};
  std::vector<TransferPtr> running_;  ///< the thread's alone
  std::thread thread_;
};

}  // namespace

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

Result<std::unique_ptr<HttpClient>> make_http_client(WorkCounter& work) {
  MultiPtr multi;
  if (curl_ready()) multi.reset(curl_multi_init());
  if (!multi) return Error{Errc::internal, "libcurl cannot be initialised"};
  return std::unique_ptr<HttpClient>{std::make_unique<CurlClient>(std::move(multi), work)};
}

}  // namespace iotemu::sinks
