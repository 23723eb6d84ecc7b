#include "emulator/bulk/s3_files.h"

#include <algorithm>
#include <future>
#include <string_view>
#include <utility>

#include "emulator/http/client/aws_signature.h"
#include "emulator/http/client/client.h"

namespace iotemu::bulk {
namespace {

constexpr std::chrono::seconds kConnectLimit{10};
constexpr std::chrono::seconds kTimeLimit{120};
constexpr std::chrono::milliseconds kStopIsNoticed{100};
constexpr std::size_t kErrorBytes = 4096;

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

class S3Files final : public InputFiles {
 public:
  S3Files(http::Upstream upstream, const Clock& clock) : upstream_{std::move(upstream)}, clock_{clock} {}

  Result<std::string> read(const Realm& realm, const InputFile& file,
                           const std::function<bool()>& stopped) override {
    const auto what =
        "object '" + file.key + "' of bucket '" + file.bucket + "' at --upstream s3=" + upstream_.shown();
    auto outcome = get(call_for(realm, file), stopped);
    if (!outcome) return Error{outcome.error().code, what + ": " + outcome.error().message};
    switch (outcome->ending) {
      case http::Ending::answered:
        break;
      case http::Ending::too_long:
        return Error{Errc::too_large, what + " is too long: " + outcome->why};
      case http::Ending::unreachable:
        return Error{Errc::io, what + " cannot be reached: " + outcome->why};
      default:
        return Error{Errc::io, what + " cannot be read: " + outcome->why};
    }
    if (outcome->answer.status == 200) return std::move(outcome->answer.body);
    return refusal(outcome->answer, what);
  }

 private:
  [[nodiscard]] http::Call call_for(const Realm& realm, const InputFile& file) const {
    http::Call call{.url = upstream_.base,
                    .headers = {{"User-Agent", "iot-emulator"}},
                    .connect_limit = kConnectLimit,
                    .time_limit = kTimeLimit,
                    .max_answer = kMaxInputBytes};
    call.url.target += "/" + http::uri_encoded(file.bucket, "/") + "/" + http::uri_encoded(file.key, "/");
    auto signature = http::sign({.method = call.method,
                                 .authority = call.url.authority,
                                 .target = call.url.target,
                                 .headers = call.headers},
                                upstream_.credentials_of(realm.account),
                                {.region = realm.region, .service = "s3", .now = clock_.now()});
    for (auto& header : signature) call.headers.push_back(std::move(header));
    return call;
  }

  /// Errc::unavailable: stopped.
  static Result<http::Outcome> get(http::Call call, const std::function<bool()>& stopped) {
    std::promise<http::Outcome> told;
    auto outcome = told.get_future();
    WorkCounter work;  // whoever reads is counted
    const auto client = http::make_client({.running = 1, .waiting = 0}, work);
    client->send(std::move(call), [&told](http::Outcome ended) { told.set_value(std::move(ended)); });
    while (outcome.wait_for(kStopIsNoticed) != std::future_status::ready) {
      if (stopped()) return Error{Errc::unavailable, "the reading was stopped"};
    }
    return outcome.get();
  }

  static Error refusal(const http::Answer& answer, const std::string& what) {
    const auto said = std::to_string(answer.status) + error_code(answer.body.substr(0, kErrorBytes));
    if (answer.status == 404) return {Errc::not_found, "there is no " + what + " (" + said + ")"};
    if (answer.status == 401 || answer.status == 403) {
      return {Errc::access_denied, what + " may not be read (" + said +
                                       "): --upstream s3=http://KEY:SECRET@host gives credentials"};
    }
    if (answer.status >= 300 && answer.status < 400) {
      return {Errc::io, what + " answered with a redirect (" + said + "), which is not followed"};
    }
    return {Errc::io, what + " answered " + said};
  }

  const http::Upstream upstream_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<InputFiles> make_s3_files(http::Upstream upstream, const Clock& clock) {
  return std::make_unique<S3Files>(std::move(upstream), clock);
}

}  // namespace iotemu::bulk
