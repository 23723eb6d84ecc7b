#pragma once

// How long a refused device waits before it tries again. The default is what AWS asks of devices:
// exponential, with jitter (P3.7). Pure: chance comes in as a fraction, and the fraction of a device's n-th
// wait is a function of the run's seed, so that a run can be repeated.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "load/plan/instant.h"

namespace iotemu::load {

struct Backoff {
  enum class Jitter : std::uint8_t {
    full,   ///< anything from nothing to the whole wait
    equal,  ///< half of it, and anything up to the other half
    none,
  };
  Nanos base{std::chrono::seconds{1}};
  double factor{2};
  Nanos max{std::chrono::seconds{30}};
  Jitter jitter{Jitter::full};

  /// The wait after the `attempt`-th failure in a row, counted from 1; `fraction` lies in [0, 1).
  [[nodiscard]] Nanos delay(std::uint32_t attempt, double fraction) const;

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

/// "base,factor,max,jitter", for example "1s,2,30s,full"; what is left out at the end keeps its default.
/// "none" is no wait at all. Errc::invalid_request with a sentence.
Result<Backoff> parse_backoff(std::string_view text);
[[nodiscard]] std::string describe(const Backoff& backoff);

/// "500ms", "2s", "3m", "1h", "20us"; seconds where no unit stands. Nothing below zero, nothing above a day.
Result<Nanos> parse_span(std::string_view text);
/// The shortest of those forms.
[[nodiscard]] std::string describe(Nanos span);

/// In [0, 1); the same for the same three numbers.
[[nodiscard]] double fraction(std::uint64_t seed, std::uint64_t device, std::uint64_t draw);

}  // namespace iotemu::load
