#include "registry/logging_options.h"

#include <utility>

#include "registry/errors.h"
#include "registry/role_arn.h"

namespace iotemu::registry {
namespace {

constexpr std::string_view kDefault = "DEFAULT";

Error not_configured() {
  return {Errc::not_configured, "Logging is not configured: call SetV2LoggingOptions with a role first"};
}

/// One text that orders targets: types have no slash.
std::string sort_key(const LogTarget& target) {
  return target.first + "/" + target.second;
}

}  // namespace

std::shared_ptr<const LoggingRecord> LoggingOptions::get() const {
  const std::lock_guard lock{mutex_};
  return record_;
}

Status LoggingOptions::set_v1(const std::string& role_arn, const std::string& level) {
  if (auto checked = check_role_arn(role_arn); !checked) return checked;
  const std::lock_guard write{around_.write_mutex};
  auto next = *get();
  next.v1_role_arn = role_arn;
  next.v1_level = level;
  return store(std::move(next));
}

Result<LoggingV2> LoggingOptions::v2() const {
  const auto record = get();
  if (!record->v2) return not_configured();
  return *record->v2;
}

Status LoggingOptions::set_v2(const SetLoggingV2& request) {
  if (request.role_arn) {
    if (auto checked = check_role_arn(*request.role_arn); !checked) return checked;
  }
  const std::lock_guard write{around_.write_mutex};
  auto next = *get();
  auto options = next.v2.value_or(LoggingV2{.default_level = "DISABLED"});
  if (request.role_arn) options.role_arn = *request.role_arn;
  if (request.default_level) options.default_level = *request.default_level;
  if (request.disable_all) options.disable_all = *request.disable_all;
  if (request.events) options.events = *request.events;
  if (options.role_arn.empty() && !options.disable_all) {
    return invalid("Logging needs a roleArn that lets the service write logs");
  }
  next.v2 = std::move(options);
  return store(std::move(next));
}

Status LoggingOptions::set_level(const LogTarget& target, const std::string& level) {
  const auto& [type, name] = target;
  if (type == kDefault && !name.empty()) return invalid("The log target DEFAULT has no targetName");
  if (type != kDefault && name.empty()) return invalid("A log target " + type + " needs a targetName");
  const std::lock_guard write{around_.write_mutex};
  auto next = *get();
  if (!next.v2) return not_configured();
  if (type == kDefault) {
    next.v2->default_level = level;
  } else {
    next.levels[target] = level;
    if (next.levels.size() > around_.options.logging_levels) {
      return Error{Errc::limit_exceeded, "An account has at most " +
                                             std::to_string(around_.options.logging_levels) +
                                             " log targets with a level of their own"};
    }
  }
  return store(std::move(next));
}

Result<Page<TargetLevel>> LoggingOptions::levels(const PageRequest& request, const std::string& type) const {
  const auto record = get();
  if (!record->v2) return not_configured();
  std::string after;
  if (!request.marker.empty()) {
    auto parsed = from_marker(request.marker);
    if (!parsed) return parsed.error();
    after = std::move(parsed->name);
  }
  // All targets in order, the default first.
  std::map<std::string, TargetLevel> all;
  all.emplace("", TargetLevel{.target = {std::string{kDefault}, {}}, .level = record->v2->default_level});
  for (const auto& [target, level] : record->levels) {
    all.emplace(sort_key(target), TargetLevel{.target = target, .level = level});
  }
  Page<TargetLevel> page;
  std::string last;
  for (auto at = request.marker.empty() ? all.begin() : all.upper_bound(after); at != all.end(); ++at) {
    if (!type.empty() && at->second.target.first != type) continue;
    if (page.items.size() == request.size) {
      page.next_marker = to_marker({.name = last});
      break;
    }
    page.items.push_back(at->second);
    last = at->first;
  }
  return page;
}

Status LoggingOptions::remove_level(const LogTarget& target) {
  if (target.first == kDefault) {
    return invalid("The level of DEFAULT cannot be deleted; set another one");
  }
  const std::lock_guard write{around_.write_mutex};
  auto next = *get();
  if (next.levels.erase(target) == 0) return Ok{};
  return store(std::move(next));
}

void LoggingOptions::clear() {
  show(std::make_shared<const LoggingRecord>());
}

Status LoggingOptions::store(LoggingRecord record) {
  auto done = std::make_shared<const LoggingRecord>(std::move(record));
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  show(std::move(done));
  return Ok{};
}

void LoggingOptions::show(std::shared_ptr<const LoggingRecord> record) {
  const std::lock_guard lock{mutex_};
  record_ = std::move(record);
}

}  // namespace iotemu::registry
