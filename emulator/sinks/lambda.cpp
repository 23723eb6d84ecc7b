#include "emulator/sinks/lambda.h"

#include <utility>

#include "base/log.h"

namespace iotemu::sinks {
namespace {

rules::ActionFailure failure(const std::string& function, const std::string& why) {
  return {.failed_action = "LambdaAction",
          .failed_resource = function,
          .message = "Failed to invoke lambda function. " + why};
}

/// The call never reached the function's code.
bool is_not_invoked(Errc code) {
  switch (code) {
    case Errc::not_found:
    case Errc::invalid_request:
    case Errc::access_denied:
    case Errc::throttled:
    case Errc::unavailable:
    case Errc::too_large:
    case Errc::not_implemented:
      return true;
    default:
      return false;
  }
}

}  // namespace

void LambdaSink::run(rules::ActionRequest request, Done done) {
  const std::string function = request.parameters.value("functionArn", "");
  if (!request.is_json) {  // RU-26
    return done(
        failure(function, "The result of the rule's SQL is no JSON; encode(*, 'base64') makes it some"));
  }
  functions_.invoke(function,
                    {.payload = std::move(request.payload),
                     .realm = request.realm,
                     .client_id = request.client_id,
                     .wants_answer = false,
                     .principal = "iot.amazonaws.com",
                     .source_arn = iot_arn(request.realm, "rule/" + request.rule_name)},
                    [function, rule = request.rule_name, hide = hide_,
                     done = std::move(done)](const Result<std::string>& answer) {
                      if (answer) return done({});
                      if (is_not_invoked(answer.error().code))
                        return done(failure(function, answer.error().message));
                      const auto& why = answer.error().message;
                      log::warn("a function that a rule invoked failed",
                                {{"rule", rule}, {"function", function}, {"why", hide ? hide(why) : why}});
                      done({});
                    });
}

}  // namespace iotemu::sinks
