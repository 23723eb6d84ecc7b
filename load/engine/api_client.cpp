#include "load/engine/api_client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/curl/libcurl.h"

namespace iotemu::load {
namespace {

constexpr std::size_t kMaxAnswer = 8U << 20U;
constexpr const char* kNobody =
    "Authorization: AWS4-HMAC-SHA256 Credential=load/20260101/us-east-1/iot/aws4_request, "
    "SignedHeaders=host, Signature=0000000000000000000000000000000000000000000000000000000000000000";

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto& answer = *static_cast<std::string*>(into);
  if (answer.size() + size * count > kMaxAnswer) return 0;
  answer.append(data, size * count);
  return size * count;
}

Error wrong(std::string_view url) {
  return Error{
      .code = Errc::invalid_request,
      .message = "'" + std::string{url} +
                 "' is no API endpoint of an emulator; expected a form such as http://127.0.0.1:4566"};
}

/// What the server says went wrong, as far as it says it the usual way.
std::string words_of(const std::string& body) {
  const auto json = parse_json(body);
  if (json && json->is_object()) {
    const auto message = json->find("message");
    if (message != json->end() && message->is_string()) return message->get<std::string>();
  }
  return body.substr(0, 200);
}

}  // namespace

struct ApiClient::Handle {
  curl::Easy easy{curl::easy_init()};
};

ApiClient::ApiClient() : handle_{std::make_unique<Handle>()} {}
ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient& ApiClient::operator=(ApiClient&&) noexcept = default;
ApiClient::~ApiClient() = default;

Result<ApiClient> ApiClient::make(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  auto rest = url;
  if (!rest.starts_with(kScheme)) return wrong(url);
  rest.remove_prefix(kScheme.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (colon == 0 || colon == std::string_view::npos) return wrong(url);
  if (auto loaded = curl::load(); !loaded) return loaded.error();
  ApiClient client;
  const auto port = rest.substr(colon + 1);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), client.port_);
  if (failure != std::errc{} || end != port.data() + port.size()) return wrong(url);
  client.host_ = rest.substr(0, colon);
  if (client.host_.starts_with('[') && client.host_.ends_with(']')) {
    client.host_ = client.host_.substr(1, client.host_.size() - 2);
  }
  if (client.host_.find_first_of("/@?#") != std::string::npos) return wrong(url);
  client.base_ = std::string{kScheme} + std::string{rest};
  if (!client.handle_->easy) return Error{.code = Errc::internal, .message = "libcurl cannot be started"};
  return client;
}

Status ApiClient::set_admin_token(std::string token) {
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return Error{.code = Errc::invalid_request,
                 .message = "the admin token holds a space, a control character or one outside ASCII"};
  }
  admin_token_ = std::move(token);
  return Ok{};
}

Result<std::string> ApiClient::get(std::string_view path, std::chrono::milliseconds limit) {
  return ask("GET", path, nullptr, limit);
}

Result<Json> ApiClient::call(std::string_view method, std::string_view path, const Json& body,
                             std::chrono::milliseconds limit) {
  const auto text = body.is_null() ? std::string{} : to_text(body);
  const auto answer = ask(method, path, &text, limit);
  if (!answer) return answer.error();
  return answer->empty() ? Result<Json>{Json::object()} : parse_json(*answer);
}

Result<std::string> ApiClient::ask(std::string_view method, std::string_view path, const std::string* body,
                                   std::chrono::milliseconds limit) {
  CURL* easy = handle_->easy.get();
  curl::easy_reset(easy);  // the connection stays
  const std::string url = base_ + std::string{path};
  const std::string verb{method};
  std::string answer;
  curl::Lines headers{curl::slist_append(nullptr, "Expect:")};
  if (body != nullptr) {  // the emulator's own paths are not for signed requests
    curl::slist_append(headers.get(), kNobody);
    curl::slist_append(headers.get(), "Content-Type: application/json");
  } else if (!admin_token_.empty()) {
    curl::slist_append(headers.get(), ("Authorization: Bearer " + admin_token_).c_str());
  }
  curl::easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl::easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  curl::easy_setopt(easy, CURLOPT_PROXY, "");
  curl::easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl::easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  curl::easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl::easy_setopt(easy, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl::easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl::easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  if (body != nullptr && !body->empty()) {
    curl::easy_setopt(easy, CURLOPT_POSTFIELDS, body->c_str());
    curl::easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
  }
  const auto code = curl::easy_perform(easy);
  if (code != CURLE_OK) {
    return Error{.code = Errc::io,
                 .message = "nobody answers at " + base_ + " (" + curl::easy_strerror(code) + ")"};
  }
  long status = 0;
  curl::easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return answer;
  const auto* cure = "";
  if (status == 401) {
    cure = admin_token_.empty() ? "; give --ready-file FILE, or the token in IOTEMU_ADMIN_TOKEN"
                                : "; the token that was given is not the emulator's";
  }
  return Error{.code = Errc::invalid_response,
               .message = verb + " " + url + " was answered with " + std::to_string(status) + ": " +
                          words_of(answer) + cure};
}

}  // namespace iotemu::load
