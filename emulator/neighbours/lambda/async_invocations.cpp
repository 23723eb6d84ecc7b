#include "emulator/neighbours/lambda/async_invocations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "emulator/neighbours/aws_ids.h"

namespace iotemu::neighbours::lambda {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kFirstBackOff = seconds{1};
constexpr Duration kLongestBackOff = minutes{5};

/// AWS waits a minute before the second attempt and two before the third.
Duration retry_delay(std::int64_t failures) {
  return failures <= 1 ? minutes{1} : minutes{2};
}

Duration back_off(std::int64_t throttles) {
  return std::min<Duration>(kLongestBackOff, kFirstBackOff * (1LL << std::min<std::int64_t>(throttles, 10)));
}

Json text_attribute(const std::string& value, const char* type = "String") {
  return {{"DataType", type}, {"StringValue", value}};
}

/// JSON where it is, else the text.
Json json_of(const std::string& text) {
  if (text.empty()) return nullptr;
  auto parsed = parse_json(text);
  return parsed ? std::move(*parsed) : Json(text);
}

}  // namespace

Done AsyncInvocations::add(AsyncEvent event) {
  auto waiting = std::make_shared<Waiting>();
  waiting->event = std::move(event);
  waiting->accepted = clock_.tick();
  {
    const std::lock_guard lock{mutex_};
    const auto size = waiting->event.invocation.payload.size();
    if (count_ >= kMaxEvents || bytes_ + size > kMaxEventBytes) {
      return Fault{"TooManyRequestsException",
                   "Rate Exceeded: " + std::to_string(count_) +
                       " asynchronous invocations wait already, which is all this emulator keeps",
                   429};
    }
    ++count_;
    bytes_ += size;
    waiting->round = round_;
  }
  start(waiting);
  return Ok{};
}

void AsyncInvocations::clear() {
  const std::lock_guard lock{mutex_};
  lines_.clear();
  count_ = 0;
  bytes_ = 0;
  ++round_;
}

void AsyncInvocations::start(const Shared& waiting) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting->round != round_) return;
    ++lines_[waiting->event.function_arn].running;
  }
  auto token = std::make_shared<WorkToken>(work_);
  const auto ended = [this, waiting, token = std::move(token)](const Result<runtime::Outcome>& outcome) {
    finish(waiting, outcome);
  };
  const auto& event = waiting->event;
  if (event.run) return event.run(event.invocation, ended);
  invoker_.run(event.function_arn, event.invocation, ended);
}

void AsyncInvocations::finish(const Shared& waiting, const Result<runtime::Outcome>& outcome) {
  Shared next;
  std::vector<Shared> ended;  // others that end with this one
  const bool throttled = !outcome && outcome.error().code == Errc::throttled;
  const bool gone = !outcome && outcome.error().code == Errc::not_found;
  bool queued = false;
  bool expired = false;
  {
    const std::lock_guard lock{mutex_};
    if (waiting->round != round_) return;
    auto& line = lines_[waiting->event.function_arn];
    --line.running;
    queued = throttled && line.running > 0 && !is_old(*waiting, Duration{0});
    expired = throttled && !queued && is_old(*waiting, back_off(waiting->throttles));
    const auto pop = [&line] {
      auto first = std::move(line.waiting.front());
      line.waiting.pop_front();
      return first;
    };
    // Who ends calls the next; one that is throttled calls it when it comes back.
    while (!line.waiting.empty() && (gone || (expired && is_old(*line.waiting.front(), Duration{0}))))
      ended.push_back(pop());
    if (queued) {
      line.waiting.push_back(waiting);  // one that runs now will make room
    } else if ((!throttled || expired) && !line.waiting.empty()) {
      next = pop();
    }
    if (line.running == 0 && line.waiting.empty()) lines_.erase(waiting->event.function_arn);
  }
  if (!queued && throttled) {
    if (expired) {
      fail(*waiting, "EventAgeExceeded", {});
    } else {
      again(waiting, back_off(waiting->throttles++));
    }
  } else if (!queued && outcome && outcome->function_error.empty()) {
    succeed(*waiting, *outcome);
  } else if (!queued) {
    const auto result =
        outcome ? *outcome
                : runtime::Outcome{.payload = to_text(Json{{"errorMessage", outcome.error().message}}),
                                   .function_error = "Unhandled"};
    ++waiting->failures;
    const auto delay = retry_delay(waiting->failures);
    log::warn("An asynchronous invocation has failed",
              {{"function", waiting->event.function_arn},
               {"requestId", waiting->event.invocation.request_id},
               {"attempt", std::to_string(waiting->failures)},
               {"again", !gone && waiting->failures <= waiting->event.config.max_retries ? "yes" : "no"}});
    if (gone) {
      forget(*waiting);
    } else if (waiting->failures > waiting->event.config.max_retries) {
      fail(*waiting, "RetriesExhausted", result);
    } else if (is_old(*waiting, delay)) {
      fail(*waiting, "EventAgeExceeded", result);
    } else {
      again(waiting, delay);
    }
  }
  for (const auto& other : ended) {
    if (gone) {
      forget(*other);
    } else {
      fail(*other, "EventAgeExceeded", {});
    }
  }
  // Not on this stack: a runtime that ends refuses at once, and thousands may wait.
  if (next) timers_.after(Duration{0}, [this, next = std::move(next)] { start(next); });
}

bool AsyncInvocations::is_old(const Waiting& waiting, Duration more) const {
  return clock_.tick() + more > waiting.accepted + waiting.event.config.max_age;
}

void AsyncInvocations::again(const Shared& waiting, Duration delay) {
  timers_.after(delay, [this, waiting] { start(waiting); });
}

void AsyncInvocations::forget(const Waiting& waiting) {
  const std::lock_guard lock{mutex_};
  if (waiting.round != round_) return;
  --count_;
  bytes_ -= waiting.event.invocation.payload.size();
}

namespace {

Json destination_record(const AsyncEvent& event, const char* condition, std::int64_t attempts,
                        const runtime::Outcome& outcome, Time now) {
  Json context{{"statusCode", 200}, {"executedVersion", event.executed_version}};
  if (!outcome.function_error.empty()) context["functionError"] = outcome.function_error;
  return {{"version", "1.0"},
          {"timestamp", iso_millis(now) + "Z"},
          {"requestContext",
           {{"requestId", event.invocation.request_id},
            {"functionArn", event.function_arn},
            {"condition", condition},
            {"approximateInvokeCount", attempts}}},
          {"requestPayload", json_of(event.invocation.payload)},
          {"responseContext", std::move(context)},
          {"responsePayload", json_of(outcome.payload)}};
}

}  // namespace

void AsyncInvocations::succeed(const Waiting& waiting, const runtime::Outcome& outcome) {
  forget(waiting);
  const auto& event = waiting.event;
  if (event.config.on_success.empty()) return;
  invoker_.deliver(event.config.on_success,
                   to_text(destination_record(event, "Success", waiting.failures + 1, outcome, clock_.now())),
                   Json::object());
}

void AsyncInvocations::fail(const Waiting& waiting, const char* condition, const runtime::Outcome& outcome) {
  forget(waiting);
  const auto& event = waiting.event;
  log::warn("An asynchronous invocation is given up", {{"function", event.function_arn},
                                                       {"requestId", event.invocation.request_id},
                                                       {"why", condition},
                                                       {"deadLetters", event.dead_letters},
                                                       {"onFailure", event.config.on_failure}});
  if (!event.dead_letters.empty()) {
    const auto said = json_of(outcome.payload);
    const auto message = said.is_object() ? said.value("errorMessage", std::string{condition}) : condition;
    invoker_.deliver(event.dead_letters, event.invocation.payload,
                     Json{{"RequestID", text_attribute(event.invocation.request_id)},
                          {"ErrorCode", text_attribute("200", "Number")},
                          {"ErrorMessage", text_attribute(message.substr(0, 1024))}});
  }
  if (!event.config.on_failure.empty()) {
    invoker_.deliver(event.config.on_failure,
                     to_text(destination_record(event, condition, waiting.failures, outcome, clock_.now())),
                     Json::object());
  }
}

}  // namespace iotemu::neighbours::lambda
