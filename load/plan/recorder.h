#pragma once

// Where one loader thread writes what it sees: into a Results of its own, and into counters that the progress
// line reads meanwhile. Used by that thread only, but for `Progress`.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "load/plan/instant.h"
#include "load/results.h"

namespace iotemu::load {

/// What the progress line shows; summed over threads by its reader.
struct Progress {
  std::atomic<std::uint64_t> arrivals{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> given_up{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> connections{0};
};

/// Which instant was which date, noted once for all threads.
struct Epoch {
  Instant instant{};
  Time time{};

  [[nodiscard]] std::int64_t second(Instant at) const {
    const auto since = std::chrono::duration_cast<Duration>(at - instant);
    return std::chrono::floor<std::chrono::seconds>(time + since).time_since_epoch().count();
  }
};

class Recorder {
 public:
  Recorder(Results& results, Progress& progress, Epoch epoch)
      : results_{results}, progress_{progress}, epoch_{epoch} {}

  void arrival(Instant now) {
    ++results_.counts.arrivals;
    ++at(now).arrivals;
    count(progress_.arrivals);
  }
  void attempt(Instant now) {
    ++results_.counts.connects;
    ++at(now).connects;
  }
  /// A new device is in, after so many attempts.
  void accepted(Instant now, Instant planned, std::uint32_t attempts) {
    ++results_.counts.accepted;
    auto& second = at(now);
    ++second.accepted;
    const auto took = latency(Phase::provision, planned, now);
    second.slowest = std::max(second.slowest.value_or(0), took);
    results_[Phase::attempts].record(std::uint64_t{attempts});
    count(progress_.accepted);
  }
  void reconnected(Instant now, Instant planned) {
    ++results_.counts.reconnects;
    latency(Phase::reconnect, planned, now);
  }
  void given_up() {
    ++results_.counts.given_up;
    count(progress_.given_up);
  }
  void unfinished() { ++results_.counts.unfinished; }
  void refusal(Instant now, std::string_view cause) {
    ++results_.refusals[std::string{cause}];
    ++at(now).refused;
    count(progress_.refused);
  }
  void error(Instant now, std::string_view cause, std::uint64_t times = 1) {
    if (times == 0) return;
    results_.errors[std::string{cause}] += times;
    at(now).errors += times;
    count(progress_.errors, times);
  }
  void disconnected() { ++results_.counts.disconnected; }
  void published(Instant now) {
    ++results_.counts.published;
    ++at(now).published;
    count(progress_.published);
  }
  void acknowledged(Instant now, Instant planned) {
    ++results_.counts.acknowledged;
    ++at(now).acknowledged;
    latency(Phase::publish, planned, now);
    count(progress_.acknowledged);
  }
  void received(Instant now) {
    ++results_.counts.received;
    ++at(now).received;
  }
  void connections(Instant now, std::uint64_t open) {
    at(now).connections = open;
    progress_.connections.store(open, std::memory_order_relaxed);
  }
  /// Microseconds from the planned instant; what ended before it was planned took no time.
  std::uint64_t latency(Phase phase, Instant planned, Instant now) {
    const auto took = std::max(std::chrono::duration_cast<Micros>(now - planned), Micros{0});
    results_[phase].record(took);
    return static_cast<std::uint64_t>(took.count());
  }

 private:
  Second& at(Instant now) {
    // One date a turn would do; dividing is cheaper than the asking around.
    return results_.second(epoch_.second(now));
  }
  static void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  Results& results_;
  Progress& progress_;
  Epoch epoch_;
};

}  // namespace iotemu::load
