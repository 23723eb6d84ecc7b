#pragma once

// One loader thread: a loop, its share of the devices, and their timetable. Made by `Run`, which owns the
// thread; everything here is used on that thread only, but for `Shared`.

#include <atomic>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "load/client/client.h"
#include "load/engine/identities.h"
#include "load/engine/settings.h"
#include "load/plan/device.h"
#include "load/plan/recorder.h"
#include "load/results.h"

namespace iotemu::load {

/// What the threads of a run have in common.
struct Shared {
  Shared(const LoadSettings& of, const Arrivals& when, const Stopwatch& clock, Epoch dates, Instant begins)
      : settings{of}, arrivals{when}, stopwatch{clock}, epoch{dates}, start{begins} {}

  const LoadSettings& settings;
  const Arrivals& arrivals;
  const Stopwatch& stopwatch;
  const Epoch epoch;
  const Instant start;
  /// Devices that still have something before them; a run without a set end is over when there are none.
  std::atomic<std::int64_t> unsettled{0};
  std::atomic<bool> stop{false};
};

class Loader {
 public:
  /// Plays the devices `first`, `first + step`, … of this shard.
  Loader(Shared& shared, Loop& loop, std::vector<DeviceIdentity>& identities, std::size_t first,
         std::size_t step);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Until the run's end; then `results()` is whole.
  void run();

  [[nodiscard]] Results& results() { return results_; }
  [[nodiscard]] const Progress& progress() const { return progress_; }
  /// How far behind its own timetable this machine was at worst: then it measured itself.
  [[nodiscard]] Nanos worst_lag() const { return worst_lag_; }

 private:
  struct Slot {
    Slot(const Behaviour& behaviour, std::uint64_t number, Instant arrival, DeviceIdentity& made)
        : device{behaviour, number, arrival}, identity{&made}, index{number} {}
    Device device;
    DeviceIdentity* identity;
    std::uint64_t index;
    std::string client_id{};
    std::string topic{};
    std::unique_ptr<Client> client{};
    Instant scheduled{kNever};
    bool settled{false};
  };
  struct Due {
    Instant at{};
    std::uint32_t slot{};
    friend bool operator>(const Due& a, const Due& b) { return a.at > b.at; }
  };

  void turn();
  void roll_second(Instant now);
  void run_due(Instant now);
  void drive(std::uint32_t at, Instant now);
  void act(std::uint32_t at, Device::Action action);
  void look_again(std::uint32_t at, Instant then);
  void connect(std::uint32_t at);
  void hear(std::uint32_t at, Client& client);
  void take(std::uint32_t at, const mqtt::Frame& frame);
  void take_message(const mqtt::Frame& frame, Client& client, Instant now);
  void subscribe(Slot& slot);
  void publish(Slot& slot, const Device::Message& message);
  void drop(Slot& slot);
  void note(std::uint32_t at);
  void storm(Instant now);
  void begin_stop(Instant now);
  [[nodiscard]] bool at_its_end(Instant now) const;
  [[nodiscard]] Nanos wait(Instant now) const;

  Shared& shared_;
  Loop& loop_;
  Progress progress_;
  Results results_;
  Recorder recorder_;
  std::vector<Slot> slots_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<std::unique_ptr<Client>> gone_;
  std::string payload_;
  std::string topic_filter_;
  std::int64_t second_{0};
  std::uint64_t open_{0};
  std::uint32_t storms_{0};
  Instant ends_at_{kNever};
  Instant cut_at_{kNever};
  bool stopping_{false};
  Nanos worst_lag_{0};
};

}  // namespace iotemu::load
