#include "emulator/api/neighbours.h"

#include <utility>

#include "base/json.h"
#include "emulator/api/router.h"
#include "emulator/http/target.h"

namespace iotemu::api {
namespace {

/// Operations of neighbours that speak REST, so that a refusal can name them.
const Router& rest_operations(std::string_view service) {
  static const Router jobs_data_plane{{
      {"DescribeJobExecution", Verb::get, "/things/{thingName}/jobs/{jobId}"},
      {"UpdateJobExecution", Verb::post, "/things/{thingName}/jobs/{jobId}"},
      {"GetPendingJobExecutions", Verb::get, "/things/{thingName}/jobs"},
      {"StartNextPendingJobExecution", Verb::put, "/things/{thingName}/jobs/$next"},
  }};
  static const Router lambda{{
      {"CreateFunction", Verb::post, "/2015-03-31/functions"},
      {"ListFunctions", Verb::get, "/2015-03-31/functions"},
      {"ListFunctions", Verb::get, "/2015-03-31/functions/"},  // as older SDKs write it
      {"GetFunction", Verb::get, "/2015-03-31/functions/{FunctionName}"},
      {"DeleteFunction", Verb::del, "/2015-03-31/functions/{FunctionName}"},
      {"Invoke", Verb::post, "/2015-03-31/functions/{FunctionName}/invocations"},
      {"UpdateFunctionCode", Verb::put, "/2015-03-31/functions/{FunctionName}/code"},
      {"AddPermission", Verb::post, "/2015-03-31/functions/{FunctionName}/policy"},
  }};
  static const Router none{{}};
  if (service == "iot-jobs-data") return jobs_data_plane;
  if (service == "lambda") return lambda;
  return none;
}

struct Asked {
  std::string service{};
  std::string operation{};
  bool is_form{false};  ///< the query protocol: its SDKs read errors as XML
};

/// The form field Action, if the body is a form.
std::optional<std::string> form_action(const http::Request& request) {
  const auto* type = request.header("Content-Type");
  if (type == nullptr || !type->starts_with("application/x-www-form-urlencoded")) return std::nullopt;
  const auto fields = http::parse_pairs(request.body, true);
  if (!fields) return std::nullopt;
  for (const auto& [name, value] : *fields) {
    if (name == "Action") return value;
  }
  return std::nullopt;
}

Asked what_is_asked(const http::Request& request, const std::optional<CredentialScope>& scope) {
  Asked asked{.service = scope ? scope->service : std::string{}};
  if (const auto* target = request.header("X-Amz-Target")) {
    const auto dot = target->find('.');
    if (dot != target->npos) asked.operation = target->substr(dot + 1);
    if (asked.service.empty()) asked.service = target->substr(0, dot);
  } else if (auto action = form_action(request)) {
    asked.operation = std::move(*action);
    asked.is_form = true;
    // Only STS is told by its action alone: the others sign their requests.
    if (asked.service.empty()) asked.service = asked.operation == "GetCallerIdentity" ? "sts" : "unsigned";
  } else if (const auto match = rest_operations(asked.service).match(request.method, request.segments)) {
    asked.operation = match->route->name;
  }
  return asked;
}

http::Response xml(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body), .content_type = "text/xml"};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

/// Every credential is the account's root user here (P9.6).
http::Response caller_identity(const http::Request& request, const Realm& realm) {
  const auto arn = "arn:" + std::string{partition(realm.region)} + ":iam::" + realm.account + ":root";
  return xml(
      200,
      R"(<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>)" +
          arn + "</Arn><UserId>" + realm.account + "</UserId><Account>" + realm.account +
          "</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>" + request.id +
          "</RequestId></ResponseMetadata></GetCallerIdentityResponse>");
}

http::Response not_emulated(const http::Request& request, const Asked& asked) {
  const auto message = asked.service + (asked.operation.empty() ? "" : " " + asked.operation) +
                       " is not emulated: this emulator answers the AWS IoT control plane";
  if (asked.is_form) {
    return xml(501,
               "<ErrorResponse><Error><Type>Receiver</Type><Code>NotImplementedException</Code><Message>" +
                   escaped(message) + "</Message></Error><RequestId>" + request.id +
                   "</RequestId></ErrorResponse>");
  }
  return {.status = 501,
          .body = to_text(Json{{"__type", "NotImplementedException"}, {"message", message}}),
          .headers = {{"x-amzn-ErrorType", "NotImplementedException"}}};
}

}  // namespace

std::optional<http::Response> answer_neighbour(const http::Request& request,
                                               const std::optional<CredentialScope>& scope,
                                               const Realm& realm) {
  const auto asked = what_is_asked(request, scope);
  // Older SDK releases sign the control plane as execute-api (P10.1).
  const bool ours = asked.service.empty() || asked.service == "iot" || asked.service == "execute-api";
  if (ours) return std::nullopt;
  if (asked.service == "sts" && asked.operation == "GetCallerIdentity")
    return caller_identity(request, realm);
  return not_emulated(request, asked);
}

}  // namespace iotemu::api
