#include "registry/topic_rules.h"

#include <utility>

#include "registry/errors.h"

namespace iotemu::registry {
namespace {

Error access_denied(const TopicRuleName& name) {
  return {Errc::unauthorized, "Access to topic rule '" + name.text() + "' was denied"};
}

}  // namespace

Result<TopicRulePtr> TopicRules::store(std::shared_ptr<TopicRuleRecord> record, Compiled compiled) {
  const TopicRulePtr done{std::move(record)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved.error();
  table_.put(done);
  auto& kept = compiled_[done->name];
  kept = std::move(compiled);
  if (changed_) changed_(done->name, done, kept);
  return done;
}

void TopicRules::forget(const TopicRuleName& name) {
  compiled_.erase(name);
  if (changed_) changed_(name, nullptr, {});
}

Result<TopicRulePtr> TopicRules::create(const TopicRuleName& name, TopicRule rule, const Tags& tags,
                                        Compiled compiled) {
  if (auto checked = check_tags(tags, around_.options.tags_per_resource); !checked) return checked.error();
  const std::lock_guard write{around_.write_mutex};
  if (const auto known = table_.find(name)) {
    return Error{.code = Errc::already_exists,
                 .message = "Rule " + name.text() + " already exists",
                 .resource_id = name.text(),
                 .resource_arn = known->arn};
  }
  if (table_.size() >= around_.options.topic_rules) {
    // The operation models no LimitExceededException.
    return invalid("An account has at most " + std::to_string(around_.options.topic_rules) + " topic rules");
  }
  auto record = std::make_shared<TopicRuleRecord>();
  record->name = name;
  record->arn = iot_arn(around_.realm, "rule/" + name.text());
  record->rule = std::move(rule);
  record->created_at = around_.clock.now();
  record->tags = tags;
  return store(std::move(record), std::move(compiled));
}

Result<TopicRulePtr> TopicRules::get(const TopicRuleName& name) const {
  auto found = table_.find(name);
  if (!found) return access_denied(name);
  return found;
}

Result<TopicRulePtr> TopicRules::replace(const TopicRuleName& name, TopicRule rule, Compiled compiled) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return access_denied(name);
  auto next = std::make_shared<TopicRuleRecord>(*old);
  next->rule = std::move(rule);
  return store(std::move(next), std::move(compiled));
}

Status TopicRules::set_disabled(const TopicRuleName& name, bool disabled) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return access_denied(name);
  if (old->rule.disabled == disabled) return Ok{};
  auto next = std::make_shared<TopicRuleRecord>(*old);
  next->rule.disabled = disabled;
  if (auto stored = store(std::move(next), compiled_[name]); !stored) return stored.error();
  return Ok{};
}

Status TopicRules::remove(const TopicRuleName& name) {
  const std::lock_guard write{around_.write_mutex};
  if (!table_.find(name)) return access_denied(name);
  const Change change{Erased{.kind = RecordKind::topic_rule, .key = name.text()}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.erase(name);
  forget(name);
  return Ok{};
}

std::vector<TopicRulePtr> TopicRules::all() const {
  auto page = table_.page({.size = table_.size() + 1});
  return page ? std::move(page->items) : std::vector<TopicRulePtr>{};
}

void TopicRules::clear() {
  const auto gone = all();
  table_.clear();
  for (const auto& rule : gone) forget(rule->name);
}

}  // namespace iotemu::registry
