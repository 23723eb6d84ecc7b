#include "emulator/api/system.h"

#include <algorithm>

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
  body["services"] = {{"iot", "running"}, {"sts", "running"}};
  body["edition"] = "iot-emulator";
  return {.body = to_text(body)};
}

http::Response server_ca(const http::Request&, System& system) {
  return {.body = system.server_ca_pem(), .content_type = "application/x-pem-file"};
}

http::Response refusals(const http::Request&, System& system) {
  return {.body = to_text(Json{{"refusals", system.refusals()}})};
}

http::Response reset(const http::Request& request, System& system) {
  const auto* keep = request.parameter("keep");
  if (keep != nullptr && *keep != "ca") {
    return error_response({Errc::invalid_request, "Only keep=ca is known, not keep=" + *keep});
  }
  if (const auto done = system.reset(keep != nullptr); !done) return error_response(done.error());
  return {.body = to_text(Json{{"status", "ok"}})};
}

struct SystemPath {
  std::string_view method{};
  std::string_view path{};
  http::Response (*answer)(const http::Request&, System&){nullptr};
};

constexpr SystemPath kPaths[]{
    {"GET", "_iot/health", health},
    {"GET", "_iot/server-ca.pem", server_ca},
    {"GET", "_iot/refusals", refusals},
    {"POST", "_iot/reset", reset},
    {"POST", "moto-api/reset", reset},
    {"GET", "_localstack/health", localstack_health},
    {"GET", "repository/AmazonRootCA1.pem", server_ca},
};

bool is_own(std::string_view root) {
  return std::any_of(std::begin(kPaths), std::end(kPaths), [&](const SystemPath& known) {
    return known.path.substr(0, known.path.find('/')) == root;
  });
}

}  // namespace

std::optional<http::Response> answer_system(const http::Request& request, System& system) {
  if (request.segments.empty() || !is_own(request.segments.front())) return std::nullopt;
  std::string path = request.segments.front();
  for (std::size_t i = 1; i < request.segments.size(); ++i) path += '/' + request.segments[i];
  const auto* known = std::find_if(std::begin(kPaths), std::end(kPaths),
                                   [&](const SystemPath& row) { return row.path == path; });
  if (known == std::end(kPaths)) {
    return http::refusal(404, "ResourceNotFoundException", "The emulator has no path /" + path);
  }
  const auto method = request.method == "HEAD" ? std::string_view{"GET"} : std::string_view{request.method};
  if (method != known->method) {
    auto answer = http::refusal(405, "MethodNotAllowedException",
                                "/" + path + " is asked with " + std::string{known->method});
    answer.headers.push_back({"Allow", std::string{known->method}});
    return answer;
  }
  return known->answer(request, system);
}

void protect_system_paths(http::GuardOptions& guard) {
  guard.admin_roots = {"_iot", "moto-api"};
  guard.open_paths = {"_iot/health"};
}

}  // namespace iotemu::api
