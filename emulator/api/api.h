#pragma once

// The control plane and the data plane: from an HTTP request, or from a call inside the process, to one
// method of the registry or the message space and back. Both ways go through the same table row and the same
// validation. Thread-safe; HTTP requests arrive on the HTTP server's thread, slow operations continue on the
// blocking pool.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/json.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/api/errors.h"
#include "emulator/api/ports.h"
#include "emulator/http/guard.h"
#include "emulator/http/server.h"
#include "emulator/invoke/functions.h"

namespace iotemu::api {

class DeviceRights;
class Router;
struct Operation;
struct RouteMatch;

struct ApiOptions {
  /// For unsigned requests, and where the credential scope names no account or region (P10.2).
  Realm realm{};
  /// What DescribeEndpoint answers: a name that resolves to the emulator and stands in its certificate
  /// (P8.7).
  std::string endpoint_host{"localhost"};
  /// The old endpoint types iot:Data and iot:Jobs are answered, not refused (P appendix B.1).
  bool describe_endpoint_legacy{true};
  /// Requests that may wait for the blocking pool. A client that has gone leaves its request behind, so the
  /// limit on connections alone would not bound them.
  std::size_t waiting_requests{256};
};

class Api {
 public:
  /// All references outlive the Api and every answer it owes.
  Api(ApiOptions options, Realms& realms, System& system, bulk::RegistrationTasks& tasks,
      const invoke::Functions& functions, OtherServices& other_services, Executor& blocking_pool);
  ~Api();

  /// The handler of the HTTP server.
  void handle(http::Request request, http::Responder respond);
  /// A request to the data plane by a device of the realm, which may do what its rights allow.
  void handle_device(http::Request request, http::Responder respond, const Realm& realm,
                     std::shared_ptr<DeviceRights> rights);

  /// The emulator ends: requests that wait for the blocking pool are answered 503 and not run.
  void stop() { stopping_ = true; }

  /// Runs an operation by name in the caller's thread. `input` holds the model's member names, wherever they
  /// travel on the wire; an unknown name is an error here, for it can only be a slip.
  Result<Json> call(const Realm& realm, std::string_view operation, const Json& input);
  /// Of an operation; control for one that does not exist.
  [[nodiscard]] Plane plane_of(std::string_view operation) const;

 private:
  /// Who called, and from where.
  struct Caller {
    Realm realm{};
    std::shared_ptr<DeviceRights> device{};
    std::string request_id{};
    std::string source_ip{};
    std::string endpoint{};
    bool foreign{false};
  };

  void serve_data(http::Request request, http::Responder respond, Caller caller);
  void carry_out(const RouteMatch& match, Plane plane, const http::Request& request, http::Responder respond,
                 Caller caller);
  [[nodiscard]] std::string endpoint_of(const http::Request& request) const;
  void tell_once(std::string_view operation);
  void run_blocking(std::function<void()> answer, std::function<void(const Error&)> refuse);
  Result<Json> run(const Caller& caller, const Operation& operation, const Json& input);

  ApiOptions options_;
  Realms& realms_;
  System& system_;
  bulk::RegistrationTasks& tasks_;
  const invoke::Functions& functions_;
  OtherServices& other_services_;
  Executor& blocking_pool_;
  std::unique_ptr<const Router> router_;
  std::unique_ptr<const Router> data_router_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> stopping_{false};
  std::mutex told_mutex_;
  std::set<std::string_view> told_;  ///< unbuilt operations that the log has named already (P10.7)
};

/// A row of the coverage list.
struct OperationSummary {
  std::string_view name{};
  std::string_view verb{};
  std::string_view path{};
  bool built{false};
};

/// Every operation of both planes, by name: for the README and the `operations` command.
[[nodiscard]] std::vector<OperationSummary> describe_operations();

/// Which paths are the emulator's own: what the guard of the HTTP server must know.
void protect_system_paths(http::GuardOptions& guard);

}  // namespace iotemu::api
