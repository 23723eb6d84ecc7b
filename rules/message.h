#pragma once

// The message that rules are run for, as they see it: borrowed views, valid while it is evaluated. Who made
// it (a device, HTTP, the service itself) is told only as far as SQL can ask for it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace iotemu::rules {

struct Message {
  std::string_view topic{};  ///< Without the Basic Ingest prefix (RU-33).
  std::string_view payload{};
  std::string_view client_id{};  ///< Empty: `clientid()` is "n/a".
  std::string_view principal{};
  std::string_view source_ip{};  ///< Empty: Undefined.
  std::string_view trace_id{};   ///< Empty: Undefined.
  // MQTT 5.
  std::optional<std::string_view> content_type{};
  std::optional<std::string_view> response_topic{};
  std::optional<std::string_view> correlation_data{};  ///< Bytes.
  bool is_utf8{false};                                 ///< The payload format indicator.
  std::span<const std::pair<std::string_view, std::string_view>> user_properties{};
};

/// What stands around an evaluation and is the same for all its expressions.
struct Surroundings {
  std::string_view account{};
  std::string_view region{};
  std::string_view rule{};  ///< The name of the rule; empty: none.
  std::int64_t now_ms{0};   ///< `timestamp()`; one instant for one evaluation.
};

}  // namespace iotemu::rules
