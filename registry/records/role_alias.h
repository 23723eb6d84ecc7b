#pragma once

// Role aliases (C-6): a name for an IAM role that devices ask credentials of. Immutable once stored.

#include <chrono>
#include <string>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

struct RoleAliasRecord {
  RoleAliasName name{};
  std::string arn{};
  std::string role_arn{};
  std::chrono::seconds credential_duration{3600};
  Time created_at{};
  Time changed_at{};
  Tags tags{};

  [[nodiscard]] const RoleAliasName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
