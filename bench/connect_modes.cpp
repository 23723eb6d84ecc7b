#include <algorithm>
#include <deque>

#include "bench/load_modes.h"

namespace iotemu::bench {
namespace {

struct Attempt {
  std::unique_ptr<LoadClient> client;
  WallClock::time_point begin;
};

/// `total` connects by the identities in turn, each closed at its CONNACK.
void connect_and_leave(LoadLoop& load, const std::vector<Identity>& identities, std::size_t total,
                       std::size_t in_flight, Latencies& latencies) {
  std::vector<Attempt> open;
  for (std::size_t started = 0, done = 0; done < total;) {
    for (; open.size() < in_flight && started < total; ++started) {
      open.push_back(
          {std::make_unique<LoadClient>(load, identities[started % identities.size()]), WallClock::now()});
    }
    load.turn(100);
    std::erase_if(open, [&](const Attempt& attempt) {
      if (attempt.client->ended()) fail(attempt.client->name() + " was refused");
      if (!attempt.client->accepted()) return false;
      latencies.add(seconds_since(attempt.begin));
      ++done;
      return true;
    });
  }
}

/// A device on its way in.
struct Newcomer {
  const Identity* identity;
  WallClock::time_point begin;  ///< of its first attempt
  WallClock::time_point next;   ///< when it may try again
  WallClock::duration pause;    ///< doubles with each refusal, as devices do it: each knock is an event more
  std::unique_ptr<LoadClient> client;
};

/// From a refusal to the next attempt at most.
constexpr std::chrono::seconds kLongestPause{5};
/// Without anybody new this long, nobody will be let in any more.
constexpr double kPatienceSeconds = 60;

}  // namespace

Clients connect_all(LoadLoop& load, const std::vector<Identity>& identities, std::size_t in_flight) {
  Clients clients;
  std::size_t settled = 0;  // all before this one are accepted
  while (settled < identities.size()) {
    while (clients.size() < identities.size() && clients.size() < settled + in_flight) {
      clients.push_back(std::make_unique<LoadClient>(load, identities[clients.size()]));
    }
    load.turn(100);
    while (settled < clients.size() && clients[settled]->accepted()) ++settled;
    if (settled < clients.size() && clients[settled]->ended())
      fail(identities[settled].name + " was refused");
  }
  return clients;
}

Json measure_connects(const LoadOptions& options) {
  if (options.pool < 2 * options.in_flight) {
    fail("--pool expects twice --in-flight: a client id that connects again cuts its first connection");
  }
  const auto identities = read_identities(options.identities, options.prefix, options.skip,
                                          std::min(options.pool, options.total));
  const ServerProcess server{options.server_pid};
  LoadLoop load{options.target};
  Latencies latencies;
  {
    Latencies warm_up;  // every certificate has been seen once
    connect_and_leave(load, identities, identities.size(), options.in_flight, warm_up);
  }
  const Window window{server};
  connect_and_leave(load, identities, options.total, options.in_flight, latencies);
  const double took = window.seconds();
  const double cpu = window.server_cpu();
  const auto total = static_cast<double>(options.total);
  Json result{{"mode", "connects"},
              {"connects", options.total},
              {"in_flight", options.in_flight},
              {"connects_per_second", total / took},
              {"server_cpu_seconds_per_1000", cpu / total * 1000},
              {"server_cpu_share", cpu / took}};
  latencies.put_into(result, "latency_ms");
  return result;
}

Json measure_onboarding(const LoadOptions& options) {
  const auto identities = read_identities(options.identities, options.prefix, options.skip, options.total);
  const ServerProcess server{options.server_pid};
  LoadLoop load{options.target};
  Latencies latencies;
  std::size_t refusals = 0;
  std::vector<Newcomer> open;
  const auto pause = std::chrono::duration_cast<WallClock::duration>(
      std::chrono::duration<double, std::milli>{options.retry_ms});
  auto last = WallClock::now();
  const Window window{server};
  for (std::size_t started = 0; latencies.count() < identities.size();) {
    for (; open.size() < options.in_flight && started < identities.size(); ++started) {
      const auto now = WallClock::now();
      open.push_back(
          {.identity = &identities[started], .begin = now, .next = now, .pause = pause, .client = {}});
    }
    const auto now = WallClock::now();
    for (auto& device : open) {
      if (!device.client && device.next <= now) {
        device.client = std::make_unique<LoadClient>(load, *device.identity);
      }
    }
    load.turn(options.retry_ms > 0 ? 1 : 100);
    std::erase_if(open, [&](Newcomer& device) {
      if (!device.client) return false;
      if (device.client->accepted()) {
        latencies.add(seconds_since(device.begin));
        last = WallClock::now();
        return true;
      }
      if (device.client->ended()) {
        ++refusals;
        if (seconds_since(last) > kPatienceSeconds) fail(device.identity->name + " is not let in");
        device.client.reset();
        device.next = WallClock::now() + device.pause;
        device.pause = std::min<WallClock::duration>(2 * device.pause, kLongestPause);
      }
      return false;
    });
  }
  const double took = window.seconds();
  const double cpu = window.server_cpu();
  const auto total = static_cast<double>(identities.size());
  Json result{{"mode", "onboard"},
              {"devices", identities.size()},
              {"in_flight", options.in_flight},
              {"devices_per_second", total / took},
              {"attempts_per_device", 1 + static_cast<double>(refusals) / total},
              {"server_cpu_seconds_per_1000", cpu / total * 1000},
              {"server_cpu_share", cpu / took}};
  latencies.put_into(result, "time_to_accepted_ms");
  return result;
}

Json measure_idle(const LoadOptions& options) {
  if (options.steps.empty() || !std::is_sorted(options.steps.begin(), options.steps.end())) {
    fail("--steps expects numbers of connections, the smallest first");
  }
  const auto identities =
      read_identities(options.identities, options.prefix, options.skip, options.steps.back());
  const ServerProcess server{options.server_pid};
  LoadLoop load{options.target};
  const double before = server.resident_bytes();
  Json result{{"mode", "idle"}, {"resident_bytes_before", before}};
  Clients clients;
  for (const std::size_t step : options.steps) {
    std::deque<std::size_t> under_way;
    while (clients.size() < step || !under_way.empty()) {
      while (clients.size() < step && under_way.size() < options.in_flight) {
        under_way.push_back(clients.size());
        clients.push_back(std::make_unique<LoadClient>(load, identities[clients.size()]));
      }
      load.turn(100);
      std::erase_if(under_way, [&](std::size_t at) {
        if (clients[at]->ended()) fail(identities[at].name + " was refused");
        return clients[at]->accepted();
      });
    }
    for (const auto begin = WallClock::now(); seconds_since(begin) < 0.3;) load.turn(50);
    result["bytes_per_connection_" + std::to_string(step)] =
        (server.resident_bytes() - before) / static_cast<double>(step);
  }
  const auto lost =
      std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client->ended(); });
  if (lost != 0) fail(std::to_string(lost) + " idle connections were lost");
  return result;
}

}  // namespace iotemu::bench
