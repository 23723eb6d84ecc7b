#include "emulator/http/client/transfer.h"

#include <algorithm>
#include <utility>

namespace iotemu::http {
namespace {

/// What is held of a request besides its texts, about.
constexpr std::size_t kOverhead = 1024;
/// What releases of libcurl since 8.6 say of a header that is longer than they take, about 100 KiB.
constexpr int kCurlTooLarge = 100;

std::size_t bytes_of(const Call& call) {
  std::size_t bytes = kOverhead + call.method.size() + call.url.authority.size() + call.url.target.size();
  for (const auto& header : call.headers) bytes += header.name.size() + header.value.size();
  return bytes + (call.body ? call.body->size() : 0);
}

bool is_garbled(CURLcode code) {
  switch (code) {
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, for which libcurl takes what is no HTTP at all
    case CURLE_WEIRD_SERVER_REPLY:
      return true;
    default:
      return false;
  }
}

std::string why_garbled(CURLcode code, bool begun) {
  if (code == CURLE_GOT_NOTHING || (code == CURLE_RECV_ERROR && !begun)) {
    return "it closed the connection without an answer";
  }
  if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR) return "its answer breaks off";
  return "its answer is not HTTP";
}

}  // namespace

bool ByteBudget::take(std::size_t bytes) {
  if (held_.fetch_add(bytes) + bytes <= most_) return true;
  held_ -= bytes;
  return false;
}

Transfer::Transfer(Call call, Client::Done done, Tick sent, std::size_t answer_head, ByteBudget& budget,
                   WorkCounter& work)
    : call_{std::move(call)},
      done_{std::move(done)},
      deadline_{sent + call_.time_limit},
      max_head_{answer_head},
      budget_{budget},
      work_{work} {}

bool Transfer::charge() {
  const auto bytes = bytes_of(call_);
  if (!budget_.take(bytes)) return false;
  charged_ = bytes;
  return true;
}

void Transfer::give_back() {
  budget_.give_back(std::exchange(charged_, 0));
}

CURL* Transfer::prepare(Tick now) {
  easy_.reset(curl::easy_init());
  if (!easy_ || !add_headers() || !set_limits(now) || !set_request()) return nullptr;
  return easy_.get();
}

bool Transfer::add_line(const std::string& line) {
  auto* longer = curl::slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  (void)headers_.release();  // it is the front of the longer list
  headers_.reset(longer);
  return true;
}

bool Transfer::add_headers() {
  for (const auto& header : call_.headers) {
    // libcurl's way to say a header without a value, for which it takes one of spaces too.
    const bool blank = header.value.find_first_not_of(" \t") == header.value.npos;
    if (!add_line(blank ? header.name + ";" : header.name + ": " + header.value)) return false;
  }
  // What libcurl would add of its own.
  return std::ranges::all_of(
      std::initializer_list<const char*>{"Accept", "Content-Type", "Expect", "User-Agent"},
      [this](const char* name) {
        return find_header(call_.headers, name) != nullptr || add_line(std::string{name} + ":");
      });
}

bool Transfer::set_limits(Tick now) {
  const auto left = std::max<std::int64_t>((deadline_ - now).count(), 1);
  const auto connect = std::clamp<std::int64_t>(call_.connect_limit.count(), 1, left);
  return option(CURLOPT_TIMEOUT_MS, static_cast<long>(left)) &&
         option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect)) &&
         option(CURLOPT_PROTOCOLS_STR, "http,https") && option(CURLOPT_FOLLOWLOCATION, 0L) &&
         option(CURLOPT_PROXY, "") && option(CURLOPT_NOSIGNAL, 1L) &&
         // A name that is being looked up holds up no end.
         option(CURLOPT_QUICK_EXIT, 1L);
}

bool Transfer::set_request() {
  const bool basics =
      option(CURLOPT_URL, (call_.url.scheme + "://" + call_.url.authority + "/").c_str()) &&
      option(CURLOPT_REQUEST_TARGET, call_.url.target.c_str()) && option(CURLOPT_PATH_AS_IS, 1L) &&
      option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
      option(CURLOPT_HTTPHEADER, headers_.get()) && option(CURLOPT_WRITEFUNCTION, &Transfer::take_body) &&
      option(CURLOPT_WRITEDATA, this) && option(CURLOPT_HEADERFUNCTION, &Transfer::take_header) &&
      option(CURLOPT_HEADERDATA, this);
  if (!basics) return false;
  if (call_.method == "HEAD") return option(CURLOPT_NOBODY, 1L);
  if (call_.body) {
    const bool body = option(CURLOPT_POST, 1L) && option(CURLOPT_POSTFIELDS, call_.body->data()) &&
                      option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body->size()));
    if (!body) return false;
  }
  return option(CURLOPT_CUSTOMREQUEST, call_.method.c_str());
}

std::size_t Transfer::take_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  auto& body = transfer.answer_.body;
  const auto bytes = size * count;
  const auto kept = std::min(bytes, transfer.call_.max_answer - body.size());
  if (!transfer.budget_.take(kept)) {
    transfer.cut_ = Cut::budget;
    return 0;
  }
  transfer.charged_ += kept;
  body.append(data, kept);
  if (kept < bytes) transfer.cut_ = Cut::body;
  return kept;
}

std::size_t Transfer::take_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto bytes = size * count;
  transfer.head_bytes_ += bytes;
  if (transfer.head_bytes_ > transfer.max_head_) {
    transfer.cut_ = Cut::head;
    return 0;
  }
  transfer.take_header_line({data, bytes});
  return bytes;
}

void Transfer::take_header_line(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/") && answer_.body.empty()) {  // perhaps behind a 100 Continue
    answer_.headers.clear();
    in_head_ = true;
    return;
  }
  if (line.empty()) in_head_ = false;
  const auto colon = line.find(':');
  if (!in_head_ || colon == line.npos || colon == 0) return;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  answer_.headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
}

Outcome Transfer::outcome(CURLcode code) {
  long status = 0;
  curl::easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<unsigned>(status);
  if (cut_ == Cut::budget) {
    return {.ending = Ending::no_room,
            .why = "requests and answers under way would hold more than " + std::to_string(budget_.most()) +
                   " bytes"};
  }
  if (cut_ == Cut::body) {
    return {.ending = Ending::too_long,
            .answer = std::move(answer_),
            .why = "its answer is longer than " + std::to_string(call_.max_answer) + " bytes"};
  }
  // One line of a head that is longer than libcurl takes never comes here whole.
  const bool endless_line =
      in_head_ && (code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == kCurlTooLarge);
  if (cut_ == Cut::head || endless_line) {
    return {.ending = Ending::too_long,
            .answer = std::move(answer_),
            .why = "the head of its answer is longer than " + std::to_string(max_head_) + " bytes"};
  }
  if (code == CURLE_OK) return {.answer = std::move(answer_)};
  if (code == CURLE_OPERATION_TIMEDOUT) return outcome_of_timeout();
  if (is_garbled(code)) return {.ending = Ending::garbled, .why = why_garbled(code, head_bytes_ > 0)};
  return {.ending = Ending::unreachable, .why = curl::easy_strerror(code)};
}

Outcome Transfer::outcome_of_timeout() const {
  curl_off_t ready = 0;  // when the connection stood, TLS included
  curl::easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready);
  if (ready == 0 && call_.connect_limit < call_.time_limit) {
    return {.ending = Ending::unreachable,
            .why = "no connection within " + std::to_string(call_.connect_limit.count()) + " ms"};
  }
  return late();
}

Outcome Transfer::late() const {
  return {.ending = Ending::timed_out,
          .why = "it did not answer within " + std::to_string(call_.time_limit.count()) + " ms"};
}

void Transfer::end(Outcome outcome) {
  easy_.reset();
  give_back();
  done_(std::move(outcome));
}

}  // namespace iotemu::http
