#pragma once

// How many devices came in by which way, since the start. Any thread; none of it lies on the path of
// messages.

#include <atomic>
#include <cstdint>

namespace iotemu::metrics {

struct RegistrationCounts {
  /// Certificates that their first connect has registered (P3.5 row 5).
  std::atomic<std::uint64_t> at_connect{0};
  /// Templates that were carried out: of CAs (P5.1), of fleet provisioning (P6.3).
  std::atomic<std::uint64_t> just_in_time{0};
  std::atomic<std::uint64_t> fleet{0};
};

}  // namespace iotemu::metrics
