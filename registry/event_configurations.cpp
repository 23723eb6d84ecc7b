#include "registry/event_configurations.h"

#include <algorithm>
#include <utility>

namespace iotemu::registry {
namespace {

constexpr std::array<std::pair<EventType, std::string_view>, kEventTypes.size()> kWords{{
    {EventType::thing, "THING"},
    {EventType::thing_group, "THING_GROUP"},
    {EventType::thing_type, "THING_TYPE"},
    {EventType::thing_group_membership, "THING_GROUP_MEMBERSHIP"},
    {EventType::thing_group_hierarchy, "THING_GROUP_HIERARCHY"},
    {EventType::thing_type_association, "THING_TYPE_ASSOCIATION"},
    {EventType::job, "JOB"},
    {EventType::job_execution, "JOB_EXECUTION"},
    {EventType::policy, "POLICY"},
    {EventType::certificate, "CERTIFICATE"},
    {EventType::ca_certificate, "CA_CERTIFICATE"},
}};

}  // namespace

std::string_view to_text(EventType type) {
  const auto* const found =
      std::find_if(kWords.begin(), kWords.end(), [&](const auto& row) { return row.first == type; });
  return found == kWords.end() ? std::string_view{} : found->second;
}

std::optional<EventType> parse_event_type(std::string_view text) {
  const auto* const found =
      std::find_if(kWords.begin(), kWords.end(), [&](const auto& row) { return row.second == text; });
  if (found == kWords.end()) return std::nullopt;
  return found->first;
}

std::shared_ptr<const EventConfigurationRecord> EventConfigurations::get() const {
  const std::lock_guard lock{mutex_};
  return record_;
}

Status EventConfigurations::update(const std::map<EventType, bool>& switches) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = get();
  auto next = std::make_shared<EventConfigurationRecord>();
  if (old) *next = *old;
  next->changed_at = around_.clock.now();
  if (!old) next->created_at = next->changed_at;
  for (const auto& [type, enabled] : switches) {
    if (enabled) {
      next->enabled.insert(type);
    } else {
      next->enabled.erase(type);
    }
  }
  const std::shared_ptr<const EventConfigurationRecord> done{std::move(next)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  show(done);
  return Ok{};
}

void EventConfigurations::clear() {
  show(nullptr);
}

void EventConfigurations::show(std::shared_ptr<const EventConfigurationRecord> record) {
  std::uint32_t enabled = 0;
  if (record) {
    for (const auto type : record->enabled) enabled |= bit(type);
  }
  enabled_.store(enabled, std::memory_order_relaxed);
  const std::lock_guard lock{mutex_};
  record_ = std::move(record);
}

}  // namespace iotemu::registry
