#pragma once

// Which reserved topics (first character `$`) a client may publish to and subscribe to, whatever its policy
// says: the table of M section 2.7. Pure.

#include <cstdint>
#include <string_view>

namespace iotemu::topics {

enum class PublishKind : std::uint8_t {
  /// Not reserved.
  ordinary,
  /// Reserved, and meant to be published by clients.
  reserved,
  /// Reserved, and a question to the service: answered, never for subscribers (P6.1).
  request,
  /// Basic Ingest: for a rule, never for subscribers (RU-33).
  basic_ingest,
  /// Reserved and not for clients: closes the connection (M3-40).
  forbidden,
};

[[nodiscard]] PublishKind classify_publish(std::string_view topic);

/// Whether a client may ask for this filter: it is not reserved, or it can match a topic of the table that is
/// meant for subscribers (M3-45: wildcards work there). The part of a shared subscription behind
/// `$share/<name>/` counts.
[[nodiscard]] bool may_subscribe(std::string_view filter);

}  // namespace iotemu::topics
