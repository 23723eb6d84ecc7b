#include "emulator/bulk/s3_files.h"

#include <curl/curl.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace iotemu::bulk {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kWholeSeconds = 120;
constexpr int kPollMilliseconds = 100;  ///< How soon a stop is noticed.
constexpr std::size_t kErrorBytes = 4096;
/// SigV4's hash of an empty body: SHA-256 of nothing.
constexpr const char* kEmptyBody =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct S3Location {
  std::string base{};  ///< Without credentials and without a slash at the end; safe to show.
  std::string key{};   ///< Empty: the account stands for it.
  std::string secret{"test"};
};

Result<S3Location> parse_location(const std::string& url) {
  const auto bad = [](std::string_view why) {
    return Error{Errc::invalid_request, "the URL of upstream s3 " + std::string{why} +
                                            "; expected http[s]://[KEY:SECRET@]host[:port][/path]"};
  };
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return bad("has no scheme");
  const auto scheme = url.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return bad("is neither http nor https");
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return bad("holds a space, a control character or a character outside ASCII");
  if (url.find_first_of("?#") != url.npos) return bad("holds a query or a fragment");

  auto rest = url.substr(scheme_end + 3);
  S3Location location;
  if (const auto at = rest.rfind('@'); at != rest.npos) {  // a secret may hold a slash
    const auto colon = rest.find(':');
    if (colon == rest.npos || colon == 0 || colon + 1 >= at) return bad("has no KEY:SECRET before '@'");
    location.key = rest.substr(0, colon);
    location.secret = rest.substr(colon + 1, at - colon - 1);
    rest.erase(0, at + 1);
  }
  while (rest.ends_with('/')) rest.pop_back();
  if (rest.empty() || rest.starts_with('/') || rest.starts_with(':')) return bad("names no host");
  location.base = scheme + "://" + rest;
  return location;
}

/// Percent-encodes all but RFC 3986's unreserved characters and '/': what SigV4 signs.
std::string encoded(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-_.~/";
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != kPlain.npos;
    if (plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

/// libcurl's own state, once a process.
bool curl_ready() {
  struct Global {
    CURLcode code{curl_global_init(CURL_GLOBAL_DEFAULT)};
    ~Global() { curl_global_cleanup(); }
  };
  static const Global global;
  return global.code == CURLE_OK;
}

/// The text between <Code> and </Code> of S3's error document; empty if there is none.
std::string error_code(const std::string& body) {
  constexpr std::string_view kOpen = "<Code>";
  const auto begin = body.find(kOpen);
  if (begin == body.npos) return {};
  const auto end = body.find("</Code>", begin);
  const auto code = body.substr(begin + kOpen.size(), std::min(end, body.size()) - begin - kOpen.size());
  const bool word = std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  });
  return word && code.size() <= 64 ? " " + code : std::string{};
}

/// One GET.
class Download {
 public:
  Download() : easy_{curl_easy_init()}, multi_{curl_multi_init()} {}
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;
  ~Download() {
    if (added_) curl_multi_remove_handle(multi_, easy_);
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }

  /// Errc::unavailable: stopped.
  Status run(const std::string& url, const std::string& credentials, const std::string& region,
             const std::function<bool()>& stopped) {
    if (easy_ == nullptr || multi_ == nullptr || !set(url, credentials, region)) {
      return Error{Errc::internal, "libcurl cannot be set up"};
    }
    added_ = curl_multi_add_handle(multi_, easy_) == CURLM_OK;
    for (int running = 1; added_ && running > 0;) {
      if (stopped()) return Error{Errc::unavailable, "the reading was stopped"};
      if (curl_multi_perform(multi_, &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi_, nullptr, 0, kPollMilliseconds, nullptr);
    }
    int left = 0;
    const auto* message = curl_multi_info_read(multi_, &left);
    if (too_long_)
      return Error{Errc::too_large, "is longer than " + std::to_string(kMaxInputBytes) + " bytes"};
    if (message == nullptr) return Error{Errc::io, "cannot be reached"};
    if (message->data.result != CURLE_OK) {
      return Error{Errc::io, std::string{"cannot be reached: "} + curl_easy_strerror(message->data.result)};
    }
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return Ok{};
  }

  long status{0};
  std::string body{};

 private:
  template <class Value>
  bool option(CURLoption name, Value value) {
    return curl_easy_setopt(easy_, name, value) == CURLE_OK;
  }

  bool set(const std::string& url, const std::string& credentials, const std::string& region) {
    headers_ = curl_slist_append(nullptr, kEmptyBody);
    return headers_ != nullptr && option(CURLOPT_URL, url.c_str()) && option(CURLOPT_PATH_AS_IS, 1L) &&
           option(CURLOPT_PROTOCOLS_STR, "http,https") && option(CURLOPT_FOLLOWLOCATION, 0L) &&
           option(CURLOPT_PROXY, "") && option(CURLOPT_NOSIGNAL, 1L) &&
           option(CURLOPT_CONNECTTIMEOUT, kConnectSeconds) && option(CURLOPT_TIMEOUT, kWholeSeconds) &&
           option(CURLOPT_USERAGENT, "iot-emulator") && option(CURLOPT_HTTPHEADER, headers_) &&
           option(CURLOPT_USERPWD, credentials.c_str()) &&
           option(CURLOPT_AWS_SIGV4, ("aws:amz:" + region + ":s3").c_str()) &&
           option(CURLOPT_WRITEFUNCTION, &Download::take) && option(CURLOPT_WRITEDATA, this);
  }

  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self) {
    auto& download = *static_cast<Download*>(self);
    if (download.body.size() + size * count > kMaxInputBytes) {
      download.too_long_ = true;
      return 0;  // ends the transfer
    }
    download.body.append(data, size * count);
    return size * count;
  }

  CURL* easy_;
  CURLM* multi_;
  curl_slist* headers_{nullptr};
  bool added_{false};
  bool too_long_{false};
};

class S3Files final : public InputFiles {
 public:
  explicit S3Files(S3Location location) : location_{std::move(location)} {}

  Result<std::string> read(const Realm& realm, const InputFile& file,
                           const std::function<bool()>& stopped) override {
    const auto what =
        "object '" + file.key + "' of bucket '" + file.bucket + "' at --upstream s3=" + location_.base;
    const auto url = location_.base + "/" + encoded(file.bucket) + "/" + encoded(file.key);
    const auto& key = location_.key.empty() ? realm.account : location_.key;
    Download download;
    if (auto done = download.run(url, key + ":" + location_.secret, realm.region, stopped); !done) {
      return Error{done.error().code, what + " " + done.error().message};
    }
    if (download.status == 200) return std::move(download.body);
    return refusal(download, what);
  }

 private:
  static Error refusal(const Download& download, const std::string& what) {
    const auto answer = std::to_string(download.status) + error_code(download.body.substr(0, kErrorBytes));
    if (download.status == 404) return {Errc::not_found, "there is no " + what + " (" + answer + ")"};
    if (download.status == 401 || download.status == 403) {
      return {Errc::access_denied, what + " may not be read (" + answer +
                                       "): --upstream s3=http://KEY:SECRET@host gives credentials"};
    }
    if (download.status >= 300 && download.status < 400) {
      return {Errc::io, what + " answered with a redirect (" + answer + "), which is not followed"};
    }
    return {Errc::io, what + " answered " + answer};
  }

  const S3Location location_;
};

}  // namespace

Result<std::unique_ptr<InputFiles>> make_s3_files(const std::string& url) {
  auto location = parse_location(url);
  if (!location) return location.error();
  if (!curl_ready()) return Error{Errc::internal, "libcurl cannot be initialised"};
  return std::unique_ptr<InputFiles>{std::make_unique<S3Files>(std::move(*location))};
}

}  // namespace iotemu::bulk
