#include "emulator/daemon/limits.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "emulator/daemon/parse_value.h"

namespace iotemu::daemon {
namespace {

/// A number of Limits or, in seconds on the command line, a duration. Exactly one member is set.
struct Limit {
  std::string_view name;
  std::string_view section;
  std::uint64_t least{};
  std::uint64_t most{};
  std::size_t Limits::*number{nullptr};
  Duration Limits::*duration{nullptr};
};

/// No packet of MQTT is longer, but a worker's read buffer holds a whole one.
constexpr std::uint64_t kMostBytes = 16 * 1024 * 1024;
constexpr std::uint64_t kMost = 1'000'000'000;
constexpr std::uint64_t kWeek = 604'800;

constexpr std::array kLimits{
    Limit{"client_id_bytes", "M3-5", 1, 65'535, &Limits::client_id_bytes},
    Limit{"packet_bytes", "M section 10", 512, kMostBytes, &Limits::packet_bytes},
    Limit{"payload_bytes", "M3-38", 1, kMostBytes, &Limits::payload_bytes},
    Limit{"topic_bytes", "M3-37", 1, 65'535, &Limits::topic_bytes},
    Limit{"topic_slashes", "M3-37", 0, 65'535, &Limits::topic_slashes},
    Limit{"filters_per_subscribe", "M3-27", 1, 10'000, &Limits::filters_per_subscribe},
    Limit{"subscriptions_per_connection", "M3-28", 1, kMost, &Limits::subscriptions_per_connection},
    Limit{"in_flight", "M3-24", 1, 65'535, &Limits::in_flight},
    Limit{"queued_messages", "M3-46", 1, kMost, &Limits::queued_messages},
    Limit{"retained_messages", "M3-56", 1, kMost, &Limits::retained_messages},
    Limit{"drain_rate", "M3-48", 0, kMost, &Limits::drain_rate},
    Limit{"publishes_per_second", "M3-41", 1, kMost, &Limits::publishes_per_second},
    Limit{"bytes_per_second", "M3-41", 1, kMost, &Limits::bytes_per_second},
    Limit{"connects_per_second", "M section 10", 1, kMost, &Limits::connects_per_second},
    Limit{"registrations_per_second", "P10.8", 1, kMost, &Limits::registrations_per_second},
    Limit{"api_requests_per_second", "P10.8", 1, kMost, &Limits::api_requests_per_second},
    Limit{"provisioning_requests_per_second", "P10.8", 1, kMost, &Limits::provisioning_requests_per_second},
    Limit{"min_keep_alive_s", "M3-16", 1, 65'535, nullptr, &Limits::min_keep_alive},
    Limit{"max_keep_alive_s", "M3-16", 1, 65'535, nullptr, &Limits::max_keep_alive},
    Limit{"session_expiry_s", "M3-47", 0, kWeek, nullptr, &Limits::session_expiry},
    Limit{"retry_interval_s", "M3-25", 0, kWeek, nullptr, &Limits::retry_interval},
    Limit{"retry_duration_s", "M3-25", 0, kWeek, nullptr, &Limits::retry_duration},
    Limit{"provisioning_hook_timeout_s", "P5.11", 1, 900, nullptr, &Limits::provisioning_hook_timeout},
};

Error refused(std::string message) {
  return {.code = Errc::invalid_request, .message = std::move(message)};
}

}  // namespace

Status set_limit(Options& options, std::string_view name, std::string_view value) {
  const auto found = std::ranges::find(kLimits, name, &Limit::name);
  if (found == kLimits.end()) {
    std::string names;
    for (const auto& one : kLimits) names.append(names.empty() ? "" : ", ").append(one.name);
    return refused("there is no limit '" + std::string{name} + "'; the limits are " + names);
  }
  const auto number = parse_count(value, found->most);
  if (!number || *number < found->least) {
    return refused("limit " + std::string{name} + " cannot be '" + std::string{value} +
                   "'; expected a number from " + std::to_string(found->least) + " to " +
                   std::to_string(found->most));
  }
  if (found->number != nullptr) {
    options.limits.*found->number = *number;
  } else {
    options.limits.*found->duration = std::chrono::seconds{*number};
  }
  return Ok{};
}

std::vector<std::string> describe_limits() {
  const Limits standard;
  std::vector<std::string> lines;
  for (const auto& one : kLimits) {
    const auto value = one.number != nullptr
                           ? standard.*one.number
                           : static_cast<std::size_t>((standard.*one.duration) / std::chrono::seconds{1});
    std::string line{one.name};
    line.resize(std::max<std::size_t>(line.size() + 1, 35), ' ');
    lines.push_back(line + std::to_string(value) + "   (" + std::string{one.section} + ")");
  }
  return lines;
}

}  // namespace iotemu::daemon
