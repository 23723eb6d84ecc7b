#pragma once

// Destinations of topic rules (RU-30): where rules may send what is not AWS's own. Immutable once stored.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace iotemu::registry {

enum class DestinationStatus { in_progress, enabled, disabled, error };
/// `IN_PROGRESS`, …
[[nodiscard]] std::string_view to_text(DestinationStatus status);

/// Kept and answered: there is no such network here.
struct VpcDestination {
  std::vector<std::string> subnet_ids{};
  std::vector<std::string> security_groups{};
  std::string vpc_id{};
  std::string role_arn{};
};

struct TopicRuleDestinationRecord {
  std::string arn{};
  DestinationStatus status{DestinationStatus::in_progress};
  std::string status_reason{};
  /// Of an HTTP destination; empty for one in a VPC.
  std::string confirmation_url{};
  std::optional<VpcDestination> vpc{};
  /// What its owner must show. It names the realm, because who shows it signs nothing.
  std::string token{};
  Time created_at{};
  Time changed_at{};

  [[nodiscard]] const std::string& key() const { return arn; }
  [[nodiscard]] const std::string& key_text() const { return arn; }
};

}  // namespace iotemu::registry
