#include "emulator/api/api.h"

#include "base/log.h"
#include "emulator/api/errors.h"
#include "emulator/api/neighbours.h"
#include "emulator/api/operation.h"
#include "emulator/api/router.h"
#include "emulator/api/sigv4.h"
#include "emulator/api/system.h"
#include "emulator/api/validate.h"

namespace iotemu::api {
namespace {

Error not_built(std::string_view operation) {
  return {Errc::not_implemented,
          std::string{operation} + " is not emulated; `iot-emulator operations` lists what is"};
}

}  // namespace

Api::Api(ApiOptions options, Realms& realms, System& system, bulk::RegistrationTasks& tasks,
         const invoke::Functions& functions, Executor& blocking_pool)
    : options_{std::move(options)},
      realms_{realms},
      system_{system},
      tasks_{tasks},
      functions_{functions},
      blocking_pool_{blocking_pool},
      router_{std::make_unique<const Router>(control_plane_routes())} {}

Api::~Api() = default;

void Api::handle(http::Request request, http::Responder respond) {
  if (auto answer = answer_system(request, system_)) return respond(std::move(*answer));

  const auto scope = credential_scope(request);
  const auto realm = realm_of(scope, options_.realm);
  if (auto answer = answer_neighbour(request, scope, realm)) return respond(std::move(*answer));

  const auto match = router_->match(request.method, request.segments);
  if (!match) return respond(error_response({Errc::unknown_operation, "Unknown operation"}));  // P10.6
  const auto* operation = match->route->operation;
  if (operation == nullptr) {
    tell_once(match->route->name);
    return respond(error_response(not_built(match->route->name)));
  }

  auto input = read_input(*operation, *match, request);
  if (!input) return respond(error_response(input.error()));
  const auto* host = request.header("Host");
  const auto endpoint = host == nullptr ? system_.api_endpoint() : "http://" + *host;
  const auto answer = [this, realm, endpoint, operation, input = std::move(*input), respond,
                       id = request.id] {
    const auto done = run(realm, endpoint, *operation, input);
    log::debug("API call", {{"id", id},
                            {"operation", operation->name},
                            {"account", realm.account},
                            {"region", realm.region},
                            {"outcome", done ? "ok" : error_shape(done.error().code).name}});
    respond(done ? http::Response{.body = to_text(*done)} : error_response(done.error()));
  };
  if (operation->blocking) return run_blocking(answer, respond);
  answer();
}

void Api::run_blocking(std::function<void()> answer, const http::Responder& respond) {
  if (waiting_.fetch_add(1) >= options_.waiting_requests) {
    --waiting_;
    return respond(
        error_response({Errc::throttled, "More than " + std::to_string(options_.waiting_requests) +
                                             " requests wait for keys to be made; try again later"}));
  }
  blocking_pool_.post([this, answer = std::move(answer), respond] {
    --waiting_;
    if (stopping_) return respond(error_response({Errc::unavailable, "The emulator is ending"}));
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
  if (route == nullptr) return Error{Errc::unknown_operation, "Unknown operation " + std::string{operation}};
  if (route->operation == nullptr) return not_built(operation);
  auto read = read_input(*route->operation, input);
  if (!read) return read;
  return run(realm, system_.api_endpoint(), *route->operation, *read);
}

Result<Json> Api::run(const Realm& realm, const std::string& endpoint, const Operation& operation,
                      const Json& input) {
  if (auto valid = validate(operation, input); !valid) return valid.error();
  const auto registry = realms_.registry(realm);
  if (!registry) return registry.error();
  Call call{.registry = **registry,
            .realms = realms_,
            .tasks = tasks_,
            .functions = functions_,
            .endpoint = endpoint,
            .options = options_,
            .operation = operation,
            .input = input};
  return operation.run(call);
}

std::vector<OperationSummary> describe_operations() {
  const Router router{control_plane_routes()};
  std::vector<OperationSummary> rows;
  for (const auto* route : router.routes()) {
    rows.push_back({route->name, method_of(route->verb), route->path, route->operation != nullptr});
  }
  return rows;
}

}  // namespace iotemu::api
