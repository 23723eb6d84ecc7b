#pragma once

// Results that look like those of a real run, the same in every run of the tests.

#include <algorithm>
#include <cmath>
#include <random>

#include "load/results.h"

namespace iotemu::load {

/// An onboard run of `devices` devices over twenty seconds, of which `part` counts those with index % of ==
/// part.
inline Results some_results(std::size_t devices = 600, std::uint32_t part = 0, std::uint32_t of = 1) {
  constexpr std::int64_t kStart = 1'790'000'000;
  Results results;
  results.command_line = "iot-emulator load --devices 600 --rate 30";
  results.profile = "onboard";
  results.configuration = {{"devices", "600"}, {"rate", "30/s"}};
  results.machines = {"Some processor, 2 cores, 7.8 GiB, Linux 6.1.0"};
  results.shards = {Shard{.index = part + 1, .of = of}};
  results.started = Time{std::chrono::seconds{kStart}};
  results.finished = results.started + std::chrono::seconds{20};
  std::mt19937_64 random{42};
  std::lognormal_distribution<> latencies{13, 0.7};
  for (std::size_t device = 0; device < devices; ++device) {
    const auto provision = static_cast<std::uint64_t>(latencies(random));
    const std::uint64_t attempts = 2 + provision / 700'000;
    if (device % of != part) continue;
    const auto at = kStart + static_cast<std::int64_t>(device * 20 / devices);
    results[Phase::provision].record(provision);
    results[Phase::handshake].record(provision / 200 + 900);
    results[Phase::connect].record(provision / 150 + 1'000);
    results[Phase::attempts].record(attempts);
    results[Phase::publish].record(provision / 100);
    results.counts.arrivals += 1;
    results.counts.accepted += 1;
    results.counts.connects += attempts;
    results.counts.published += 10;
    results.counts.acknowledged += 10;
    results.refusals["certificate_pending"] += 1;
    if (attempts > 2) results.refusals["certificate_registered"] += attempts - 2;
    if (device % 100 == 99) results.errors["timed_out"] += 1;
    auto& second = results.second(at);
    second.arrivals += 1;
    second.connects += attempts;
    second.accepted += 1;
    second.refused += attempts - 1;
    second.published += 10;
    second.acknowledged += 10;
    second.errors += device % 100 == 99 ? 1 : 0;
    second.connections = second.connections.value_or(results.counts.accepted - 1) + 1;
    second.slowest = std::max(second.slowest.value_or(0), provision);
  }
  results[Phase::handler].record(12'000, devices);
  for (auto& second : results.series) {
    if (second.at % 7 == 0) continue;  // not every second was looked at
    second.cpu = 0.25 + static_cast<double>(second.at % 5) / 10;
    second.rss = 80'000'000 + static_cast<std::uint64_t>(second.at - kStart) * 1'000'000;
    second.load_cpu = 0.5;
    second.load_rss = 40'000'000;
    second.handler_p50 = 12'000;
    second.handler_p99 = 30'000 + static_cast<std::uint64_t>(second.at % 5) * 1'000;
  }
  return results;
}

}  // namespace iotemu::load
