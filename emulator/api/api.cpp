#include "emulator/api/api.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "emulator/api/errors.h"
#include "emulator/api/message_space.h"
#include "emulator/api/operation.h"
#include "emulator/api/router.h"
#include "emulator/api/sigv4.h"
#include "emulator/api/system.h"
#include "emulator/api/validate.h"
#include "emulator/metrics/exposition.h"
#include "emulator/quotas/operation_rates.h"

namespace iotemu::api {
namespace {

Error not_built(std::string_view operation) {
  return {Errc::not_implemented,
          std::string{operation} + " is not emulated; `iot-emulator operations` lists what is"};
}

/// T-20: SDKs sign with one name, the guide with the other.
bool is_data_plane(const std::optional<CredentialScope>& scope) {
  return scope && (scope->service == "iotdata" || scope->service == "iotdevicegateway");
}

/// Long-term credentials are those of the account's root user (P9.6), whose user id is the account.
std::string principal_of(const Signatory& signatory) {
  if (!signatory.scope) return {};
  return signatory.user_id.empty() ? signatory.realm.account : signatory.user_id;
}

/// A signed request is for a service, whose path may be anything: a bucket "metrics" of S3.
bool is_metrics(const http::Request& request) {
  const auto* authorization = request.header("Authorization");
  return request.segments.size() == 1 && request.segments.front() == "metrics" &&
         (authorization == nullptr || authorization->starts_with("Bearer "));
}

}  // namespace

Api::Api(ApiOptions options, Realms& realms, System& system, bulk::RegistrationTasks& tasks,
         const invoke::Functions& functions, OtherServices& other_services, Executor& blocking_pool)
    : options_{std::move(options)},
      realms_{realms},
      system_{system},
      tasks_{tasks},
      functions_{functions},
      other_services_{other_services},
      blocking_pool_{blocking_pool},
      router_{std::make_unique<const Router>(control_plane_routes())},
      data_router_{std::make_unique<const Router>(data_plane_routes())} {}

Api::~Api() = default;

void Api::handle(http::Request request, http::Responder respond) {
  if (is_metrics(request) && options_.metrics) return respond(answer_metrics(request));
  if (answer_system(request, system_, respond)) return;

  Signatory signatory{.scope = credential_scope(request)};
  signatory.realm = realm_of(signatory.scope, options_.realm);
  other_services_.identify(signatory);
  if (other_services_.take(request, signatory, respond)) return;
  const bool data = is_data_plane(signatory.scope);
  const auto refuse = [&](const Error& error) {
    count(error.code);
    respond(data ? data_error_response(error, request.id) : error_response(error));
  };
  if (request.body.size() > kMaxBody) return refuse({Errc::too_large, "The body is longer than 1 MB"});
  if (signatory.expired) {  // P10.2
    count(Errc::access_denied);
    return respond(
        http::refusal(403, "ExpiredTokenException", "The security token included in the request is expired"));
  }
  Caller caller{.realm = signatory.realm,
                .principal = principal_of(signatory),
                .request_id = request.id,
                .source_ip = request.peer,
                .endpoint = endpoint_of(request),
                .foreign = request.foreign};
  if (data) return serve_data(std::move(request), std::move(respond), std::move(caller));

  if (const auto match = router_->match(request.method, request.segments)) {
    return carry_out(*match, Plane::control, request, std::move(respond), std::move(caller));
  }
  if (!signatory.scope && data_router_->has_path(request.segments)) {
    return serve_data(std::move(request), std::move(respond), std::move(caller));
  }
  refuse({Errc::unknown_operation, "Unknown operation"});  // P10.6
}

http::Response Api::answer_metrics(const http::Request& request) const {
  if (request.method == "GET" || request.method == "HEAD") {
    return {.body = options_.metrics(), .content_type = std::string{metrics::kContentType}};
  }
  auto answer = http::refusal(405, "MethodNotAllowedException", "/metrics is asked with GET");
  answer.headers.push_back({"Allow", "GET"});
  return answer;
}

void Api::handle_device(http::Request request, http::Responder respond, const Realm& realm,
                        std::shared_ptr<DeviceRights> rights) {
  Caller caller{.realm = realm,
                .principal = rights->principal(),
                .device = std::move(rights),
                .request_id = request.id,
                .source_ip = request.peer,
                .endpoint = endpoint_of(request),
                .foreign = request.foreign};
  serve_data(std::move(request), std::move(respond), std::move(caller));
}

std::string Api::endpoint_of(const http::Request& request) const {
  const auto* host = request.header("Host");
  return host == nullptr ? system_.api_endpoint() : "http://" + *host;
}

void Api::serve_data(http::Request request, http::Responder respond, Caller caller) {
  if (const auto match = data_router_->match(request.method, request.segments)) {
    return carry_out(*match, Plane::data, request, std::move(respond), std::move(caller));
  }
  const bool known = data_router_->has_path(request.segments);
  const Error error = known
                          ? Error{Errc::method_not_allowed, request.method + " is not a method of this path"}
                          : Error{Errc::unknown_operation, "Unknown operation"};
  count(error.code);
  respond(data_error_response(error, request.id));
}

void Api::carry_out(const RouteMatch& match, Plane plane, const http::Request& request,
                    http::Responder respond, Caller caller) {
  const auto refuse = [&](const Error& error) {
    count(error.code);
    respond(plane == Plane::data ? data_error_response(error, request.id) : error_response(error));
  };
  const auto* operation = match.route->operation;
  if (operation == nullptr) {
    tell_once(match.route->name);
    return refuse(not_built(match.route->name));
  }
  if (const auto why = http::why_unreadable(request)) {
    count(Errc::serialization);
    return respond(http::refusal(415, "UnsupportedMediaTypeException", *why));
  }
  auto input = read_input(*operation, match, request);
  if (!input) return refuse(input.error());
  const auto answer = [this, caller = std::move(caller), operation, input = std::move(*input), respond] {
    const auto done = run(caller, *operation, input);
    log::debug("API call",
               {{"id", caller.request_id},
                {"operation", operation->name},
                {"account", caller.realm.account},
                {"region", caller.realm.region},
                {"outcome", done ? "ok" : error_shape(done.error().code, operation->plane).name}});
    if (done) {
      ++done_;
      return respond({.body = to_text(*done)});
    }
    count(done.error().code);
    respond(operation->plane == Plane::data ? data_error_response(done.error(), caller.request_id)
                                            : error_response(done.error()));
  };
  if (!operation->blocking) return answer();
  run_blocking(answer, [this, plane, id = request.id, respond](const Error& error) {
    count(error.code);
    respond(plane == Plane::data ? data_error_response(error, id) : error_response(error));
  });
}

void Api::run_blocking(std::function<void()> answer, std::function<void(const Error&)> refuse) {
  if (waiting_.fetch_add(1) >= options_.waiting_requests) {
    --waiting_;
    return refuse({Errc::throttled, "More than " + std::to_string(options_.waiting_requests) +
                                        " requests wait for a free thread; try again later"});
  }
  blocking_pool_.post([this, answer = std::move(answer), refuse = std::move(refuse)] {
    --waiting_;
    if (stopping_) return refuse({Errc::unavailable, "The emulator is ending"});
    answer();
  });
}

void Api::tell_once(std::string_view operation) {
  const std::lock_guard lock{told_mutex_};
  if (!told_.insert(operation).second) return;
  log::warn("An operation that is not emulated was called", {{"operation", operation}});
}

Result<Json> Api::call(const Realm& realm, std::string_view operation, const Json& input) {
  const auto* route = router_->find(operation);
  if (route == nullptr) route = data_router_->find(operation);
  if (route == nullptr) return Error{Errc::unknown_operation, "Unknown operation " + std::string{operation}};
  if (route->operation == nullptr) return not_built(operation);
  auto read = read_input(*route->operation, input);
  if (!read) return read;
  Caller caller{.realm = realm, .endpoint = system_.api_endpoint()};
  if (route->operation->plane == Plane::data) caller.request_id = system_.new_id();
  return run(caller, *route->operation, *read);
}

Plane Api::plane_of(std::string_view operation) const {
  return data_router_->find(operation) == nullptr ? Plane::control : Plane::data;
}

std::vector<std::pair<std::string_view, std::uint64_t>> Api::outcomes() const {
  // Several codes have one name.
  std::map<std::string_view, std::uint64_t> by_name;
  for (std::size_t code = 0; code < failed_.size(); ++code) {
    if (const auto times = failed_[code].load()) by_name[error_shape(static_cast<Errc>(code)).name] += times;
  }
  std::vector<std::pair<std::string_view, std::uint64_t>> all{{"ok", done_.load()}};
  all.insert(all.end(), by_name.begin(), by_name.end());
  return all;
}

Status Api::take_rate(const Realm& realm, const Operation& operation) {
  if (options_.rates == nullptr) return Ok{};
  const auto most = quotas::requests_per_second(operation.name, operation.plane == Plane::control,
                                                options_.rates->limits().api_requests);
  if (!most || options_.rates->take(realm, operation.name, *most)) return Ok{};
  return Error{Errc::throttled, "Rate exceeded: " + std::string{operation.name} + " may be called " +
                                    std::to_string(*most) +
                                    " times a second in this account (--limit api_requests_per_second=N, or "
                                    "--switch throttle=off)"};
}

Result<Json> Api::run(const Caller& caller, const Operation& operation, const Json& input) {
  if (auto taken = take_rate(caller.realm, operation); !taken) return taken.error();
  if (auto valid = validate(operation, input); !valid) return valid.error();
  const auto registry = realms_.registry(caller.realm);
  if (!registry) return registry.error();
  MessageSpace* messages = nullptr;
  if (operation.plane == Plane::data) {
    auto space = realms_.messages(caller.realm);
    if (!space) return space.error();
    messages = *space;
  }
  Call call{.registry = **registry,
            .realms = realms_,
            .tasks = tasks_,
            .functions = functions_,
            .messages = messages,
            .principal = caller.principal,
            .device = caller.device.get(),
            .request_id = caller.request_id,
            .source_ip = caller.source_ip,
            .endpoint = caller.endpoint,
            .foreign = caller.foreign,
            .options = options_,
            .operation = operation,
            .input = input};
  auto done = operation.run(call);
  if (done || (done.error().code != Errc::internal && done.error().code != Errc::io)) return done;
  // Some operations model a failure of the service by another name.
  const auto& errors = operation.errors;
  if (std::find(errors.begin(), errors.end(), Errc::internal_exception) == errors.end()) return done;
  return Error{Errc::internal_exception, done.error().message};
}

std::vector<OperationSummary> describe_operations() {
  auto all = control_plane_routes();
  const auto data = data_plane_routes();
  all.insert(all.end(), data.begin(), data.end());
  const Router router{std::move(all)};
  std::vector<OperationSummary> rows;
  for (const auto* route : router.routes()) {
    rows.push_back({route->name, method_of(route->verb), route->path, route->operation != nullptr});
  }
  return rows;
}

}  // namespace iotemu::api
