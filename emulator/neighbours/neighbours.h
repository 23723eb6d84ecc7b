#pragma once

// The services beside IoT on the API's port (P10.1): who is asked is told by the credential scope, by
// X-Amz-Target or by the form's Action. Each is answered by its own table of operations, or passed on to
// another server
// (`--upstream`), or refused by service and operation (P10.7) in the error form that its SDK reads.
// Thread-safe; requests come on the HTTP thread, what makes keys continues on the blocking pool.

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/timers.h"
#include "emulator/api/ports.h"
#include "emulator/invoke/other_functions.h"
#include "emulator/invoke/played_functions.h"
#include "emulator/neighbours/lambda/code_store.h"
#include "emulator/neighbours/protocol.h"
#include "emulator/neighbours/service.h"
#include "emulator/neighbours/sqs/mailbox.h"
#include "emulator/neighbours/sts.h"
#include "emulator/neighbours/upstreams.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::neighbours {

class Dynamodb;
namespace lambda {
class Lambda;
}

/// What the services stand in. All outlive the neighbours and every answer they owe; the timers are stopped
/// before the neighbours end.
struct Surroundings {
  const Clock& clock;
  Random& random;
  Executor& blocking_pool;
  Timers& timers;
  WorkCounter& work;
  runtime::Runtime& runtime;
};

struct NeighbourOptions {
  lambda::CodePlaces code{};
  /// Rules may invoke only what a resource policy lets them (P4.2).
  bool enforce_lambda_permission{true};
  /// Not empty: who is not on this machine must show it to use Lambda, as `Authorization: Bearer` or as the
  /// session token of their credentials.
  std::string admin_token{};
  /// Pages of these may use Lambda, exact strings; those of no other, be they of this machine.
  std::vector<std::string> allowed_origins{};
};

class Neighbours final : public api::OtherServices {
 public:
  Neighbours(Surroundings surroundings, NeighbourOptions options, std::unique_ptr<Upstreams> upstreams);
  ~Neighbours() override;

  bool take(http::Request& request, const api::Signatory& signatory, const http::Responder& respond) override;
  void identify(api::Signatory& signatory) const override;
  [[nodiscard]] bool plays(std::string_view service) const override {
    return upstreams_->knows(service) || find(service) != nullptr;
  }
  /// Longest body of the request with this head: more where it will be passed on, or brings code.
  [[nodiscard]] std::size_t body_limit(const http::Request& head) const;

  /// Credentials of a role for somebody who has been let in elsewhere, as STS gives them.
  /// Errc::invalid_request: `role_arn` is the ARN of no role.
  Result<Json> open_session(const std::string& role_arn, const std::string& name,
                            std::chrono::seconds lifetime) {
    return sts_->open_for_role(role_arn, name, lifetime);
  }

  /// The item of DynamoDB with this key, as plain JSON; nothing if there is none. `key` is in the form of the
  /// API: {"id": {"S": "a"}}. The tables of an upstream are not asked.
  Answer<std::optional<Json>> dynamodb_item(const Realm& realm, const std::string& table, const Json& key);

  /// The functions that were created.
  [[nodiscard]] invoke::OtherFunctions& functions();
  /// As Lambda has it.
  void set_played_functions(const invoke::PlayedFunctions& played);
  /// The queues that were created.
  [[nodiscard]] sqs::Mailbox& mailbox() { return *mailbox_; }

  void reset();
  /// The emulator ends: requests that wait for the blocking pool or for another server are answered 503.
  void stop() {
    stopping_ = true;
    upstreams_->stop();
    for (const auto& service : services_) service->stop();
  }

 private:
  enum class Form;
  struct Asked;
  struct Turn;

  [[nodiscard]] Service* find(std::string_view name) const;
  [[nodiscard]] Asked what_is_asked(const http::Request& request, const api::Signatory& signatory) const;
  bool find_rest(const http::Request& request, Asked& asked) const;
  [[nodiscard]] static Form form_of(const Service& service, Form asked);
  [[nodiscard]] static http::Response fault_answer(Form form, const ServiceFacts& service, const Fault& fault,
                                                   const std::string& id);
  void carry_out(std::shared_ptr<const Turn> turn, const http::Responder& respond);
  void run_blocking(std::function<void()> answer, std::shared_ptr<const Turn> turn,
                    const http::Responder& respond);

  /// Lambda runs code: who may not, and why.
  [[nodiscard]] std::optional<Fault> barred_from_lambda(const http::Request& request) const;

  Executor& blocking_pool_;
  const Clock& clock_;
  const std::string admin_token_;
  const std::vector<std::string> allowed_origins_;
  const std::unique_ptr<Upstreams> upstreams_;
  std::vector<std::unique_ptr<Service>> services_;
  std::map<const Service*, api::Router> routers_;  ///< of those that speak REST
  Sts* sts_{nullptr};                              ///< one of the services
  Dynamodb* dynamodb_{nullptr};                    ///< one of the services
  lambda::Lambda* lambda_{nullptr};
  sqs::Mailbox* mailbox_{nullptr};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> stopping_{false};
  mutable std::atomic<bool> said_unknown_{false};  ///< of temporary credentials
};

}  // namespace iotemu::neighbours
