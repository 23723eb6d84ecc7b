#include "emulator/rules/rule_engine.h"

#include <any>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "emulator/rules/descendants.h"

namespace iotemu::rule_engine {
namespace {

using rules::plan::RulePtr;

constexpr std::string_view kBasicIngest = "$aws/rules/";

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// What a message weighs while it waits.
std::size_t weight(const mqtt::Message& message) {
  constexpr std::size_t kOverhead = 512;
  return message.bytes() + kOverhead;
}

/// The rule as the API has compiled it; null: it cannot be run.
RulePtr rule_of(const registry::TopicRuleRecord& record, const registry::TopicRules::Compiled& compiled) {
  if (const auto* const made = std::any_cast<RulePtr>(&compiled)) return *made;
  // Stored by other ways.
  auto made = rules::plan::Rule::compile({.name = record.name.text(),
                                          .sql = record.rule.sql,
                                          .sql_version = record.rule.sql_version,
                                          .actions = record.rule.actions,
                                          .error_action = record.rule.error_action});
  if (made) return *made;
  log::error("a stored rule cannot be compiled and is not run",
             {{"rule", record.name.text()}, {"why", made.error().message}});
  return nullptr;
}

Publisher publisher_of(const mqtt::Message& message, const mqtt::ConnectionFacts* facts) {
  // The service publishes some events for a client, whose id `clientid()` gives (P4.1).
  if (facts == nullptr) return {.client_id = message.publisher};
  return {.client_id = facts->client_id, .principal = facts->principal, .source_ip = facts->address};
}

}  // namespace

RuleEngine::RuleEngine(registry::Registry& registry, const RuleSurroundings& surroundings)
    : id_{next_id()},
      registry_{registry},
      surroundings_{surroundings},
      functions_{surroundings.make_functions(registry.realm())},
      log_{surroundings.hide} {
  registry_.topic_rules().on_change([this](const auto&... change) { follow(change...); });
}

void RuleEngine::follow(const registry::TopicRuleName& name, const registry::TopicRulePtr& record,
                        const registry::TopicRules::Compiled& compiled) {
  log_.forget(name.text());
  const RulesPtr now = rules_.get();
  const RulePtr rule = record && !record->rule.disabled ? rule_of(*record, compiled) : nullptr;
  if (rule) return publish(now->with(rule));
  if (now->find(name.text())) publish(now->without(name.text()));
}

void RuleEngine::publish(Rules next) {
  retired_.push_back(rules_.get());
  const bool has_rules = !next.empty();
  rules_.publish(std::make_shared<const Rules>(std::move(next)));
  has_rules_.store(has_rules, std::memory_order_release);
  if (retired_.size() < most_retired_) return;
  // Looked through seldom enough to cost a change nothing, however many are still held.
  std::erase_if(retired_, [](const RulesPtr& set) { return set.use_count() == 1; });
  most_retired_ = 2 * retired_.size() + kFewRetired;
}

const RuleEngine::Rules& RuleEngine::rules() const {
  // Workers end before the engines do; elsewhere a few readers stay behind, which hold a set each.
  thread_local std::unordered_map<std::uint64_t, Snapshot<Rules>::Reader> readers;
  return *readers.try_emplace(id_, rules_).first->second;
}

bool RuleEngine::wants(std::string_view topic) const {
  // Of a rule that is not there, the publisher shall find a line in the log (RU-34).
  if (topic.starts_with(kBasicIngest)) return true;
  return has_rules_.load(std::memory_order_acquire) && rules().matches(topic);
}

void RuleEngine::on_message(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher) {
  if (!wants(message->topic)) return;
  if (message->hops >= kMaxDepth) {
    if (const auto count = circles_.count(); count != 0) {
      log::warn("rules republish to each other in a circle: this message runs no rule any more (RU-8)",
                {{"topic", log_.shown(message->topic)},
                 {"republished", std::to_string(message->hops)},
                 {"soFar", std::to_string(count)}});
    }
    return;
  }
  if (message->topic.starts_with(kBasicIngest)) return run_by_name(message, publisher);
  take(message, publisher, message->topic, nullptr);
}

void RuleEngine::run_by_name(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher) {
  std::string_view rest = std::string_view{message->topic}.substr(kBasicIngest.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto name = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  auto rule = rules().find(name);
  if (!rule) {
    if (const auto count = not_found_.count(); count != 0) {
      log::warn(
          "RuleNotFound: a message of Basic Ingest is dropped, for no enabled rule has that name (RU-34)",
          {{"rule", name},
           {"clientId", publisher == nullptr ? "" : publisher->client_id},
           {"soFar", std::to_string(count)}});
    }
    return;
  }
  take(message, publisher, std::string{rest}, std::move(rule));
}

void RuleEngine::take(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher,
                      std::string topic, RulePtr rule) {
  surroundings_.work.take_message(weight(*message), [this, message, topic = std::move(topic),
                                                     rule = std::move(rule),
                                                     publisher = publisher_of(*message, publisher),
                                                     set = rules_.get(), epoch = epoch_.load()]() mutable {
    if (epoch != epoch_) return;
    // Republish has said so.
    if (message->descendants && *message->descendants > kMaxDescendants) return;
    const auto matched = rule ? std::vector<RulePtr>{rule} : set->match(topic);
    surroundings_.work.count_matches(matched.size());
    const auto received =
        std::make_shared<const Received>(message, std::move(topic), std::move(publisher), registry_.realm(),
                                         surroundings_.random.uuid(), surroundings_.clock.now());
    for (const auto& each : matched) run(each, received, epoch);
  });
}

RunSurroundings RuleEngine::around() {
  return {.work = surroundings_.work,
          .random = surroundings_.random,
          .sinks = surroundings_.sinks,
          .functions = *functions_,
          .log = log_,
          .epoch = epoch_};
}

void RuleEngine::run(const RulePtr& rule, const ReceivedPtr& message, std::uint64_t epoch) {
  auto one = std::make_shared<RuleRun>(rule, message, around(), epoch);
  if (!rule->may_wait()) return one->start();
  surroundings_.work.wait([one] { one->start(); });
}

void RuleEngine::run_error_action(const rules::ActionRequest& last, std::string document) {
  const auto rule = rules_.get()->find(last.rule_name);
  if (!rule || rule->error_action() == nullptr) return;
  auto message = std::make_shared<const Received>(last, surroundings_.clock.now());
  const std::size_t bytes = document.size() + message->view().payload.size();
  auto one = std::make_shared<RuleRun>(rule, std::move(message), around(), epoch_.load());
  const bool may_wait = rule->may_wait() || rule->error_action()->may_wait();
  auto task = [one, document = std::move(document)]() mutable { one->run_error_action(std::move(document)); };
  const bool taken = may_wait ? surroundings_.work.wait(std::move(task))
                              : surroundings_.work.follow_up(bytes, std::move(task));
  if (!taken) log::warn("the error action of a rule is not run", {{"rule", last.rule_name}});
}

}  // namespace iotemu::rule_engine
