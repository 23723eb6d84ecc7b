#pragma once

// The rules of one realm at work (M section 7.2). Told every accepted publish on the broker's workers, where
// it does no more than look whether a rule matches; rules run on RuleWork. Owned by the realm, as is the
// registry whose rules it runs. Thread-safe; what says so is for a worker.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/snapshot.h"
#include "emulator/rules/action_sinks.h"
#include "emulator/rules/received.h"
#include "emulator/rules/rule_log.h"
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
  /// As RuleLog.
  RuleLog::Hide hide{};
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
  using RulesPtr = std::shared_ptr<const Rules>;

  /// The current set. On each thread, one atomic load while it stands still.
  [[nodiscard]] const Rules& rules() const;
  /// A rule has changed; null: it is gone. Under the registry's writer lock, and so one at a time; whoever
  /// looks behind it sees the change (RU-3).
  void follow(const registry::TopicRuleName& name, const registry::TopicRulePtr& rule,
              const registry::TopicRules::Compiled& compiled);
  void publish(Rules next);
  void run(const rules::plan::RulePtr& rule, const ReceivedPtr& message, std::uint64_t epoch);
  [[nodiscard]] RunSurroundings around();
  void run_by_name(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher);
  /// Queues a message for `rule`, or, if that is null, for all that match it.
  void take(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher, std::string topic,
            rules::plan::RulePtr rule);

  static constexpr std::size_t kFewRetired = 16;

  const std::uint64_t id_;  ///< Differs from that of any other engine of the process.
  registry::Registry& registry_;
  const RuleSurroundings surroundings_;
  const std::unique_ptr<rules::FunctionHost> functions_;
  RuleLog log_;
  std::atomic<bool> has_rules_{false};
  Snapshot<Rules> rules_{std::make_shared<const Rules>()};
  /// Sets of before, kept until no worker and no message holds them: whoever changes a rule frees them.
  std::vector<RulesPtr> retired_;
  std::size_t most_retired_{kFewRetired};
  std::atomic<std::uint64_t> epoch_{0};
  Seldom circles_;
  Seldom not_found_;
};

}  // namespace iotemu::rule_engine
