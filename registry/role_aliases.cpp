#include "registry/role_aliases.h"

#include "registry/errors.h"
#include "registry/role_arn.h"

namespace iotemu::registry {

Result<RoleAliasPtr> RoleAliases::create(const RoleAliasName& name, const std::string& role_arn,
                                         std::chrono::seconds credential_duration, const Tags& tags) {
  if (auto checked = check_own_role_arn(role_arn, around_.realm); !checked) return checked.error();
  if (auto checked = check_tags(tags, around_.options.tags_per_resource); !checked) return checked.error();
  const std::lock_guard write{around_.write_mutex};
  if (const auto known = table_.find(name)) {
    return Error{.code = Errc::already_exists,
                 .message = "Role alias " + name.text() + " already exists",
                 .resource_id = name.text(),
                 .resource_arn = known->arn};
  }
  if (table_.size() >= around_.options.role_aliases) {
    return Error{Errc::limit_exceeded,
                 "An account has at most " + std::to_string(around_.options.role_aliases) + " role aliases"};
  }
  auto record = std::make_shared<RoleAliasRecord>();
  record->name = name;
  record->arn = iot_arn(around_.realm, "rolealias/" + name.text());
  record->role_arn = role_arn;
  record->credential_duration = credential_duration;
  record->created_at = record->changed_at = around_.clock.now();
  record->tags = tags;
  const RoleAliasPtr done{std::move(record)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved.error();
  table_.put(done);
  return done;
}

Result<RoleAliasPtr> RoleAliases::get(const RoleAliasName& name) const {
  auto found = table_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<RoleAliasPtr> RoleAliases::update(const RoleAliasName& name, const UpdateRoleAlias& request) {
  if (request.role_arn) {
    if (auto checked = check_own_role_arn(*request.role_arn, around_.realm); !checked) {
      return checked.error();
    }
  }
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return does_not_exist(name);
  auto next = std::make_shared<RoleAliasRecord>(*old);
  if (request.role_arn) next->role_arn = *request.role_arn;
  if (request.credential_duration) next->credential_duration = *request.credential_duration;
  next->changed_at = around_.clock.now();
  const RoleAliasPtr done{std::move(next)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved.error();
  table_.put(done);
  return done;
}

Status RoleAliases::remove(const RoleAliasName& name) {
  const std::lock_guard write{around_.write_mutex};
  if (!table_.find(name)) return does_not_exist(name);
  const Change change{Erased{.kind = RecordKind::role_alias, .key = name.text()}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.erase(name);
  return Ok{};
}

}  // namespace iotemu::registry
