#include "emulator/daemon/load_settings.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include "emulator/daemon/parse_value.h"

namespace iotemu::daemon {
namespace {

using load::Behaviour;
using load::Nanos;
using load::Profile;

constexpr double kMaxMessageRate = 100'000;

Error wrong(std::string message) {
  return Error{.code = Errc::invalid_request, .message = std::move(message)};
}

Error in_option(const char* name, const Error& error) {
  return wrong(std::string{name} + ": " + error.message);
}

/// Keeps what stands in `value` where the option was not given.
Status read_span(const char* name, const std::string& text, Nanos& value) {
  if (text.empty()) return Ok{};
  const auto span = load::parse_span(text);
  if (!span) return in_option(name, span.error());
  value = *span;
  return Ok{};
}

/// "forever" too.
Status read_stay(const std::string& text, Nanos& value) {
  if (text == "forever") {
    value = load::kForever;
    return Ok{};
  }
  return read_span("--stay", text, value);
}

void profile_defaults(load::LoadSettings& settings) {
  auto& behaviour = settings.behaviour;
  switch (behaviour.profile) {
    case Profile::onboard:
      break;
    case Profile::steady:
      behaviour.messages = Behaviour::kEndless;
      behaviour.stay = load::kForever;
      settings.duration = std::chrono::seconds{60};
      break;
    case Profile::reconnect_storm:
      behaviour.stay = load::kForever;
      break;
    case Profile::churn:
      behaviour.stay = std::chrono::seconds{5};
      settings.duration = std::chrono::seconds{60};
      break;
  }
}

Status read_messages(const LoadOptions& options, load::LoadSettings& settings) {
  auto& behaviour = settings.behaviour;
  if (options.messages == "endless") {
    behaviour.messages = Behaviour::kEndless;
  } else if (!options.messages.empty()) {
    const auto count = parse_count(options.messages, 1'000'000'000);
    if (!count) return wrong("--messages: a number or 'endless', not '" + options.messages + "'");
    behaviour.messages = *count;
  }
  if (!(options.message_rate > 0) || options.message_rate > kMaxMessageRate) {
    return wrong("--message-rate: messages a second of one device, above 0 and at most 100000");
  }
  behaviour.message_interval = Nanos{static_cast<Nanos::rep>(1e9 / options.message_rate)};
  behaviour.acknowledged = options.qos == 1;
  settings.qos = static_cast<std::uint8_t>(options.qos);
  settings.payload_bytes = options.payload_bytes;
  if (!options.topic.empty()) settings.topic = options.topic;
  settings.subscribe = options.subscribe;
  behaviour.subscribe = !options.subscribe.empty();
  return Ok{};
}

Status read_times(const LoadOptions& options, load::LoadSettings& settings) {
  auto& behaviour = settings.behaviour;
  struct Row {
    const char* name;
    const std::string& text;
    Nanos& value;
  };
  const std::array rows{Row{"--timeout", options.timeout, behaviour.timeout},
                        Row{"--give-up-after", options.give_up_after, behaviour.give_up_after},
                        Row{"--away", options.away, behaviour.away},
                        Row{"--keep-alive", options.keep_alive, behaviour.keep_alive},
                        Row{"--storm-after", options.storm_after, settings.storm_after},
                        Row{"--storm-every", options.storm_every, settings.storm_interval},
                        Row{"--storm-spread", options.storm_spread, settings.storm_spread}};
  for (const auto& row : rows) {
    if (auto read = read_span(row.name, row.text, row.value); !read) return read;
  }
  if (auto read = read_stay(options.stay, behaviour.stay); !read) return read;
  if (!options.duration.empty()) {
    Nanos duration{};
    if (auto read = read_span("--duration", options.duration, duration); !read) return read;
    settings.duration = duration;
  }
  if (behaviour.timeout == Nanos{0}) return wrong("--timeout: no step ends at once; give a time above 0");
  if (behaviour.keep_alive < std::chrono::seconds{30} || behaviour.keep_alive > std::chrono::minutes{20}) {
    return wrong("--keep-alive: the service takes 30s to 20m");
  }
  if (settings.behaviour.messages == Behaviour::kEndless && behaviour.stay >= load::kForever &&
      !settings.duration) {
    return wrong("messages without end from devices that stay need a --duration, or the run never ends");
  }
  return Ok{};
}

Status read_tls(const LoadOptions& options, load::TlsSettings& tls) {
  using Versions = load::TlsSettings::Versions;
  if (options.tls == "1.2") {
    tls.versions = Versions::only_1_2;
  } else if (options.tls == "1.3") {
    tls.versions = Versions::only_1_3;
  } else if (options.tls != "any") {
    return wrong("--tls: 1.2, 1.3 or any, not '" + options.tls + "'");
  }
  if (options.insecure && !options.ca_file.empty()) {
    return wrong("--insecure judges no server, so --ca-file has no use beside it");
  }
  tls.verify_server = !options.insecure;
  if (!options.alpn.empty()) tls.alpn = {options.alpn};
  return Ok{};
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const auto malformed = [&] {
    return wrong("--endpoint: HOST or HOST:PORT, such as localhost:8883, not '" + std::string{text} + "'");
  };
  HostPort result;
  auto host = text;
  std::string_view port;
  const auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return malformed();
    host = text.substr(1, bracket - 1);
    const auto rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') return malformed();
    if (!rest.empty()) port = rest.substr(1);
  } else if (colon != std::string_view::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return malformed();
  }
  if (host.empty() || host.find_first_of("/ @") != std::string_view::npos) return malformed();
  result.host = host;
  if (!port.empty()) {
    const auto number = parse_count(port, 65535);
    if (!number || *number == 0) return malformed();
    result.port = static_cast<std::uint16_t>(*number);
  }
  return result;
}

Result<Time> parse_start(std::string_view text) {
  const std::string whole{text};
  if (const auto seconds = parse_count(text, 4'000'000'000)) return Time{std::chrono::seconds{*seconds}};
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int used = 0;
  const int read = std::sscanf(whole.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year, &month, &day, &hour,
                               &minute, &second, &used);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (read != 6 || static_cast<std::size_t>(used) != whole.size() || !date.ok() || hour > 23 || minute > 59 ||
      second > 60 || hour < 0 || minute < 0 || second < 0) {
    return wrong("--start-at: a date such as 2026-01-18T09:18:06Z, or seconds since 1970, not '" + whole +
                 "'");
  }
  return Time{std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
              std::chrono::seconds{second}};
}

Result<load::LoadSettings> load_settings(const LoadOptions& options) {
  load::LoadSettings settings;
  auto& behaviour = settings.behaviour;
  const auto profile = load::profile_named(options.profile);
  if (!profile) {
    return wrong("--profile: onboard, steady, reconnect-storm or churn, not '" + options.profile + "'");
  }
  behaviour.profile = *profile;
  profile_defaults(settings);
  settings.devices = options.devices;
  if (!options.rate.empty()) {
    const auto rate = load::parse_rate(options.rate);
    if (!rate) return in_option("--rate", rate.error());
    settings.rate = *rate;
  }
  if (!options.shard.empty()) {
    const auto shard = load::parse_shard(options.shard);
    if (!shard) return in_option("--shard", shard.error());
    settings.shard = *shard;
    if (settings.shard.of > 1 && options.start_at.empty()) {
      return wrong("--shard: the machines of one plan need one --start-at");
    }
  }
  if (!options.start_at.empty()) {
    const auto start = parse_start(options.start_at);
    if (!start) return start.error();
    settings.start_at = *start;
  }
  if (!options.backoff.empty()) {
    const auto backoff = load::parse_backoff(options.backoff);
    if (!backoff) return in_option("--backoff", backoff.error());
    behaviour.backoff = *backoff;
  }
  if (options.mqtt != "3.1.1" && options.mqtt != "5") {
    return wrong("--mqtt: 3.1.1 or 5, not '" + options.mqtt + "'");
  }
  behaviour.mqtt5 = options.mqtt == "5";
  behaviour.max_attempts = options.max_attempts;
  behaviour.seed = options.seed;
  if (!options.client_id.empty()) settings.client_id = options.client_id;
  settings.storms = options.storms;
  if (auto read = read_messages(options, settings); !read) return read.error();
  if (auto read = read_times(options, settings); !read) return read.error();
  if (auto read = read_tls(options, settings.tls); !read) return read.error();
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  settings.threads = options.threads != 0 ? options.threads : std::max<std::size_t>(cores / 2, 1);
  if (!load::setup_named(options.setup)) {
    return wrong("--setup: none, jitp or jitr, not '" + options.setup + "'");
  }
  if (auto good = load::check(settings); !good) return good.error();
  return settings;
}

}  // namespace iotemu::daemon
