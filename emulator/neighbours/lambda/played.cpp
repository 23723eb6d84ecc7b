// Functions that nobody created: `--function` or Emulator::on_function plays them, in every realm. They can
// be invoked and are listed; settings they have none. One that was created, too, is played all the same: the
// option says who plays it.

#include <utility>

#include "base/base64.h"
#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"

namespace iotemu::neighbours::lambda {

bool Lambda::is_played(const FunctionRef& ref) const {
  const auto* played = played_.load();
  return played != nullptr && played->plays(ref.arn());
}

bool Lambda::only_played(const FunctionRef& ref) const {
  return !functions_.contains({ref.realm, ref.name}) && is_played(ref);
}

std::vector<std::string> Lambda::names_only_played(const Realm& realm) const {
  const auto* played = played_.load();
  auto names = played == nullptr ? std::vector<std::string>{} : played->played_names();
  std::erase_if(names, [&](const auto& name) { return functions_.contains({realm, name}); });
  return names;
}

Fault Lambda::missing(const FunctionRef& ref) const {
  if (!is_played(ref)) return not_found(ref.arn());
  return not_there(
      "Function not found: " + ref.arn() +
      ". The emulator's --function (or on_function) plays it: it can be invoked, and has no code, "
      "versions or settings. aws lambda create-function with the same name gives it settings");
}

Json Lambda::played_configuration(const FunctionRef& ref, bool qualified) {
  return {{"FunctionName", ref.name},
          {"FunctionArn", ref.function_arn() + (qualified ? ":" + std::string{kLatest} : std::string{})},
          {"Description", "Played by the emulator's --function or by Emulator::on_function"},
          {"CodeSize", 0},
          {"Version", std::string{kLatest}},
          {"State", "Active"},
          {"LastUpdateStatus", "Successful"}};
}

Answer<Json> Lambda::queue_played(const FunctionRef& ref, std::string payload) {
  const auto attempt = [this, arn = ref.arn()](invoke::Invocation again,
                                               const invoke::FunctionInvoker::Done& done) {
    if (!played_.load()->play(arn, std::move(again), done)) done(Error{Errc::not_found, arn + " is gone"});
  };
  auto queued = queue(ref.arn(), {.payload = std::move(payload), .realm = ref.realm}, attempt);
  if (!queued) return invocation_fault(queued.error(), false);
  return Json{{"StatusCode", 202}};
}

void Lambda::invoke_played(const FunctionRef& ref, std::string payload, bool tail, Later later) {
  const auto done = [later, tail](const Result<std::string>& said) {
    Json answer{{"StatusCode", 200}, {"ExecutedVersion", std::string{kLatest}}};
    if (said) {
      answer["Payload"] = said->empty() ? std::string{"null"} : *said;
    } else if (said.error().code == Errc::throttled || said.error().code == Errc::unavailable) {
      return later(invocation_fault(said.error(), false));
    } else {
      answer["FunctionError"] = "Unhandled";
      answer["Payload"] = to_text(Json{{"errorMessage", said.error().message}, {"errorType", "Error"}});
    }
    if (tail) answer["LogResult"] = to_base64("What this function writes is with whoever plays it\n");
    later(std::move(answer));
  };
  invoke::Invocation invocation{.payload = event_of(std::move(payload)), .realm = ref.realm};
  if (!played_.load()->play(ref.arn(), std::move(invocation), done)) later(missing(ref));
}

}  // namespace iotemu::neighbours::lambda
