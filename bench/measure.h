#pragma once

// What every load program needs to measure with: time, percentiles, and what another process costs. Plain
// functions and values for one thread.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace iotemu::bench {

using WallClock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(WallClock::time_point begin);

/// The server that is measured. With pid 0 nothing is known about it: CPU and memory are 0.
class ServerProcess {
 public:
  explicit ServerProcess(pid_t pid) : pid_{pid} {}

  /// User and system time of all its threads in seconds, from /proc/PID/stat: in steps of 10 ms.
  [[nodiscard]] double cpu_seconds() const;
  /// Rss of /proc/PID/smaps_rollup; of statm where that may not be read.
  [[nodiscard]] double resident_bytes() const;
  /// Waits until it does nothing any more, ten seconds at most: what a load leaves behind shall not cost the
  /// next.
  void wait_until_idle() const;

 private:
  [[nodiscard]] std::string read(const std::string& name) const;
  pid_t pid_;
};

/// Both from construction on.
class Window {
 public:
  explicit Window(const ServerProcess& server) : server_{server} {}

  [[nodiscard]] double seconds() const { return seconds_since(begin_); }
  [[nodiscard]] double server_cpu() const { return server_.cpu_seconds() - cpu_; }

 private:
  const ServerProcess& server_;
  WallClock::time_point begin_{WallClock::now()};
  double cpu_{server_.cpu_seconds()};
};

/// Durations of one kind, in seconds.
class Latencies {
 public:
  void add(double seconds) { all_.push_back(seconds); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  /// {"<prefix>_p50", "<prefix>_p99", "<prefix>_max"} in milliseconds.
  void put_into(Json& result, const std::string& prefix);

 private:
  std::vector<double> all_;
};

/// Ends the program with a sentence: what is measured is not what was meant.
[[noreturn]] void fail(const std::string& sentence);

}  // namespace iotemu::bench
