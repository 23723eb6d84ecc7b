#pragma once

// SIGTERM, SIGINT and SIGHUP as something to wait for: blocked in every thread and taken by one, so that no
// code runs inside a signal handler.

#include <chrono>
#include <csignal>

namespace iotemu::daemon {

class StopSignals {
 public:
  /// Blocks them for this thread and every thread it starts.
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Returns the first that arrives, or has arrived since the constructor.
  int wait();
  /// The same, but only until `limit` has passed; then 0.
  int wait_for(std::chrono::milliseconds limit);

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace iotemu::daemon
