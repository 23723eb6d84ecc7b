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
#include "emulator/api/ports.h"
#include "emulator/neighbours/protocol.h"
#include "emulator/neighbours/service.h"
#include "emulator/neighbours/sts.h"
#include "emulator/neighbours/upstreams.h"

namespace iotemu::neighbours {

class Neighbours final : public api::OtherServices {
 public:
  /// All references outlive the neighbours and every answer they owe.
  Neighbours(const Clock& clock, Random& random, Executor& blocking_pool,
             std::unique_ptr<Upstreams> upstreams);
  ~Neighbours() override;

  bool take(http::Request& request, const api::Signatory& signatory, const http::Responder& respond) override;
  void identify(api::Signatory& signatory) const override;
  /// Longest body of the request with this head: more where it will be passed on, or brings code.
  [[nodiscard]] std::size_t body_limit(const http::Request& head) const;

  /// Credentials of a role for somebody who has been let in elsewhere, as STS gives them.
  Json open_session(const std::string& role_arn, const std::string& name, std::chrono::seconds lifetime) {
    return sts_->open_for_role(role_arn, name, lifetime);
  }

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

  Executor& blocking_pool_;
  const Clock& clock_;
  const std::unique_ptr<Upstreams> upstreams_;
  std::vector<std::unique_ptr<Service>> services_;
  std::map<const Service*, api::Router> routers_;  ///< of those that speak REST
  Sts* sts_{nullptr};                              ///< one of the services
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> stopping_{false};
  mutable std::atomic<bool> said_unknown_{false};  ///< of temporary credentials
};

}  // namespace iotemu::neighbours
