#include "emulator/sinks/aws_sink.h"

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/sinks/service_error.h"

namespace iotemu::sinks {
namespace {

constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::size_t kQuotedBytes = 256;
constexpr std::string_view kNamesOfPath = "a key, an index, a type or an id";

bool may_pass(unsigned status, const std::string& code) {
  static constexpr std::array<std::string_view, 7> kCodes{"ProvisionedThroughputExceededException",
                                                          "RequestLimitExceeded",
                                                          "SlowDown",
                                                          "LimitExceededException",
                                                          "ServiceUnavailable",
                                                          "InternalFailure",
                                                          "InternalServerError"};
  return status == 429 || status >= 500 || code.find("Throttl") != code.npos ||
         std::ranges::find(kCodes, code) != kCodes.end();
}

/// The code in the entry of a part that was refused; what else stands there may be the part itself.
std::string code_of(const Json& entry) {
  for (const auto* name : {"errorCode", "ErrorCode", "code"}) {
    if (auto code = text_of(entry, name); !code.empty()) return code;
  }
  if (!entry.is_object()) return {};
  if (const auto error = entry.find("Error"); error != entry.end()) return text_of(*error, "Code");
  if (const auto errors = entry.find("errors");
      errors != entry.end() && errors->is_array() && !errors->empty()) {
    return text_of(errors->front(), "errorCode");
  }
  return {};
}

/// What an answer that says 200 has refused all the same.
std::string refused_part(std::string_view member, const HttpAnswer& answer) {
  if (member.empty()) return {};
  const auto parsed = parse_json(answer.body);
  if (!parsed || !parsed->is_object() || !parsed->contains(member)) return {};
  const auto& found = (*parsed)[std::string{member}];
  const bool nothing = found.is_array() ? found.empty() : found == 0;
  if (nothing) return {};
  auto text = "the service refused a part: " + std::string{member};
  const auto code = found.is_array() ? code_of(found.front()) : std::string{};
  if (!code.empty()) text += ", " + code.substr(0, kQuotedBytes);
  return text;
}

}  // namespace

struct AwsSink::Attempt {
  RequestPtr request{};
  Done done{};
  AwsCall call{};
  Ended ended{};
  int made{0};
  std::uint64_t epoch{0};
  bool cured{false};
};

void AwsSink::run(RequestPtr request, Done done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::move(request);
  attempt->done = std::move(done);
  attempt->epoch = epoch_;
  attempt->ended = {.target = resource_of(*attempt->request), .payload = attempt->request->payload};
  if (action_.needs_json && !attempt->request->is_json) {
    return fail(attempt, "The action needs JSON, and the result of the rule's SQL is not JSON");  // RU-26
  }
  AwsAround around{.now = clock_.now(), .random = random_};
  auto call = action_.build(*attempt->request, around);
  if (!call) return fail(attempt, call.error().message);
  attempt->call = std::move(*call);
  auto& ended = attempt->ended;
  const auto& asked = attempt->call.request;
  ended.payload = attempt->call.payload;
  ended.operation = asked.service + ":" + asked.operation;
  if (asked.body != ended.payload) ended.request_body = asked.body;
  if (has_dot_segment(asked.target)) {
    return fail(attempt, "A '.' or '..' between the slashes of " + std::string{kNamesOfPath} +
                             " would lead to another path");
  }
  if (!requests_.plays(asked.service)) {
    ended.outcome = ActionRecord::Outcome::recorded;
    return attempt->done(std::move(ended));
  }
  if (action_.not_http) {
    return fail(attempt, "the protocol of " + asked.service + " is not spoken here; without --upstream " +
                             asked.service + " the action is recorded");
  }
  send(attempt);
}

void AwsSink::send(const AttemptPtr& attempt) {
  if (attempt->epoch != epoch_) return fail(attempt, "The emulator was reset");
  ++attempt->made;
  requests_.send(attempt->request->realm, attempt->call.request,
                 [this, attempt](const Result<HttpAnswer>& answer) { judge(attempt, answer); });
}

void AwsSink::judge(const AttemptPtr& attempt, const Result<HttpAnswer>& answer) {
  const auto again = [&] {
    if (attempt->made >= kAttempts) return false;
    timers_.after(kFirstPause * (1 << (attempt->made - 1)), [this, attempt] { send(attempt); });
    return true;
  };
  if (!answer) {
    const auto code = answer.error().code;
    if ((code == Errc::io || code == Errc::throttled) && again()) return;
    return fail(attempt, "The request could not be sent: " + answer.error().message);
  }
  if (answer->status / 100 == 2) {
    if (auto refused = refused_part(attempt->call.refused, *answer); !refused.empty()) {
      return fail(attempt, std::move(refused));
    }
    return attempt->done(std::move(attempt->ended));
  }
  const auto error = read_service_error(*answer);
  if (may_pass(answer->status, error.code) && again()) return;
  if (attempt->call.cure && error.code == attempt->call.cure->error && !attempt->cured) {
    return apply_cure(attempt);
  }
  fail(attempt, "The error received was " + error.message + " (Service: " + attempt->call.request.service +
                    "; Status Code: " + std::to_string(answer->status) + "; Error Code: " + error.code +
                    "; Request ID: " + error.request_id + ")");
}

void AwsSink::apply_cure(const AttemptPtr& attempt) {
  attempt->cured = true;
  // Whatever comes of it: the next try tells.
  requests_.send(attempt->request->realm, attempt->call.cure->request,
                 [this, attempt](const Result<HttpAnswer>& /*answer*/) { send(attempt); });
}

/// In the form that the error-handling page shows for S3.
void AwsSink::fail(const AttemptPtr& attempt, std::string why) const {
  const auto& request = *attempt->request;
  auto message = "Failed to " + std::string{action_.goal} + ". " + std::move(why) +
                 ". Message arrived on: " + request.topic + ", Action: " + request.kind;
  auto ended = failed(request, std::move(message));
  ended.operation = attempt->ended.operation;
  ended.payload = std::move(attempt->ended.payload);
  ended.request_body = std::move(attempt->ended.request_body);
  attempt->done(std::move(ended));
}

}  // namespace iotemu::sinks
