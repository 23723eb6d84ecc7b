#pragma once

// What a load run is to be, as the command line, a script or a test lays it down. Values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/client/endpoint.h"
#include "load/client/tls.h"
#include "load/engine/identities.h"
#include "load/plan/behaviour.h"
#include "load/results.h"

namespace iotemu::load {

struct LoadSettings {
  Endpoint endpoint{};
  TlsSettings tls{};
  Behaviour behaviour{};

  std::uint64_t devices{100};
  /// New devices a second over all shards; 0: all at once.
  double rate{0};
  Shard shard{};
  /// When the plan begins; absent: once the identities are there.
  std::optional<Time> start_at{};
  /// How long the run goes on after the last arrival (steady, churn); others end when every device is
  /// settled.
  std::optional<Nanos> duration{};

  /// reconnect_storm: so long after the last arrival, how often, how far apart, over which time they come
  /// back.
  Nanos storm_after{std::chrono::seconds{5}};
  std::uint32_t storms{1};
  Nanos storm_interval{std::chrono::seconds{30}};
  Nanos storm_spread{0};

  std::size_t threads{1};
  std::string client_id{"${serial}"};
  std::string topic{"load/${clientId}"};
  /// Empty: devices do not subscribe. May hold wildcards.
  std::string subscribe{};
  std::size_t payload_bytes{64};
  std::uint8_t qos{1};
  /// Names this run: part of serial numbers and of payloads.
  std::string run_name{};

  /// When the storms break loose, after the start.
  [[nodiscard]] Nanos storm_at(std::uint32_t number, Nanos arrivals) const {
    return arrivals + storm_after + storm_interval * static_cast<Nanos::rep>(number);
  }
};

/// What cannot be: a subscription without a topic, a topic template that names nothing known …
/// Errc::invalid_request with a sentence.
Status check(const LoadSettings& settings);

/// Settings as the report shows them, in its order. Nothing secret is among them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe(const LoadSettings& settings);

}  // namespace iotemu::load
