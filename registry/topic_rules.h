#pragma once

// Topic rules (M section 7.1). Owned by the registry; any thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "registry/records/topic_rule.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

using TopicRulePtr = std::shared_ptr<const TopicRuleRecord>;

class TopicRules {
 public:
  explicit TopicRules(const Surroundings& surroundings) : around_{surroundings} {}

  /// Errc::already_exists, whatever the other one says; Errc::invalid_request beyond what an account has.
  Result<TopicRulePtr> create(const TopicRuleName& name, TopicRule rule, const Tags& tags = {});
  /// Of an unknown rule this and the rest of them say Errc::unauthorized, as the service does (P8.6).
  [[nodiscard]] Result<TopicRulePtr> get(const TopicRuleName& name) const;
  /// Name, tags and time of creation stay.
  Result<TopicRulePtr> replace(const TopicRuleName& name, TopicRule rule);
  Status set_disabled(const TopicRuleName& name, bool disabled);
  Status remove(const TopicRuleName& name);
  /// Those that `wanted` wants.
  [[nodiscard]] Result<Page<TopicRulePtr>> list(
      const PageRequest& page, const std::function<bool(const TopicRuleRecord&)>& wanted) const {
    return table_.page(page, wanted);
  }
  /// Oldest first.
  [[nodiscard]] std::vector<TopicRulePtr> all() const;

  /// Moves with every change of a rule. One atomic load.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  /// `rule` is null when it is gone. Called for every rule that changes, before the call that changed it
  /// returns (RU-3), under the writer lock: calls no registry. Set once, before the first change.
  using Changed = std::function<void(const TopicRuleName& name, const TopicRulePtr& rule)>;
  void on_change(Changed changed) { changed_ = std::move(changed); }

  /// For tags. Written under the writer lock.
  [[nodiscard]] Table<TopicRuleName, TopicRuleRecord>& table() { return table_; }
  [[nodiscard]] const Table<TopicRuleName, TopicRuleRecord>& table() const { return table_; }
  /// Under the writer lock.
  void clear();

 private:
  /// Under the writer lock.
  Result<TopicRulePtr> store(std::shared_ptr<TopicRuleRecord> record);
  void tell(const TopicRuleName& name, const TopicRulePtr& rule);

  const Surroundings around_;
  Table<TopicRuleName, TopicRuleRecord> table_;
  std::atomic<std::uint64_t> generation_{1};
  Changed changed_;
};

}  // namespace iotemu::registry
