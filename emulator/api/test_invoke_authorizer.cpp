// TestInvokeAuthorizer: asks the authorizer's function as a connection would.

#include <future>
#include <memory>

#include "base/base64.h"
#include "emulator/api/members.h"
#include "emulator/invoke/custom_authorizer.h"
#include "emulator/invoke/functions.h"
#include "registry/authorizers.h"

namespace iotemu::api {
namespace {

using invoke::AuthorizerQuestion;

std::string text_in(const Json& object, const char* name) {
  return object.value(name, std::string{});
}

Result<AuthorizerQuestion> question_in(const Call& call) {
  AuthorizerQuestion question{.token = call.str("token")};
  if (const auto tls = call.input.find("tlsContext"); tls != call.input.end()) {
    question.tls = {.server_name = text_in(*tls, "serverName")};
  }
  if (const auto http = call.input.find("httpContext"); http != call.input.end()) {
    question.http = {.headers = http->value("headers", std::map<std::string, std::string>{}),
                     .query = text_in(*http, "queryString")};
  }
  if (const auto mqtt = call.input.find("mqttContext"); mqtt != call.input.end()) {
    question.mqtt = {.username = text_in(*mqtt, "username"),
                     .password_base64 = text_in(*mqtt, "password"),
                     .client_id = text_in(*mqtt, "clientId")};
    if (!from_base64(question.mqtt->password_base64)) {
      return Error{Errc::invalid_request, "mqttContext.password is not Base64"};
    }
  }
  return question;
}

/// What the function answers, or why it does not within its time.
Result<std::string> ask(const Call& call, const std::string& function, std::string event) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  auto answer = promise->get_future();
  call.functions.invoke(function,
                        {.payload = std::move(event),
                         .realm = call.registry.realm(),
                         .time_limit = invoke::kAuthorizerTimeLimit},
                        [promise](Result<std::string> result) { promise->set_value(std::move(result)); });
  // A callback in this process knows no limit of its own.
  constexpr Duration kGrace{std::chrono::milliseconds{500}};
  if (answer.wait_for(invoke::kAuthorizerTimeLimit + kGrace) != std::future_status::ready) {
    return Error{Errc::invalid_response, "The authorizer's function did not answer within 5 seconds"};
  }
  auto result = answer.get();
  if (!result) {
    return Error{Errc::invalid_response, "The authorizer's function failed: " + result.error().message};
  }
  return result;
}

Result<Json> test_invoke_authorizer(Call& call) {
  const auto authorizer = call.registry.authorizers().get(call.authorizer_name());
  if (!authorizer) return authorizer.error();
  auto question = question_in(call);
  if (!question) return question.error();
  const auto verified = invoke::verify_token(**authorizer, question->token, call.str("tokenSignature"));
  if (!verified) return verified.error();
  question->signature_verified = *verified;
  question->connection_id = call.registry.authorizers().new_connection_id();
  const auto text = ask(call, (*authorizer)->function_arn, invoke::authorizer_event(*question));
  if (!text) return text.error();
  const auto answer = invoke::read_authorizer_answer(*text);
  if (!answer) return answer.error();
  Json json{{"isAuthenticated", answer->authenticated}};
  if (!answer->authenticated) return json;
  json["principalId"] = answer->principal;
  json["policyDocuments"] = answer->policy_documents;
  json["refreshAfterInSeconds"] = answer->refresh_after.count();
  json["disconnectAfterInSeconds"] = answer->disconnect_after.count();
  return json;
}

}  // namespace

const OperationTable& test_invoke_authorizer_operations() {
  static const OperationTable table{
      {.name = "TestInvokeAuthorizer",
       .verb = Verb::post,
       .path = "/authorizer/{authorizerName}/test",
       .input = {authorizer_name(path_member("authorizerName")), body("token").length(1, 6144),
                 body("tokenSignature").length(1, 2560).pattern(kMarkerPattern),
                 body("httpContext")
                     .structure(
                         {body("headers").map_of(body("key").length(1, 8192), body("value").length(1, 8192)),
                          body("queryString").length(1, 4096)}),
                 body("mqttContext")
                     .structure({body("username").length(1, 65535),
                                 body("password").base64().length(1, 65535),
                                 body("clientId").length(1, 65535)}),
                 body("tlsContext").structure({body("serverName").length(1, 253)})},
       .output = {"isAuthenticated", "principalId", "policyDocuments", "refreshAfterInSeconds",
                  "disconnectAfterInSeconds"},
       .errors = {Errc::not_found, Errc::invalid_response},
       .run = test_invoke_authorizer,
       .blocking = true},
  };
  return table;
}

}  // namespace iotemu::api
