#pragma once

// The rules of one realm at work (M section 7.2). Told every accepted publish on the broker's workers, where
// it does no more than look whether a rule matches; rules run on RuleWork. Owned by the realm, as is the
// registry whose rules it runs. Thread-safe; what says so is for a worker.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/snapshot.h"
#include "emulator/rules/action_sinks.h"
#include "emulator/rules/received.h"
#include "emulator/rules/rule_run.h"
#include "emulator/rules/rule_work.h"
#include "emulator/rules/seldom.h"
#include "registry/registry.h"
#include "registry/topic_rules.h"
#include "rules/plan/rule_set.h"

namespace iotemu::rule_engine {

/// What the realms share.
struct RuleSurroundings {
  const Clock& clock;
  Random& random;
  RuleWork& work;
  const ActionSinks& sinks;
  /// Makes the functions that SQL of one realm may ask.
  std::function<std::unique_ptr<rules::FunctionHost>(const Realm&)> make_functions;
};

class RuleEngine {
 public:
  /// RU-8: a message that as many republished ones led to runs no rule any more.
  static constexpr std::uint32_t kMaxDepth = 32;

  /// Follows `registry`'s rules for as long as both live.
  RuleEngine(registry::Registry& registry, const RuleSurroundings& surroundings);

  /// Whether a message on that topic is for rules. On a worker: one atomic load while there are no rules,
  /// else a walk over the topic's levels.
  [[nodiscard]] bool wants(std::string_view topic) const;
  /// Any accepted message, wanted or not. On a worker.
  void on_message(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher);
  /// What was accepted before is not for the rules that come after, and no error action is run for it.
  void reset() { ++epoch_; }

  /// RU-32, of a message of this realm.
  void run_error_action(const rules::ActionRequest& last, std::string document);

 private:
  using Rules = rules::plan::RuleSet;

  /// The current set; on each thread, a few atomic loads while it stands still. The first to ask behind any
  /// number of changes makes the set anew.
  [[nodiscard]] const Rules& rules() const;
  [[nodiscard]] std::shared_ptr<const Rules> shared_rules() const;
  void remake_if_stale() const;
  /// Compiles a rule that has changed; null: it is gone. Under the registry's writer lock.
  void follow(const registry::TopicRuleName& name, const registry::TopicRulePtr& rule);
  void run(const rules::plan::RulePtr& rule, const ReceivedPtr& message, std::uint64_t epoch);
  [[nodiscard]] RunSurroundings around() const;
  void run_by_name(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher);
  /// Queues a message for `rule`, or, if that is null, for all that match it.
  void take(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher, std::string topic,
            rules::plan::RulePtr rule);

  const std::uint64_t id_;  ///< Differs from that of any other engine of the process.
  registry::Registry& registry_;
  const RuleSurroundings surroundings_;
  const std::unique_ptr<rules::FunctionHost> functions_;
  mutable std::mutex mutex_;  ///< Guards enabled_ and the making of a set; nothing else is locked under it.
  std::map<std::string, rules::plan::RulePtr> enabled_;  ///< by name
  std::atomic<bool> has_rules_{false};
  mutable std::atomic<bool> stale_{false};
  mutable Snapshot<Rules> rules_{std::make_shared<const Rules>()};
  std::atomic<std::uint64_t> epoch_{0};
  Seldom circles_;
  Seldom not_found_;
};

}  // namespace iotemu::rule_engine
