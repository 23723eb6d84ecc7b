#pragma once

// The inside of Emulator: every part, in the order in which one needs the other. Built and taken apart by one
// thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/json.h"
#include "base/manual_clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "base/thread_executor.h"
#include "base/timers.h"
#include "emulator/api/api.h"
#include "emulator/api/ports.h"
#include "emulator/bulk/registration_tasks.h"
#include "emulator/http/server.h"
#include "emulator/identity/authenticator.h"
#include "emulator/identity/device_https.h"
#include "emulator/identity/realms.h"
#include "emulator/identity/refusals.h"
#include "emulator/identity/server_identity.h"
#include "emulator/invoke/functions.h"
#include "emulator/invoke/registration_handlers.h"
#include "emulator/metrics/call_measures.h"
#include "emulator/metrics/registration_counts.h"
#include "emulator/neighbours/neighbours.h"
#include "emulator/quotas/account_rates.h"
#include "emulator/resets.h"
#include "emulator/rules/aws_questions.h"
#include "emulator/rules/function_host.h"
#include "emulator/rules/rule_work.h"
#include "emulator/runtime/measured_runtime.h"
#include "emulator/runtime/pool.h"
#include "emulator/sinks/outlets.h"
#include "iotemu/emulator.h"
#include "mqtt/net/server.h"

namespace iotemu {

struct Emulator::Impl final : api::Realms, api::System, rules::BatchFailures {
  explicit Impl(const Options& given);
  ~Impl() override;

  void open_identity();
  void open_function_runtime();
  void open_api();
  void open_handlers();
  void open_rules();
  void open_outlets(const http::UpstreamsByName& upstreams);
  void open_mqtt();
  void open_https();
  void open_resets();
  /// Ends the user's code, and all that would start more of it.
  void end_user_code(const invoke::Hold& until);
  Status forget(bool keep_ca);
  [[nodiscard]] http::GuardOptions names_of_host() const;
  void make_rsa_certificate();
  void announce(identity::RealmHome& home, const CertificateRegistered& event) const;
  void call_handlers(const CertificateRegistered& event);
  void add_callback(std::string ca_certificate_id, RegistrationHandler handler);
  std::unique_ptr<invoke::FunctionInvoker> function_at(const std::string& target);
  /// Counts and times what the invoker runs.
  std::unique_ptr<invoke::FunctionInvoker> measured(metrics::HandlerKind kind,
                                                    std::unique_ptr<invoke::FunctionInvoker> invoker);
  void add_function(std::string_view name, std::function<Json(const Json&)> function);
  void stop();
  /// Stops, and runs what is queued.
  void end();
  /// Manual time: the earliest instant at which something is due, if anything is.
  [[nodiscard]] std::optional<Tick> next_due() const;

  // api::Realms
  Result<registry::Registry*> registry(const Realm& realm) override;
  [[nodiscard]] registry::Registry* find_registry(const Realm& realm) override;
  Result<api::MessageSpace*> messages(const Realm& realm) override;
  // api::System
  [[nodiscard]] Json health() const override;
  [[nodiscard]] std::string server_ca_pem() const override { return server_identity->ca_pem(); }
  [[nodiscard]] Json refusals() const override;
  [[nodiscard]] Json actions(std::string_view rule, std::string_view action,
                             std::size_t limit) const override {
    return outlets->recorder().to_json(rule, action, limit);
  }
  [[nodiscard]] Json function_logs(std::string_view function) const override {
    return function_runtime->logs(function);
  }
  [[nodiscard]] Result<std::string> registration_report(const std::string& task_id, bulk::ReportType type,
                                                        std::string_view key) const override {
    return tasks->report(task_id, type, key);
  }
  [[nodiscard]] std::string api_endpoint() const override;
  [[nodiscard]] std::string new_id() override { return random->uuid(); }
  void reset(bool keep_ca, std::function<void(Status)> done) override {
    resets->request(keep_ca, std::move(done));
  }
  /// Every counter of every part, as Prometheus reads it.
  [[nodiscard]] std::string metrics() const;

  // rules::BatchFailures
  void batch_failed(const rules::ActionRequest& last, std::string document) override;
  /// For what is shown of rules.
  [[nodiscard]] std::string without_secrets(std::string text) const;

  [[nodiscard]] Realm default_realm() const { return {.account = options.account, .region = options.region}; }

  const Options options;
  std::string admin_token{};
  WorkCounter work{};
  SystemClock system_clock{};
  SystemRandom system_random{};
  std::shared_ptr<ManualClock> manual_clock{};
  std::shared_ptr<Clock> clock;
  std::unique_ptr<Random> random{};
  std::optional<identity::ServerIdentity> server_identity{};
  const Time started{system_clock.now()};
  metrics::HandlerMeasures handler_measures{};
  metrics::RegistrationCounts registration_counts{};
  quotas::AccountRates rates;
  identity::Refusals refused;
  invoke::RegistrationHandlers handlers{refused};
  invoke::Functions functions{};
  topics::FleetLoad fleet_load{};
  rule_engine::FunctionPorts function_ports{};
  rule_engine::ActionSinks action_sinks{};

  // Ended by the destructor before anything they might touch is gone.
  std::unique_ptr<ThreadExecutor> events{};
  std::unique_ptr<ThreadExecutor> callbacks{};
  std::unique_ptr<ThreadExecutor> blocking{};
  std::unique_ptr<ThreadExecutor> fleet_keys{};
  std::unique_ptr<rule_engine::RuleWork> rule_work{};
  std::unique_ptr<Timers> timers{};
  std::unique_ptr<Timers> real_timers{};

  std::unique_ptr<Resets> resets{};

  /// Lambda functions as processes; the services that invoke them refer to it.
  std::unique_ptr<runtime::Pool> function_runtime{};
  std::unique_ptr<runtime::MeasuredRuntime> measured_runtime{};

  std::unique_ptr<identity::Realms> realms{};
  std::unique_ptr<identity::CertificateAuthenticator> door{};
  std::unique_ptr<mqtt::Server> mqtt_server{};
  std::unique_ptr<bulk::RegistrationTasks> tasks{};
  std::unique_ptr<neighbours::Neighbours> other_services{};
  std::unique_ptr<sinks::Outlets> outlets{};
  std::unique_ptr<rule_engine::AwsQuestions> aws_questions{};
  std::unique_ptr<api::Api> api{};
  std::unique_ptr<http::Server> http_server{};
  std::unique_ptr<identity::DeviceHttps> device_https{};
  std::unique_ptr<http::Server> https_server{};
  std::uint16_t api_port{0};
  std::uint16_t mqtt_port{0};
  std::uint16_t https_port{0};
  std::atomic<bool> stopped{false};
};

}  // namespace iotemu
