#pragma once

// What broker_load measures, one function a mode. Each connects, warms up, measures for a while with the
// server's CPU around exactly that while, and gives one flat JSON object. One thread: clients do not wait for
// each other longer than a turn of the loop, and the load fits on one core.

#include "base/json.h"
#include "bench/load_client.h"
#include "bench/measure.h"
#include "mqtt/codec/packet.h"

namespace iotemu::bench {

/// The command line of broker_load.
struct LoadOptions {
  LoadTarget target{};
  pid_t server_pid{0};
  std::filesystem::path identities{};
  std::string prefix{};
  std::size_t skip{0};

  std::size_t total{2000};    ///< connects
  std::size_t in_flight{16};  ///< connects that are under way at a time
  std::size_t pool{256};      ///< identities that take turns
  double retry_ms{0};         ///< onboard: from the first refusal to the next attempt; doubles
  std::size_t publishers{10};
  std::size_t subscribers{10};
  std::size_t rate{5000};  ///< paced: messages a second, all publishers together
  int qos{0};
  std::size_t payload{64};  ///< bytes
  double seconds{3};
  std::vector<std::size_t> steps{1000, 5000};  ///< idle: connections at which memory is read
};

/// Known devices connect and leave: connects a second, latency from the start to CONNACK.
[[nodiscard]] Json measure_connects(const LoadOptions& options);
/// Devices that were never seen: refused and registered, then let in. Each is tried until it is.
[[nodiscard]] Json measure_onboarding(const LoadOptions& options);
/// Memory of the server for each connection that does nothing.
[[nodiscard]] Json measure_idle(const LoadOptions& options);

enum class Shape {
  pairs,    ///< each publisher has a topic and a subscriber of its own
  fan_out,  ///< one publisher, many subscribers
  fan_in,   ///< many publishers, one topic, one subscriber
};
/// As fast as it goes. At QoS 1 everything published must arrive.
[[nodiscard]] Json measure_messages(const LoadOptions& options, Shape shape);
/// Two clients throw one QoS 1 message to and fro: the time of a round trip.
[[nodiscard]] Json measure_ping_pong(const LoadOptions& options);
/// One client throws bytes at floor --echo over plain TCP and waits for them: what the loopback alone takes.
[[nodiscard]] Json measure_echo(const LoadOptions& options);
/// A fixed rate; latency counts from when a message should have been sent, not from when it was.
[[nodiscard]] Json measure_paced(const LoadOptions& options);

using Clients = std::vector<std::unique_ptr<LoadClient>>;

/// One client for each identity, `in_flight` at a time; all are accepted.
[[nodiscard]] Clients connect_all(LoadLoop& load, const std::vector<Identity>& identities,
                                  std::size_t in_flight);

}  // namespace iotemu::bench
