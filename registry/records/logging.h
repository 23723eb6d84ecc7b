#pragma once

// What an account wants logged. Immutable once stored. Levels are the service's words: `DEBUG`, `INFO`,
// `WARN`, `ERROR`, `DISABLED`.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iotemu::registry {

struct EventLogging {
  std::string event_type{};
  std::string level{};        ///< Empty: not given.
  std::string destination{};  ///< Empty: not given.
};

/// The options of version 2, whole.
struct LoggingV2 {
  std::string role_arn{};
  std::string default_level{};
  bool disable_all{false};
  std::vector<EventLogging> events{};
};

/// What a level of its own is for: the type and the name of the target.
using LogTarget = std::pair<std::string, std::string>;

struct LoggingRecord {
  std::string v1_role_arn{};
  std::string v1_level{};  ///< Empty: never set.
  std::optional<LoggingV2> v2{};
  std::map<LogTarget, std::string> levels{};
};

}  // namespace iotemu::registry
