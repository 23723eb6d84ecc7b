#include <array>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"

namespace iotemu::neighbours::lambda {
namespace {

using api::header;
using api::path_member;
using api::payload;
using api::query;
using api::Verb;

constexpr std::size_t kMaxPayload = 6'291'456;
constexpr std::size_t kMaxAnswer = 6'291'556;
constexpr std::size_t kMaxEventPayload = 262'144;
constexpr std::size_t kMaxContext = 3583;
constexpr std::array<std::string_view, 3> kTypes{"Event", "RequestResponse", "DryRun"};
constexpr std::array<std::string_view, 2> kLogTypes{"None", "Tail"};

Done check_payload(const std::string& text, std::size_t most) {
  if (text.size() > most) {
    return Fault{
        "RequestTooLargeException",
        "Request must be smaller than " + std::to_string(most) + " bytes for the InvokeFunction operation",
        413};
  }
  if (text.empty()) return Ok{};
  if (auto parsed = parse_json(text); !parsed) {
    return Fault{"InvalidRequestContentException",
                 "Could not parse request body into json: Could not parse payload into json: " +
                     parsed.error().message};
  }
  return Ok{};
}

}  // namespace

void Lambda::add_invocation_operations() {
  auto& invoking = add("Invoke", {Verb::post, "/2015-03-31/functions/{FunctionName}/invocations"},
                       {path_member("FunctionName").length(1, 170), query("Qualifier").length(1, 128),
                        header("InvocationType", "X-Amz-Invocation-Type").one_of(kTypes),
                        header("LogType", "X-Amz-Log-Type").one_of(kLogTypes),
                        header("ClientContext", "X-Amz-Client-Context"), payload("Payload")},
                       &Lambda::invoke_function);
  invoking.max_body = kMaxPayload + 64 * 1024;
  invoking.placed = {{"StatusCode", OutputPlace::Kind::status},
                     {"FunctionError", OutputPlace::Kind::header, "X-Amz-Function-Error"},
                     {"LogResult", OutputPlace::Kind::header, "X-Amz-Log-Result"},
                     {"ExecutedVersion", OutputPlace::Kind::header, "X-Amz-Executed-Version"},
                     {"Payload", OutputPlace::Kind::payload}};
  auto& old = add("InvokeAsync", {Verb::post, "/2014-11-13/functions/{FunctionName}/invoke-async"},
                  {path_member("FunctionName").length(1, 170), payload("InvokeArgs")}, &Lambda::invoke_async);
  old.success = 202;
  old.placed = {{"Status", OutputPlace::Kind::status}};
}

void Lambda::invoke_function(const Question& question, Later later) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return later(ref.fault());
  const auto type = question.has("InvocationType") ? question.str("InvocationType") : "RequestResponse";
  auto text = question.str("Payload");
  if (auto good = check_payload(text, type == "Event" ? kMaxEventPayload : kMaxPayload); !good)
    return later(good.fault());
  std::string context;
  if (question.has("ClientContext")) {
    const auto sent = question.str("ClientContext");
    const auto said = from_base64(sent);
    if (sent.size() > kMaxContext || !said || !parse_json(*said)) {
      return later(Fault{"InvalidRequestContentException",
                         "Client context must be a valid Base64-encoded JSON object of up to 3583 bytes."});
    }
    context = *said;
  }
  const bool tail = question.str("LogType") == "Tail";
  if (is_played(*ref)) {
    if (!context.empty()) return later(unbuilt("ClientContext of a function that --function plays"));
    if (type == "DryRun") return later(Json{{"StatusCode", 204}});
    if (type == "Event") return later(queue_played(*ref, std::move(text)));
    return invoke_played(*ref, std::move(text), tail, std::move(later));
  }
  auto found = [&]() -> Answer<Found> {
    const std::lock_guard lock{mutex_};
    return find(*ref);
  }();
  if (!found) return later(found.fault());
  const auto executed = found->version->number;
  if (type == "DryRun") return later(Json{{"StatusCode", 204}});
  if (type == "Event") {
    if (auto queued = enqueue(*found, std::move(text), std::move(context), question.request_id); !queued)
      return later(queued.fault());
    return later(Json{{"StatusCode", 202}});
  }
  run(*found,
      {.request_id = question.request_id,
       .payload = event_of(std::move(text)),
       .client_context = std::move(context)},
      [later = std::move(later), executed, tail,
       reserved = found->reserved_concurrency.has_value()](const Result<runtime::Outcome>& outcome) {
        if (!outcome) return later(invocation_fault(outcome.error(), reserved));
        Json answer{{"StatusCode", 200}, {"ExecutedVersion", executed}, {"Payload", outcome->payload}};
        if (!outcome->function_error.empty()) answer["FunctionError"] = outcome->function_error;
        if (outcome->payload.size() > kMaxAnswer) {
          answer["FunctionError"] = "Unhandled";
          answer["Payload"] =
              to_text(Json{{"errorMessage",
                            "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
                           {"errorType", "Function.ResponseSizeTooLarge"}});
        }
        if (tail) answer["LogResult"] = to_base64(outcome->log);
        later(std::move(answer));
      });
}

Answer<Json> Lambda::invoke_async(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  auto text = question.str("InvokeArgs");
  if (auto good = check_payload(text, kMaxEventPayload); !good) return good.fault();
  if (is_played(*ref)) {
    auto queued = queue_played(*ref, std::move(text));
    return queued ? Answer<Json>{Json{{"Status", 202}}} : queued.fault();
  }
  auto found = [&]() -> Answer<Found> {
    const std::lock_guard lock{mutex_};
    return find(*ref);
  }();
  if (!found) return found.fault();
  if (auto queued = enqueue(*found, std::move(text), {}, question.request_id); !queued) return queued.fault();
  return Json{{"Status", 202}};
}

/// An event of an asynchronous invocation.
Done Lambda::enqueue(const Found& found, std::string text, std::string client_context,
                     std::string request_id) {
  AsyncEvent event{.function_arn = found.version->function.function_arn() + ":" +
                                   (found.qualifier.empty() ? std::string{kLatest} : found.qualifier),
                   .executed_version = found.version->number,
                   .invocation = {.request_id = std::move(request_id),
                                  .payload = event_of(std::move(text)),
                                  .client_context = std::move(client_context),
                                  .invoked_arn = found.invoked_arn()}};
  const auto& settings = found.version->settings;
  if (settings.contains("DeadLetterConfig"))
    event.dead_letters = settings.at("DeadLetterConfig").value("TargetArn", std::string{});
  event.config = event_config(found.version->function.realm, found.version->function.name, found.qualifier);
  return async_.add(std::move(event));
}

EventInvokeConfig Lambda::event_config(const Realm& realm, const std::string& name,
                                       const std::string& qualifier) const {
  const std::lock_guard lock{mutex_};
  const auto record = functions_.find({realm, name});
  if (record == functions_.end()) return {};
  const auto& configs = record->second.event_configs;
  const auto config = configs.find(qualifier == kLatest ? "" : qualifier);
  return config == configs.end() ? EventInvokeConfig{} : config->second;
}

void Lambda::run(const Found& found, runtime::Invocation invocation,
                 std::function<void(Result<runtime::Outcome>)> done) {
  if (found.reserved_concurrency == 0)
    return done(Error{Errc::throttled, "The reserved concurrency of " + found.version->arn() + " is 0"});
  // The version lives, and its code with it, as long as somebody has what is run.
  std::shared_ptr<const runtime::Function> function{found.version, &found.version->runnable};
  if (invocation.invoked_arn.empty()) invocation.invoked_arn = found.invoked_arn();
  auto token = std::make_shared<WorkToken>(work_);
  runtime_.invoke(std::move(function), std::move(invocation),
                  [done = std::move(done), token = std::move(token)](Result<runtime::Outcome> outcome) {
                    done(std::move(outcome));
                  });
}

void Lambda::run(const std::string& function_arn, runtime::Invocation invocation,
                 std::function<void(Result<runtime::Outcome>)> done) {
  const auto found = [&]() -> Answer<Found> {
    const auto ref = parse_named(function_arn);
    if (!ref) return ref.fault();
    const std::lock_guard lock{mutex_};
    return find(*ref);
  }();
  if (!found) return done(Error{Errc::not_found, found.fault().message});
  run(*found, std::move(invocation), std::move(done));
}

/// An ARN of any region, which is its realm.
Answer<FunctionRef> Lambda::parse_named(const std::string& arn) {
  Realm realm;
  const auto region = arn.find(":lambda:");
  if (region != arn.npos) realm.region = arn.substr(region + 8, arn.find(':', region + 8) - region - 8);
  return parse_function(realm, arn);
}

void Lambda::deliver(const std::string& destination_arn, std::string body, Json attributes) {
  std::string why;
  if (destination_arn.find(":sqs:") != destination_arn.npos) {
    const auto sent =
        mailbox_.deliver(destination_arn, {.body = std::move(body), .attributes = std::move(attributes)});
    if (!sent) why = sent.fault().message;
  } else {
    const auto ref = parse_named(destination_arn);
    auto found = [&]() -> Answer<Found> {
      if (!ref) return ref.fault();
      const std::lock_guard lock{mutex_};
      return find(*ref);
    }();
    if (!found) {
      why = found.fault().message;
    } else if (auto queued = enqueue(*found, std::move(body), {}, random_.uuid()); !queued) {
      why = queued.fault().message;
    }
  }
  if (!why.empty())
    log::warn("A destination cannot be reached", {{"destination", destination_arn}, {"why", why}});
}

// For functions by name.

bool Lambda::knows(const Realm& realm, std::string_view name) const {
  const auto ref = parse_function(realm, name);
  if (!ref) return false;
  const std::lock_guard lock{mutex_};
  return functions_.contains({ref->realm, ref->name});
}

void Lambda::invoke(std::string_view name, invoke::Invocation invocation,
                    invoke::FunctionInvoker::Done done) {
  const auto ref = parse_function(invocation.realm, name);
  if (!ref) return done(Error{Errc::not_found, ref.fault().message});
  auto found = [&]() -> Answer<Found> {
    const std::lock_guard lock{mutex_};
    return find(*ref);
  }();
  if (!found) return done(Error{Errc::not_found, found.fault().message});
  if (!invocation.principal.empty()) {
    if (auto may = may_invoke(invocation.realm, name, invocation.principal, invocation.source_arn); !may)
      return done(may.error());
  }
  if (!invocation.wants_answer) {
    auto queued = enqueue(*found, std::move(invocation.payload), {}, random_.uuid());
    if (!queued) return done(Error{Errc::throttled, queued.fault().message});
    return done(std::string{});
  }
  run(*found, {.request_id = random_.uuid(), .payload = event_of(std::move(invocation.payload))},
      [done = std::move(done)](Result<runtime::Outcome> outcome) {
        if (!outcome) return done(outcome.error());
        if (outcome->function_error.empty()) return done(std::move(outcome->payload));
        const auto said = parse_json(outcome->payload);
        auto message = said && said->is_object() ? said->value("errorMessage", std::string{}) : std::string{};
        if (message.empty()) message = outcome->timed_out ? "it timed out" : "it failed";
        done(Error{Errc::invalid_response, std::move(message)});
      });
}

Status Lambda::queue(std::string_view name, invoke::Invocation invocation, Attempt attempt) {
  const auto ref = parse_function(invocation.realm, name);
  if (!ref) return Error{Errc::invalid_request, ref.fault().message};
  const auto qualifier = ref->qualifier.empty() ? std::string{kLatest} : ref->qualifier;
  AsyncEvent event{.function_arn = ref->function_arn() + ":" + qualifier,
                   .executed_version = std::string{kLatest},
                   .invocation = {.request_id = random_.uuid(),
                                  .payload = event_of(std::move(invocation.payload)),
                                  .invoked_arn = ref->arn()},
                   .config = event_config(ref->realm, ref->name, ref->qualifier)};
  // Its destination is told what it answered.
  invocation.wants_answer = !event.config.on_success.empty();
  event.run = [invocation = std::move(invocation), attempt = std::move(attempt)](
                  runtime::Invocation given, const std::function<void(Result<runtime::Outcome>)>& done) {
    auto again = invocation;
    again.payload = std::move(given.payload);
    attempt(std::move(again), [done](Result<std::string> answer) {
      if (!answer) return done(answer.error());
      done(runtime::Outcome{.payload = std::move(*answer)});
    });
  };
  if (auto queued = async_.add(std::move(event)); !queued)
    return Error{Errc::throttled, queued.fault().message};
  return Ok{};
}

}  // namespace iotemu::neighbours::lambda
