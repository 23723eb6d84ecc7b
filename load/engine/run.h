#pragma once

// One run from its first arrival to its results. Made, started, looked at and collected by one thread; the
// loader threads are its own.

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "load/client/client.h"
#include "load/engine/loader.h"
#include "load/engine/settings.h"
#include "load/results.h"

namespace iotemu::load {

/// The progress line's numbers.
struct Totals {
  std::uint64_t devices{};
  std::uint64_t arrivals{};
  std::uint64_t accepted{};
  std::uint64_t given_up{};
  std::uint64_t refused{};
  std::uint64_t errors{};
  std::uint64_t published{};
  std::uint64_t acknowledged{};
  std::uint64_t connections{};
  Nanos elapsed{};
};

class Run {
 public:
  /// `settings`, the clocks and what they refer to outlive the run. One identity for each device of the
  /// shard.
  Run(const LoadSettings& settings, std::vector<DeviceIdentity> identities, const Clock& clock,
      const Stopwatch& stopwatch);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run();

  /// Fails when TLS cannot be set up, or when `start_at` has passed.
  Status start();
  [[nodiscard]] bool finished() const;
  /// Ends it before its time: devices that are in say goodbye. Any thread.
  void stop();
  [[nodiscard]] Totals totals() const;
  /// How far behind the timetable this machine was at worst; after `collect()`.
  [[nodiscard]] Nanos worst_lag() const { return worst_lag_; }

  /// Waits for the threads. Once.
  Results collect();

 private:
  const LoadSettings& settings_;
  std::vector<DeviceIdentity> identities_;
  const Clock& clock_;
  const Stopwatch& stopwatch_;
  Arrivals arrivals_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Loader>> loaders_;
  std::vector<std::jthread> threads_;
  std::atomic<std::size_t> running_{0};
  Time finished_{};  ///< written by the last thread that ends
  Nanos worst_lag_{0};
};

}  // namespace iotemu::load
