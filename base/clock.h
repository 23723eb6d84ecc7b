#pragma once

// The port of time. Library code never asks the operating system for the time; it asks a Clock. Two time
// lines: `now()` is the date (certificate validity, timestamps in answers), `tick()` only ever grows
// (keep-alive, expiry, back-off). Safe to call from any thread.

#include <chrono>

namespace iotemu {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;
using Tick = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  [[nodiscard]] virtual Tick tick() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
  [[nodiscard]] Tick tick() const override;
};

/// Epoch milliseconds, as MQTT events carry them.
inline long long epoch_ms(Time time) {
  return time.time_since_epoch().count();
}
/// Epoch seconds with a fraction, as the AWS API carries them.
inline double epoch_seconds(Time time) {
  return static_cast<double>(epoch_ms(time)) / 1000.0;
}

}  // namespace iotemu
