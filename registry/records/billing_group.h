#pragma once

// Billing groups (P8.5). Which thing is in which stands in the thing's record. Immutable once stored.

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

struct BillingGroupRecord {
  BillingGroupName name{};
  std::string id{};  ///< billingGroupId, a UUID.
  std::string arn{};
  std::string description{};
  std::int64_t version{1};
  Time created_at{};
  Tags tags{};

  [[nodiscard]] const BillingGroupName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
