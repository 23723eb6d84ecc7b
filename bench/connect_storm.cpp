// Measures the broker alone: a Server with an authenticator that says yes, loaded by clients in the same
// process, and prints one JSON object a run. CPU times separate the server's threads from the load's thread.
//
//   connect_storm connect [total] [in flight] [workers] [tls12|tls13]
//   connect_storm pairs   [pairs] [qos] [seconds] [workers]
//   connect_storm fanout  [subscribers] [qos] [seconds] [workers]
//   connect_storm fanin   [publishers] [qos] [seconds] [workers]
//   connect_storm idle    [connections] [workers]

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/json.h"
#include "base/random.h"
#include "bench/load_client.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/net/server.h"

namespace iotemu::bench {
namespace {

using WallClock = std::chrono::steady_clock;
using mqtt::QoS;

double seconds_since(WallClock::time_point begin) {
  return std::chrono::duration<double>(WallClock::now() - begin).count();
}

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The CPU of all threads but the calling one.
double server_cpu() {
  return cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD);
}

class Yes final : public mqtt::Authorizer {
 public:
  mqtt::Access publish(std::string_view, bool) override { return mqtt::Access::allowed; }
  mqtt::Access subscribe(std::string_view) override { return mqtt::Access::allowed; }
  bool receive(std::string_view) override { return true; }
};

class OpenDoor final : public mqtt::Authenticator {
 public:
  void authenticate(const mqtt::ConnectAttempt&, std::function<void(mqtt::Verdict)> answer) override {
    answer(mqtt::Admission{.broker = broker, .authorizer = std::make_unique<Yes>(), .principal = "bench"});
  }
  mqtt::Broker* broker{};
};

struct Identities {
  testing::TestIdentity authority{testing::make_test_authority("Bench CA")};
  testing::TestIdentity server{testing::make_test_identity(authority, "localhost")};
  testing::TestIdentity client{testing::make_test_identity(authority, "device")};
};

/// A server that listens and lets everybody in.
struct Bench {
  explicit Bench(std::size_t workers, const Identities& identities)
      : server{{.workers = workers}, door, clock, random, counter} {
    door.broker = &server.make_broker(nullptr);
    const auto set = server.set_tls({.ecdsa = {identities.server.chain_pem, identities.server.key_pem}});
    const auto bound = server.listen("127.0.0.1", 0);
    if (!set || !bound) std::abort();
    port = *bound;
  }

  SystemClock clock;
  SystemRandom random;
  WorkCounter counter;
  OpenDoor door;
  mqtt::Server server;
  std::uint16_t port{};
};

using Clients = std::vector<std::unique_ptr<LoadClient>>;

Clients connect_all(LoadLoop& load, std::uint16_t port, const std::string& prefix, std::size_t count) {
  Clients clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<LoadClient>(load, port, prefix + std::to_string(i)));
    while (!clients.back()->accepted()) load.turn(100);
  }
  return clients;
}

Json connect_storm(std::size_t total, std::size_t in_flight, std::size_t workers, int tls_version) {
  const Identities identities;
  Bench bench{workers, identities};
  LoadLoop load{identities.client, tls_version};
  struct Attempt {
    std::unique_ptr<LoadClient> client;
    WallClock::time_point begin;
  };
  std::vector<Attempt> open;
  std::vector<double> latencies;
  std::size_t started = 0;
  const auto begin = WallClock::now();
  const double cpu = server_cpu();
  while (latencies.size() < total) {
    while (open.size() < in_flight && started < total) {
      open.push_back({std::make_unique<LoadClient>(load, bench.port, "c" + std::to_string(started++)),
                      WallClock::now()});
    }
    load.turn(100);
    std::erase_if(open, [&](const Attempt& attempt) {
      if (!attempt.client->accepted()) return false;
      latencies.push_back(seconds_since(attempt.begin) * 1000);
      return true;
    });
  }
  const double took = seconds_since(begin);
  const double server_seconds = server_cpu() - cpu;
  std::sort(latencies.begin(), latencies.end());
  const auto percentile = [&](double p) {
    return latencies[static_cast<std::size_t>(p * static_cast<double>(total - 1))];
  };
  return {{"mode", "connect"},
          {"tls", tls_version == TLS1_3_VERSION ? "1.3" : "1.2"},
          {"workers", bench.server.workers()},
          {"connects", total},
          {"connects_per_second", static_cast<double>(total) / took},
          {"server_cpu_seconds_per_1000", server_seconds / static_cast<double>(total) * 1000},
          {"latency_ms_p50", percentile(0.5)},
          {"latency_ms_p99", percentile(0.99)}};
}

/// Publishes without pause: at QoS 0 a record whenever the last one is out, at QoS 1 within a window of 100.
void keep_publishing(LoadClient& client, const std::string& topic, QoS qos) {
  const auto state = std::make_shared<std::pair<std::uint16_t, int>>(0, 0);  // last id, unacknowledged
  const std::string payload(64, 'x');
  client.on_packet = [state](const mqtt::Frame& frame) {
    if (mqtt::packet_type(frame.first_byte) == mqtt::PacketType::puback) --state->second;
  };
  client.on_sent = [&client, state, topic, payload, qos] {
    while (client.out().size() < 16'000 && (qos == QoS::at_most_once || state->second < 100)) {
      if (qos == QoS::at_least_once) ++state->second;
      if (++state->first == 0) state->first = 1;
      mqtt::encode(mqtt::Version::v3_1_1,
                   mqtt::Publish{.qos = qos,
                                 .topic = topic,
                                 .packet_id = qos == QoS::at_most_once ? std::uint16_t{0} : state->first,
                                 .payload = mqtt::as_bytes(payload)},
                   client.out());
    }
  };
  client.flush();
}

void count_messages(LoadClient& client, const std::string& topic, QoS qos, std::uint64_t& received) {
  client.on_packet = [&client, &received](const mqtt::Frame& frame) {
    if (mqtt::packet_type(frame.first_byte) != mqtt::PacketType::publish) return;
    ++received;
    if ((frame.first_byte & 2U) == 0) return;
    const auto publish = mqtt::decode_publish(mqtt::Version::v3_1_1, frame);
    mqtt::encode(mqtt::Version::v3_1_1, mqtt::Puback{.packet_id = publish->packet_id}, client.out());
  };
  mqtt::encode_subscribe(mqtt::Version::v3_1_1, 1,
                         std::vector<mqtt::FilterRequest>{{.filter = topic, .qos = qos}}, {}, client.out());
  client.flush();
}

Json messages(const std::string& mode, std::size_t publishers, std::size_t subscribers, QoS qos,
              double duration, std::size_t workers) {
  const Identities identities;
  Bench bench{workers, identities};
  const auto topic = [&](std::size_t i) {
    return mode == "pairs" ? "bench/" + std::to_string(i) : "bench/all";
  };
  // Subscribers have a thread of their own: their acknowledgements shall not wait behind the publishers.
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> sink_cpu_us{0};
  std::atomic<bool> subscribed{false};
  std::atomic<bool> stop{false};
  std::thread sink_thread{[&] {
    LoadLoop load{identities.client};
    const Clients sinks = connect_all(load, bench.port, "s", subscribers);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < subscribers; ++i) count_messages(*sinks[i], topic(i), qos, count);
    for (int i = 0; i < 20; ++i) load.turn(5);
    subscribed = true;
    while (!stop) {
      load.turn(10);
      received = count;
      sink_cpu_us = static_cast<std::uint64_t>(cpu_seconds(RUSAGE_THREAD) * 1e6);
    }
  }};
  const auto broker_cpu = [&] { return server_cpu() - static_cast<double>(sink_cpu_us) / 1e6; };
  while (!subscribed) std::this_thread::yield();
  LoadLoop load{identities.client};
  const Clients sources = connect_all(load, bench.port, "p", publishers);
  for (std::size_t i = 0; i < publishers; ++i) keep_publishing(*sources[i], topic(i), qos);
  const auto run_for = [&](double seconds) {
    for (const auto begin = WallClock::now(); seconds_since(begin) < seconds;) load.turn(10);
  };
  run_for(0.5);
  const auto begin = WallClock::now();
  const double cpu = broker_cpu();
  const std::uint64_t before = received;
  run_for(duration);
  const double used = broker_cpu() - cpu;
  const double took = seconds_since(begin);
  const auto count = static_cast<double>(received - before);
  const auto counters = bench.door.broker->counters();
  stop = true;
  sink_thread.join();
  return {{"mode", mode},
          {"workers", bench.server.workers()},
          {"publishers", publishers},
          {"subscribers", subscribers},
          {"qos", static_cast<int>(qos)},
          {"payload", 64},
          {"messages_per_second", count / took},
          {"server_cpu_seconds_per_100k", used / count * 1e5},
          {"server_cpu_share", used / took},
          {"dropped_slow", counters.dropped_slow},
          {"dropped_queue_full", counters.dropped_queue_full}};
}

/// The clients live in a child process, so that the heap that is measured is the server's.
Json idle(std::size_t connections, std::size_t workers) {
  const Identities identities;
  std::array<int, 2> port_pipe{};
  std::array<int, 2> ready_pipe{};
  if (::pipe(port_pipe.data()) != 0 || ::pipe(ready_pipe.data()) != 0) std::abort();
  const pid_t child = ::fork();  // before any thread exists
  char byte = 0;
  if (child == 0) {
    std::uint16_t port = 0;
    if (::read(port_pipe[0], &port, sizeof port) != sizeof port) std::_Exit(1);
    LoadLoop load{identities.client};
    const auto clients = connect_all(load, port, "i", connections);
    const bool told = ::write(ready_pipe[1], &byte, 1) == 1;
    ::pause();
    std::_Exit(told ? 0 : 1);
  }
  Bench bench{workers, identities};
  const auto heap = [] {
    const auto info = ::mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
  };
  const double before = heap();
  if (::write(port_pipe[1], &bench.port, sizeof bench.port) != sizeof bench.port ||
      ::read(ready_pipe[0], &byte, 1) != 1) {
    std::abort();
  }
  const double each = (heap() - before) / static_cast<double>(connections);
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);
  return {{"mode", "idle"}, {"connections", connections}, {"heap_bytes_per_connection", each}};
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t at, std::size_t otherwise) {
    return at < arguments.size() ? static_cast<std::size_t>(std::stoul(arguments[at])) : otherwise;
  };
  const std::string mode = arguments.empty() ? "connect" : arguments[0];
  const QoS qos = number(2, 0) == 0 ? QoS::at_most_once : QoS::at_least_once;
  const auto seconds = static_cast<double>(number(3, 3));
  Json result;
  if (mode == "connect") {
    const bool old = arguments.size() > 4 && arguments[4] == "tls12";
    result =
        connect_storm(number(1, 2000), number(2, 32), number(3, 1), old ? TLS1_2_VERSION : TLS1_3_VERSION);
  } else if (mode == "pairs") {
    result = messages(mode, number(1, 10), number(1, 10), qos, seconds, number(4, 1));
  } else if (mode == "fanout") {
    result = messages(mode, 1, number(1, 50), qos, seconds, number(4, 1));
  } else if (mode == "fanin") {
    result = messages(mode, number(1, 50), 1, qos, seconds, number(4, 1));
  } else if (mode == "idle") {
    result = idle(number(1, 500), number(2, 1));
  } else {
    std::cerr << "connect_storm: unknown mode \"" << mode << "\"; modes: connect pairs fanout fanin idle\n";
    return 2;
  }
  std::cout << result.dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace iotemu::bench

int main(int argc, char** argv) {
  return iotemu::bench::run({argv + 1, argv + argc});
}
