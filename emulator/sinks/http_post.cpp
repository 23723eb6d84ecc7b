#include "emulator/sinks/http_post.h"

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

// RU-31
constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kWhole{3'000};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::size_t kMaxAnswer = 16'384;
constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kMaxHeaderName = 256;
constexpr std::size_t kMaxUrl = 2'048;

/// What may stand between the slashes of a credential scope.
bool is_scope_name(std::string_view name) {
  constexpr std::string_view kMarks = "-_.";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != kMarks.npos;
  });
}

/// What the exchange itself needs to say.
bool is_own(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames{"Connection", "Content-Length",    "Expect", "Host",
                                                          "TE",         "Transfer-Encoding", "Upgrade"};
  return std::ranges::any_of(kNames, [&](std::string_view one) { return http::same_name(one, name); });
}

Status add_headers(std::vector<http::Header>& headers, const Json& given) {
  if (given.size() > kMaxHeaders) return wrong("the action has more than 100 headers");
  for (const auto& one : given) {
    auto name = text_of(one, "key");
    auto value = text_of(one, "value");
    if (!http::is_token(name) || name.size() > kMaxHeaderName)
      return wrong("'" + name + "' is no name of a header");
    if (is_own(name)) return wrong("the header " + name + " is set by the service itself");
    // A template may have put there what a device has sent.
    if (!http::is_header_value(value))
      return wrong("the value of the header " + name + " holds a control character");
    headers.push_back({std::move(name), std::move(value)});
  }
  return Ok{};
}

std::string_view reason_phrase(unsigned status) {
  struct Phrase {
    unsigned status;
    std::string_view text;
  };
  static constexpr std::array kPhrases{
      Phrase{400, "Bad Request"},        Phrase{401, "Unauthorized"},
      Phrase{403, "Forbidden"},          Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"}, Phrase{413, "Payload Too Large"},
      Phrase{429, "Too Many Requests"},  Phrase{500, "Internal Server Error"},
      Phrase{502, "Bad Gateway"},        Phrase{503, "Service Unavailable"},
      Phrase{504, "Gateway Timeout"}};
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  if (found != kPhrases.end()) return found->text;
  return status / 100 == 3 ? "redirects are not followed" : "the endpoint did not answer 2xx";
}

}  // namespace

Result<HttpPost> http_post_of(const rules::ActionRequest& action, std::string body,
                              std::string_view content_type) {
  const auto text = text_of(action.parameters, "url");
  if (text.size() > kMaxUrl) return wrong("the URL is longer than 2048 characters");
  auto url = http::parse_url(text);
  if (!url) return url.error();
  HttpPost post{.call = {.method = "POST",
                         .url = std::move(*url),
                         .body = std::move(body),
                         .time_limit = kWhole,
                         .max_answer = kMaxAnswer},
                .realm = action.realm};
  auto& headers = post.call.headers;
  if (const auto given = action.parameters.find("headers"); given != action.parameters.end()) {
    if (auto added = add_headers(headers, *given); !added) return added.error();
  }
  if (http::find_header(headers, "Content-Type") == nullptr) {
    headers.push_back({"Content-Type", std::string{content_type}});
  }
  if (http::find_header(headers, "User-Agent") == nullptr) headers.push_back({"User-Agent", "iot-emulator"});
  static const Json::json_pointer kSigning{"/auth/sigv4"};
  if (action.parameters.contains(kSigning)) {
    const auto& signing = action.parameters.at(kSigning);
    for (const auto* name : {"signingRegion", "serviceName"}) {
      if (!is_scope_name(text_of(signing, name))) {
        return wrong("auth.sigv4." + std::string{name} + " must be of letters, digits, '-', '_' and '.'");
      }
    }
    post.signing = HttpPost::Signing{.role_arn = text_of(signing, "roleArn"),
                                     .region = text_of(signing, "signingRegion"),
                                     .service = text_of(signing, "serviceName")};
  }
  return post;
}

struct HttpPoster::Attempt {
  HttpPost what{};
  Done done{};
  Tick begun{};
  int made{0};
  std::uint64_t epoch{0};
};

void HttpPoster::post(HttpPost what, Done done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->what = std::move(what);
  attempt->done = std::move(done);
  attempt->begun = clock_.tick();
  attempt->epoch = epoch_;
  send(attempt);
}

void HttpPoster::send(const AttemptPtr& attempt) {
  if (attempt->epoch != epoch_) return attempt->done("Reason: the emulator was reset.");
  ++attempt->made;
  auto call = attempt->what.call;
  call.time_limit -= clock_.tick() - attempt->begun;
  if (const auto& signing = attempt->what.signing) {
    const auto credentials = assume_(attempt->what.realm, signing->role_arn);
    if (!credentials) return attempt->done("Reason: auth.sigv4: " + credentials.error().message + ".");
    auto added = http::sign({.method = call.method,
                             .authority = call.url.authority,
                             .target = call.url.target,
                             .headers = call.headers,
                             .body = *call.body},
                            *credentials,
                            {.region = signing->region, .service = signing->service, .now = clock_.now()});
    for (auto& header : added) call.headers.push_back(std::move(header));
  }
  client_.send(std::move(call),
               [this, attempt](http::Outcome outcome) { judge(attempt, answer_of(std::move(outcome))); });
}

void HttpPoster::judge(const AttemptPtr& attempt, const Result<HttpAnswer>& answer) {
  if (!answer) return attempt->done("Reason: " + answer.error().message + ".");
  const auto status = answer->status;
  if (status / 100 == 2) return attempt->done(std::nullopt);
  const auto pause = kFirstPause * (1 << (attempt->made - 1));
  const bool in_time = clock_.tick() + pause - attempt->begun < kWhole;
  if ((status == 429 || status >= 500) && !answer->too_long && attempt->made < kAttempts && in_time) {
    timers_.after(pause, [this, attempt] { send(attempt); });
    return;
  }
  attempt->done("StatusCode: " + std::to_string(status) + ". Reason: " + std::string{reason_phrase(status)} +
                ".");
}

}  // namespace iotemu::sinks
