#pragma once

// The control plane and the data plane: from an HTTP request, or from a call inside the process, to one
// method of the registry or the message space and back. Both ways go through the same table row and the same
// validation. Thread-safe; HTTP requests arrive on the HTTP server's thread, slow operations continue on the
// blocking pool.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
#include "emulator/quotas/account_rates.h"

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
  /// What GET /metrics answers, in the text of Prometheus; no secret. Empty: the path is unknown.
  std::function<std::string()> metrics{};
  /// The rates of the account. Null: there are none. It outlives the Api.
  quotas::AccountRates* rates{nullptr};
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
  /// How many HTTP requests of both planes had which outcome: "ok" or AWS's error name. Those that never were
  /// are left out.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::uint64_t>> outcomes() const;
  /// Of an operation; control for one that does not exist.
  [[nodiscard]] Plane plane_of(std::string_view operation) const;

 private:
  /// Who called, and from where.
  struct Caller {
    Realm realm{};
    /// As rules see it: the certificate of a device, the user id of who signs; empty: nobody's.
    std::string principal{};
    std::shared_ptr<DeviceRights> device{};
    std::string request_id{};
    std::string source_ip{};
    std::string endpoint{};
    bool foreign{false};
  };

  [[nodiscard]] http::Response answer_metrics(const http::Request& request) const;
  void serve_data(http::Request request, http::Responder respond, Caller caller);
  void carry_out(const RouteMatch& match, Plane plane, const http::Request& request, http::Responder respond,
                 Caller caller);
  [[nodiscard]] std::string endpoint_of(const http::Request& request) const;
  void tell_once(std::string_view operation);
  void run_blocking(std::function<void()> answer, std::function<void(const Error&)> refuse);
  Result<Json> run(const Caller& caller, const Operation& operation, const Json& input);
  [[nodiscard]] Status take_rate(const Realm& realm, const Operation& operation);
  void count(Errc code) { ++failed_.at(static_cast<std::size_t>(code)); }

  ApiOptions options_;
  Realms& realms_;
  System& system_;
  bulk::RegistrationTasks& tasks_;
  const invoke::Functions& functions_;
  OtherServices& other_services_;
  Executor& blocking_pool_;
  std::unique_ptr<const Router> router_;
  std::unique_ptr<const Router> data_router_;
  std::atomic<std::uint64_t> done_{0};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Errc::unavailable) + 1> failed_{};
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
