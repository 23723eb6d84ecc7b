#pragma once

// The options of `iot-emulator load` as text, and what they mean. Text in, values out; the files and the
// network are load_command's.

#include <string>

#include "base/result.h"
#include "load/engine/settings.h"
#include "load/engine/setup.h"

namespace CLI {
class App;
}

namespace iotemu::daemon {

/// Where an emulator's API is when nothing else was said.
inline constexpr const char* kLocalApi = "http://127.0.0.1:4566";

/// As typed; empty: not given.
struct LoadOptions {
  std::string endpoint{};
  std::string ca_file{};
  std::string server_name{};
  std::string alpn{};
  std::string tls{"any"};
  std::string mqtt{"3.1.1"};
  bool insecure{false};

  std::uint64_t devices{0};
  std::string rate{};
  std::string ca_cert{};
  std::string ca_key{};
  std::string key_type{"ec-p256"};
  std::string subject{};
  std::string serial_prefix{};
  std::string client_id{};
  std::string identities{};
  std::string save_identities{};
  bool leaf_only{false};

  std::string profile{"onboard"};
  std::string backoff{};
  std::string timeout{};
  std::string give_up_after{};
  std::uint32_t max_attempts{0};
  std::string messages{};
  double message_rate{1};
  std::size_t payload_bytes{64};
  int qos{1};
  std::string topic{};
  std::string subscribe{};
  std::string stay{};
  std::string away{};
  std::string duration{};
  std::string keep_alive{};
  std::string storm_after{};
  std::string storm_every{};
  std::string storm_spread{};
  std::uint32_t storms{1};

  std::size_t threads{0};
  std::string shard{};
  std::string start_at{};
  std::uint64_t seed{0};
  bool progress{false};

  std::string setup{"none"};
  std::string endpoint_api{};
  std::string ready_file{};
  std::int64_t pid{0};
};

/// Adds them to the command line.
void add_load_options(CLI::App& app, LoadOptions& options);

/// Host and port of `--endpoint`; port 0 where none stands.
struct HostPort {
  std::string host{};
  std::uint16_t port{};
};
Result<HostPort> parse_host_port(std::string_view text);

/// "2026-01-18T09:18:06Z" or seconds since the epoch.
Result<Time> parse_start(std::string_view text);

/// Everything but the endpoint's addresses, the server's CA and the run's name. The profile decides about
/// what was left out. Errc::invalid_request with a sentence that names the option.
Result<load::LoadSettings> load_settings(const LoadOptions& options);

}  // namespace iotemu::daemon
