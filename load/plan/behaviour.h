#pragma once

// What every device of a run does. Values.

#include <cstdint>
#include <optional>
#include <string_view>

#include "load/plan/backoff.h"
#include "load/plan/instant.h"

namespace iotemu::load {

enum class Profile : std::uint8_t {
  onboard,          ///< new devices arrive, knock until they are let in, and go
  steady,           ///< they stay and publish
  reconnect_storm,  ///< all lose their connection at once and come back
  churn,            ///< they come and go
};
/// "onboard", "steady", "reconnect-storm", "churn".
[[nodiscard]] std::string_view name_of(Profile profile);
[[nodiscard]] std::optional<Profile> profile_named(std::string_view name);

struct Behaviour {
  static constexpr std::uint64_t kEndless = ~std::uint64_t{0};

  Profile profile{Profile::onboard};
  Backoff backoff{};
  std::uint64_t seed{};
  /// TCP, TLS and CONNACK together; SUBACK; each PUBACK.
  Nanos timeout{std::chrono::seconds{30}};
  /// Attempts in a row and the time since the first one after which a device gives up; 0: no limit.
  std::uint32_t max_attempts{0};
  Nanos give_up_after{std::chrono::minutes{5}};
  bool subscribe{false};
  /// Messages of one visit, the first as soon as the device is in, then one each interval.
  std::uint64_t messages{0};
  Nanos message_interval{std::chrono::seconds{1}};
  bool acknowledged{true};  ///< QoS 1
  /// How long it stays: after the last message, or after it got in if messages do not end.
  Nanos stay{0};
  /// How long it is away between two visits (churn).
  Nanos away{std::chrono::seconds{1}};
  Nanos keep_alive{std::chrono::minutes{20}};
  bool mqtt5{false};
};

}  // namespace iotemu::load
