#pragma once

// Topic rules (M section 7.1). Owned by the registry; any thread.

#include <any>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "registry/records/topic_rule.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

using TopicRulePtr = std::shared_ptr<const TopicRuleRecord>;

class TopicRules {
 public:
  explicit TopicRules(const Surroundings& surroundings) : around_{surroundings} {}

  /// What whoever checked a rule has made of it, for whoever runs it; empty: it is compiled when it is run.
  /// Stands beside the rule for as long as its text stays; the registry does not look inside.
  using Compiled = std::any;

  /// Errc::already_exists, whatever the other one says; Errc::invalid_request beyond what an account has.
  Result<TopicRulePtr> create(const TopicRuleName& name, TopicRule rule, const Tags& tags = {},
                              Compiled compiled = {});
  /// Of an unknown rule this and the rest of them say Errc::unauthorized, as the service does (P8.6).
  [[nodiscard]] Result<TopicRulePtr> get(const TopicRuleName& name) const;
  /// Name, tags and time of creation stay.
  Result<TopicRulePtr> replace(const TopicRuleName& name, TopicRule rule, Compiled compiled = {});
  Status set_disabled(const TopicRuleName& name, bool disabled);
  Status remove(const TopicRuleName& name);
  /// Those that `wanted` wants.
  [[nodiscard]] Result<Page<TopicRulePtr>> list(
      const PageRequest& page, const std::function<bool(const TopicRuleRecord&)>& wanted) const {
    return table_.page(page, wanted);
  }
  /// Oldest first.
  [[nodiscard]] std::vector<TopicRulePtr> all() const;

  /// `rule` is null when it is gone. Called for every rule that changes, before the call that changed it
  /// returns (RU-3), under the writer lock: takes microseconds and calls no registry. Set once, before the
  /// first change.
  using Changed =
      std::function<void(const TopicRuleName& name, const TopicRulePtr& rule, const Compiled& compiled)>;
  void on_change(Changed changed) { changed_ = std::move(changed); }

  /// For tags. Written under the writer lock.
  [[nodiscard]] Table<TopicRuleName, TopicRuleRecord>& table() { return table_; }
  [[nodiscard]] const Table<TopicRuleName, TopicRuleRecord>& table() const { return table_; }
  /// Under the writer lock.
  void clear();

 private:
  /// Under the writer lock.
  Result<TopicRulePtr> store(std::shared_ptr<TopicRuleRecord> record, Compiled compiled);
  void forget(const TopicRuleName& name);

  const Surroundings around_;
  Table<TopicRuleName, TopicRuleRecord> table_;
  std::unordered_map<TopicRuleName, Compiled> compiled_;  ///< Under the writer lock; those there are.
  Changed changed_;
};

}  // namespace iotemu::registry
