#pragma once

// The per-second rates of an account in a region (P10.8, M section 10), in force with the switch `throttle`
// only: what a fleet meets that comes in all at once. Counted by the emulator's clock. Owned by the
// composition root; any thread. Off, `take` is one look at a constant; on, one short lock, which is why it is
// no part of the path of messages.

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/rate_window.h"
#include "base/realm.h"

namespace iotemu::quotas {

/// In each second; adjustable in AWS, and here by --limit.
struct RateLimits {
  std::size_t connects{3'000};
  /// Device certificates registered at their first connect.
  std::size_t registrations{15};
  /// Of one operation of the control plane, where it has no other rate of its own.
  std::size_t api_requests{10};
  /// Fleet provisioning, each of its requests; CreateCertificateFromCsr has twice that.
  std::size_t provisioning_requests{10};
};

class AccountRates {
 public:
  /// `clock` outlives it.
  AccountRates(bool on, const RateLimits& limits, const Clock& clock)
      : on_{on}, limits_{limits}, clock_{clock} {}

  [[nodiscard]] const RateLimits& limits() const { return limits_; }
  /// Whether one more `what` ("CONNECT", an operation's name) may happen in this second of the realm.
  [[nodiscard]] bool take(const Realm& realm, std::string_view what, std::size_t per_second);

 private:
  const bool on_;
  const RateLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  /// By realm and name: as many as there are realms times operations.
  std::unordered_map<std::string, RateWindow> windows_;
};

}  // namespace iotemu::quotas
