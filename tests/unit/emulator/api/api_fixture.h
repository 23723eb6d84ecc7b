#pragma once

// A control plane over real registries with manual time, asked in-process or by HTTP requests that never see
// a socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <mutex>

#include "base/event_bus.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "base/thread_executor.h"
#include "emulator/api/api.h"
#include "emulator/api/message_space.h"
#include "emulator/api/router.h"
#include "emulator/bulk/registration_tasks.h"
#include "emulator/http/target.h"
#include "emulator/invoke/functions.h"
#include "fixtures/authority.h"
#include "registry/registry.h"

namespace iotemu::api {

/// A message space that remembers what it was told.
class FakeMessages final : public MessageSpace {
 public:
  [[nodiscard]] Status check(const IncomingMessage& message) const override {
    if (message.topic == "bad") return Error{Errc::invalid_request, "The topic 'bad' is bad"};
    return Ok{};
  }
  Status publish(IncomingMessage message) override {
    if (is_full) return Error{Errc::throttled, "Too many"};
    published.push_back(std::move(message));
    return Ok{};
  }
  [[nodiscard]] std::optional<RetainedMessage> retained(const std::string& topic) const override {
    const auto found = std::find_if(stored.begin(), stored.end(),
                                    [&](const auto& message) { return message.topic == topic; });
    if (found == stored.end()) return std::nullopt;
    return *found;
  }
  [[nodiscard]] std::vector<RetainedSummary> retained_after(const std::string& topic,
                                                            std::size_t count) const override {
    std::vector<RetainedSummary> page;
    for (const auto& message : stored) {
      if (message.topic > topic && page.size() < count)
        page.push_back({message.topic, message.payload.size(), message.qos, message.modified});
    }
    return page;
  }
  [[nodiscard]] Result<ClientConnection> connection(const std::string& client_id) const override {
    if (client_id != "pump") return unknown(client_id);
    return ClientConnection{.connected = true,
                            .keep_alive = std::chrono::seconds{30},
                            .connected_since = Time{Duration{1500}},
                            .source_address = "192.0.2.1",
                            .source_port = 4000,
                            .target_address = "192.0.2.2",
                            .target_port = 8883};
  }
  [[nodiscard]] Result<std::vector<ClientSubscription>> subscriptions(const std::string& client_id) override {
    if (client_id != "pump") return unknown(client_id);
    return std::vector<ClientSubscription>{{"a", 0}, {"b/#", 1}, {"c", 0}};
  }
  Status disconnect(const std::string& client_id, Disconnect how) override {
    if (client_id != "pump") return unknown(client_id);
    cut.push_back(how);
    return Ok{};
  }

  bool is_full{false};
  std::vector<IncomingMessage> published{};
  std::vector<RetainedMessage> stored{};  ///< in the order of topics
  std::vector<Disconnect> cut{};

 private:
  static Error unknown(const std::string& client_id) { return {Errc::not_found, client_id + " is unknown"}; }
};

/// Registries made on demand; one service CA for all, so that its key is made once in a test process.
class FakeRealms final : public Realms {
 public:
  Result<registry::Registry*> registry(const Realm& realm) override {
    static const auto service_ca = std::make_shared<registry::ServiceCa>();
    const std::lock_guard lock{mutex_};
    auto& found = registries_[realm];
    if (!found) {
      found = std::make_unique<registry::Registry>(realm, clock, random_, store_, bus_,
                                                   registry::RegistryOptions{.service_ca = service_ca});
    }
    return found.get();
  }
  registry::Registry* find_registry(const Realm& realm) override {
    const std::lock_guard lock{mutex_};
    const auto found = registries_.find(realm);
    return found == registries_.end() ? nullptr : found->second.get();
  }
  Result<MessageSpace*> messages(const Realm&) override { return &message_space; }

  ManualClock clock;
  FakeMessages message_space;

 private:
  SeededRandom random_{7};
  registry::MemoryStore store_;
  EventBus bus_;
  std::mutex mutex_;
  std::map<Realm, std::unique_ptr<registry::Registry>> registries_;
};

class FakeSystem final : public System {
 public:
  [[nodiscard]] Json health() const override { return {{"version", "1.2.3"}}; }
  [[nodiscard]] std::string server_ca_pem() const override { return "the server CA"; }
  [[nodiscard]] Json refusals() const override { return Json::array({{{"clientId", "d1"}}}); }
  [[nodiscard]] Json actions(std::string_view rule, std::string_view action,
                             std::size_t limit) const override {
    return {{"rule", rule}, {"action", action}, {"limit", limit}};
  }
  [[nodiscard]] Json function_logs(std::string_view function) const override {
    return Json::array({{{"function", function}}});
  }
  [[nodiscard]] Result<std::string> registration_report(const std::string& task_id, bulk::ReportType type,
                                                        std::string_view key) const override {
    if (task_id != "task-1" || key != "key-1")
      return Error{Errc::not_found, "Thing registration task does not exist"};
    return std::string{type == bulk::ReportType::results ? "results\n" : "errors\n"};
  }
  [[nodiscard]] std::string api_endpoint() const override { return "http://127.0.0.1:4566"; }
  [[nodiscard]] std::string new_id() override { return "new-id"; }
  void reset(bool keep_ca, std::function<void(Status)> done) override {
    resets.push_back(keep_ca);
    done(Ok{});
  }

  std::vector<bool> resets;
};

/// No service but IoT, which is asked whatever the scope says.
class NobodyElse final : public OtherServices {
 public:
  bool take(http::Request&, const Signatory&, const http::Responder&) override { return false; }
  void identify(Signatory& signatory) const override { signatory.user_id = user_id; }

  std::string user_id{};
};

/// Every input file is the test's text.
class OneInput final : public bulk::InputFiles {
 public:
  explicit OneInput(const std::string& content) : content_{content} {}
  Result<std::string> read(const Realm&, const bulk::InputFile&, const std::function<bool()>&) override {
    return content_;
  }

 private:
  const std::string& content_;
};

class ApiTest : public testing::Test {
 protected:
  static constexpr const char* kAllowAll =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})";

  /// In-process; checks that the answer has no member that the operation does not declare (P appendix A).
  Result<Json> call(std::string_view operation, const Json& input = Json::object()) {
    auto done = api.call({}, operation, input);
    if (done) expect_declared(operation, *done);
    return done;
  }

  Json ok(std::string_view operation, const Json& input = Json::object()) {
    auto done = call(operation, input);
    EXPECT_TRUE(done.ok()) << operation << ": " << (done ? "" : done.error().message);
    return done ? *done : Json::object();
  }

  static void expect_declared(std::string_view operation, const Json& answer) {
    static const Router control{control_plane_routes()};
    static const Router data{data_plane_routes()};
    const auto* route = control.find(operation);
    const auto& declared = (route == nullptr ? data.find(operation) : route)->operation->output;
    for (const auto& [name, value] : answer.items()) {
      EXPECT_THAT(declared, testing::Contains(name)) << operation << " answered a member it does not declare";
      EXPECT_FALSE(value.is_null()) << operation << " answered null for " << name;
    }
  }

  http::Response send(std::string method, const std::string& target, std::string body = "",
                      std::vector<http::Header> headers = {}) {
    auto parsed = http::parse_target(target);
    http::Request request{.id = "request-id",
                          .method = std::move(method),
                          .target = target,
                          .segments = std::move(parsed->segments),
                          .query = std::move(parsed->query),
                          .headers = std::move(headers),
                          .body = std::move(body)};
    std::promise<http::Response> answer;
    api.handle(std::move(request),
               http::Responder{[&](http::Response r) { answer.set_value(std::move(r)); }});
    return answer.get_future().get();
  }

  static std::vector<http::Header> signed_by(const std::string& key, const std::string& region,
                                             const std::string& service) {
    return {{"Authorization", "AWS4-HMAC-SHA256 Credential=" + key + "/20260101/" + region + "/" + service +
                                  "/aws4_request, SignedHeaders=host, Signature=00"}};
  }

  static std::string error_type(const http::Response& response) {
    const auto* type = http::find_header(response.headers, "x-amzn-ErrorType");
    return type == nullptr ? std::string{} : *type;
  }

  /// A registered, active CA.
  fixtures::Authority registered_ca(const std::string& name) {
    auto authority = fixtures::Authority::create(fixtures::make_subject({.common_name = name}));
    const auto code = ok("GetRegistrationCode").at("registrationCode").get<std::string>();
    ok("RegisterCACertificate",
       {{"caCertificate", authority->certificate_pem()},
        {"verificationCertificate", authority->verification_certificate(code)->pem()},
        {"setAsActive", true}});
    return std::move(*authority);
  }

  static std::string device_pem(const fixtures::Authority& authority, const std::string& name) {
    return authority.issue_device(fixtures::make_subject({.common_name = name}))->identity.certificate.pem();
  }

  FakeRealms realms;
  FakeSystem system;
  WorkCounter work;
  SeededRandom task_ids{8};
  SeededRandom report_keys{9};
  ThreadExecutor pool{work, "pool", 1};
  std::string bulk_input;
  bulk::RegistrationTasks tasks{std::make_unique<OneInput>(bulk_input), realms.clock, task_ids, report_keys,
                                work};
  invoke::Functions functions;
  NobodyElse nobody_else;
  Api api{{}, realms, system, tasks, functions, nobody_else, pool};
};

}  // namespace iotemu::api
