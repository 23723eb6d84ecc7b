#include "emulator/api/system.h"

#include <algorithm>
#include <charconv>

#include "emulator/api/api.h"
#include "emulator/api/errors.h"

namespace iotemu::api {
namespace {

http::Response health(const http::Request&, System& system) {
  auto body = system.health();
  body["status"] = "running";
  return {.body = to_text(body)};
}

/// The form that waits for LocalStack look at.
http::Response localstack_health(const http::Request&, System& system) {
  auto body = system.health();
  body["services"] = {
      {"acm-pca", "running"}, {"iam", "running"}, {"iot", "running"}, {"ssm", "running"}, {"sts", "running"}};
  body["edition"] = "iot-emulator";
  return {.body = to_text(body)};
}

http::Response server_ca(const http::Request&, System& system) {
  return {.body = system.server_ca_pem(), .content_type = "application/x-pem-file"};
}

http::Response refusals(const http::Request&, System& system) {
  return {.body = to_text(Json{{"refusals", system.refusals()}})};
}

http::Response actions(const http::Request& request, System& system) {
  const auto* rule = request.parameter("rule");
  const auto* action = request.parameter("action");
  std::size_t limit = 1000;
  if (const auto* text = request.parameter("limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || end != text->data() + text->size() || limit == 0) {
      return error_response({Errc::invalid_request, "limit=" + *text + " is no number above 0"});
    }
    limit = std::min<std::size_t>(limit, 10'000);  // no more are kept
  }
  return {.body =
              to_text(system.actions(rule == nullptr ? "" : *rule, action == nullptr ? "" : *action, limit))};
}

/// Newest last; `function` is a name or an ARN.
http::Response function_logs(const http::Request& request, System& system) {
  const auto* function = request.parameter("function");
  return {.body = to_text(Json{{"events", system.function_logs(function == nullptr ? "" : *function)}})};
}

/// Answers when nothing of before is left.
void reset(const http::Request& request, System& system, const http::Responder& respond) {
  const auto* keep = request.parameter("keep");
  if (keep != nullptr && *keep != "ca") {
    return respond(error_response({Errc::invalid_request, "Only keep=ca is known, not keep=" + *keep}));
  }
  system.reset(keep != nullptr, [respond](const Status& done) {
    if (!done) return respond(error_response(done.error()));
    respond({.body = to_text(Json{{"status", "ok"}})});
  });
}

/// Newline-delimited JSON (P5.9). The id stands in the path, after two words.
http::Response registration_report(const http::Request& request, const System& system,
                                   bulk::ReportType type) {
  const auto* key = request.parameter("key");
  auto report = system.registration_report(request.segments[2], type, key == nullptr ? "" : *key);
  if (!report) return error_response(report.error());
  return {.body = std::move(*report), .content_type = "application/x-ndjson"};
}

http::Response registration_results(const http::Request& request, System& system) {
  return registration_report(request, system, bulk::ReportType::results);
}

http::Response registration_errors(const http::Request& request, System& system) {
  return registration_report(request, system, bulk::ReportType::errors);
}

struct SystemPath {
  std::string_view method{};
  std::string_view path{};  ///< "*" stands for one segment
  http::Response (*answer)(const http::Request&, System&){nullptr};
  void (*answer_later)(const http::Request&, System&, const http::Responder&){nullptr};
};

constexpr SystemPath kPaths[]{
    {"GET", "_iot/health", health},
    {"GET", "_iot/server-ca.pem", server_ca},
    {"GET", "_iot/refusals", refusals},
    {"GET", "_iot/actions", actions},
    {"GET", "_iot/logs", function_logs},
    {"GET", "_iot/thing-registration-tasks/*/results", registration_results},
    {"GET", "_iot/thing-registration-tasks/*/errors", registration_errors},
    {"POST", "_iot/reset", nullptr, reset},
    {"POST", "moto-api/reset", nullptr, reset},
    {"GET", "_localstack/health", localstack_health},
    {"GET", "repository/AmazonRootCA1.pem", server_ca},
};

bool is_own(std::string_view root) {
  return std::any_of(std::begin(kPaths), std::end(kPaths), [&](const SystemPath& known) {
    return known.path.substr(0, known.path.find('/')) == root;
  });
}

bool matches(std::string_view pattern, const std::vector<std::string>& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto word = pattern.substr(0, pattern.find('/'));
    if (word != "*" && word != segments[i]) return false;
    const bool last = word.size() == pattern.size();
    if (last) return i + 1 == segments.size();
    pattern.remove_prefix(word.size() + 1);
  }
  return false;
}

}  // namespace

bool answer_system(const http::Request& request, System& system, const http::Responder& respond) {
  if (request.segments.empty() || !is_own(request.segments.front())) return false;
  std::string path = request.segments.front();
  for (std::size_t i = 1; i < request.segments.size(); ++i) path += '/' + request.segments[i];
  const auto* known = std::find_if(std::begin(kPaths), std::end(kPaths), [&](const SystemPath& row) {
    return matches(row.path, request.segments);
  });
  if (known == std::end(kPaths)) {
    respond(http::refusal(404, "ResourceNotFoundException", "The emulator has no path /" + path));
    return true;
  }
  const auto method = request.method == "HEAD" ? std::string_view{"GET"} : std::string_view{request.method};
  if (method != known->method) {
    auto answer = http::refusal(405, "MethodNotAllowedException",
                                "/" + path + " is asked with " + std::string{known->method});
    answer.headers.push_back({"Allow", std::string{known->method}});
    respond(std::move(answer));
  } else if (const auto why = http::why_unreadable(request)) {
    respond(http::refusal(415, "UnsupportedMediaTypeException", *why));
  } else if (known->answer_later != nullptr) {
    known->answer_later(request, system, respond);
  } else {
    respond(known->answer(request, system));
  }
  return true;
}

void protect_system_paths(http::GuardOptions& guard) {
  guard.admin_roots = {"_iot", "moto-api"};
  guard.open_paths = {"_iot/health"};
  // Like the links of the service, a report's link is all that its reader needs: it carries its own key.
  guard.open_folders = {"_iot/thing-registration-tasks/"};
}

}  // namespace iotemu::api
