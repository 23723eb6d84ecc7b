#pragma once

// Role aliases (C-6). Owned by the registry; any thread.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "registry/records/role_alias.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

using RoleAliasPtr = std::shared_ptr<const RoleAliasRecord>;

/// What is absent stays as it is.
struct UpdateRoleAlias {
  std::optional<std::string> role_arn{};
  std::optional<std::chrono::seconds> credential_duration{};
};

class RoleAliases {
 public:
  explicit RoleAliases(const Surroundings& surroundings) : around_{surroundings} {}

  /// Errc::invalid_request: the role's ARN is none, or of another account. Errc::already_exists, whatever the
  /// other one says; Errc::limit_exceeded.
  Result<RoleAliasPtr> create(const RoleAliasName& name, const std::string& role_arn,
                              std::chrono::seconds credential_duration, const Tags& tags);
  [[nodiscard]] Result<RoleAliasPtr> get(const RoleAliasName& name) const;
  Result<RoleAliasPtr> update(const RoleAliasName& name, const UpdateRoleAlias& request);
  Status remove(const RoleAliasName& name);
  [[nodiscard]] Result<Page<RoleAliasPtr>> list(const PageRequest& page) const { return table_.page(page); }

  /// For tags. Written under the writer lock.
  [[nodiscard]] Table<RoleAliasName, RoleAliasRecord>& table() { return table_; }
  [[nodiscard]] const Table<RoleAliasName, RoleAliasRecord>& table() const { return table_; }
  /// Under the writer lock.
  void clear() { table_.clear(); }

 private:
  const Surroundings around_;
  Table<RoleAliasName, RoleAliasRecord> table_;
};

}  // namespace iotemu::registry
