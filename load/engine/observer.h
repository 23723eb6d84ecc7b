#pragma once

// Looks, once a second, at what the load cannot see from its connections: its own CPU and memory, and those
// of the emulator's process if it runs here. A thread of its own. What could not be seen stays absent.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "load/plan/instant.h"
#include "load/results.h"

namespace iotemu::load {

/// CPU time and memory of one process; absent when /proc does not tell.
struct ProcessUsage {
  double cpu_seconds{};
  std::uint64_t rss{};
};
[[nodiscard]] std::optional<ProcessUsage> usage_of(std::int64_t pid);
/// Of the calling process.
[[nodiscard]] std::optional<ProcessUsage> own_usage();

class Observer {
 public:
  /// `emulator`: its process on this machine, if there is one. `more` is asked each second and fills what
  /// only the emulator knows; it may block for less than a second.
  Observer(const Clock& clock, const Stopwatch& stopwatch, std::optional<std::int64_t> emulator,
           std::function<void(Second&)> more = {});
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Ends the looking, and writes what was seen into the seconds of `results`, between its start and its end.
  void conclude(Results& results);

 private:
  void run(const std::stop_token& stop);
  void look();

  const Clock& clock_;
  const Stopwatch& stopwatch_;
  std::optional<std::int64_t> emulator_;
  std::function<void(Second&)> more_;

  Instant last_{};
  std::optional<ProcessUsage> own_last_;
  std::optional<ProcessUsage> emulator_last_;
  std::vector<Second> seen_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace iotemu::load
