#pragma once

// A registry of one realm with twins for all its ports, and the certificates that tests keep making.

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "base/event_bus.h"
#include "base/executor.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "registry/pki/issue.h"
#include "registry/registry.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry {

inline constexpr Time kNotBefore{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
inline constexpr Time kNotAfter{std::chrono::sys_days{std::chrono::year{2035} / 1 / 1}};
inline constexpr auto kAllowAll =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})";

/// Keeps tasks until they are run.
class QueueExecutor final : public Executor {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  void run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

 private:
  std::deque<Task> tasks_;
};

inline pki::Identity new_ca(const std::string& name, pki::KeyKind kind = pki::KeyKind::ec_p256) {
  return *pki::make_ca(pki::ca_profile({{.name = "CN", .value = name}}, kNotBefore, kNotAfter), kind);
}

inline pki::Certificate new_device(const pki::Identity& ca, const std::string& name) {
  return pki::issue(pki::device_profile({{.name = "CN", .value = name}}, kNotBefore, kNotAfter), ca)
      ->certificate;
}

inline ThingName thing_name(std::string_view text) {
  return *ThingName::parse(text);
}
inline ThingTypeName type_name(std::string_view text) {
  return *ThingTypeName::parse(text);
}
inline PolicyName policy_name(std::string_view text) {
  return *PolicyName::parse(text);
}

class RegistryTest : public testing::Test {
 protected:
  explicit RegistryTest(RegistryOptions options = {}, const Neighbours* neighbours = nullptr)
      : registry{Realm{}, clock, random, store, bus, std::move(options), neighbours} {}

  /// A request with a verification certificate for the current registration code.
  RegisterCa request_for(const pki::Identity& ca) {
    const auto code = *registry.registration_code();
    return {.ca_pem = ca.certificate.pem(),
            .verification_pem = pki::verification_certificate(code, ca, kNotBefore, kNotAfter)->pem()};
  }

  CaCertificatePtr register_active(const pki::Identity& ca, bool auto_registration = true) {
    auto request = request_for(ca);
    request.set_active = true;
    request.allow_auto_registration = auto_registration;
    return *registry.register_ca(request);
  }

  /// A device certificate that needs no CA.
  CertificatePtr register_device(const std::string& name,
                                 CertificateStatus status = CertificateStatus::active) {
    return *registry.register_certificate_without_ca(
        {.pem = new_device(loose_ca, name).pem(), .status = status});
  }

  ManualClock clock;
  SeededRandom random{7};
  MemoryStore memory;
  FailingStore store{memory};
  EventBus bus;
  Registry registry;
  pki::Identity loose_ca{new_ca("Nobody knows me")};
};

}  // namespace iotemu::registry
