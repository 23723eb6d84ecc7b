#include "emulator/rules/rule_log.h"

#include "base/log.h"

namespace iotemu::rule_engine {

void RuleLog::failed(std::string_view rule, std::string_view topic, const std::string& why) const {
  log::warn("a rule failed before its actions; they are not run (RU-28)",
            {{"rule", rule}, {"topic", shown(topic)}, {"why", shown(why)}});
}

void RuleLog::action_failed(const char* what, std::string_view rule, std::string_view topic,
                            const rules::ActionFailure& failure) const {
  log::warn(what, {{"rule", rule},
                   {"topic", shown(topic)},
                   {"action", failure.failed_action},
                   {"resource", shown(failure.failed_resource)},
                   {"why", shown(failure.message)}});
}

void RuleLog::undefined(const std::string& rule, std::string_view topic,
                        const std::vector<std::string>& why) {
  std::uint64_t count = 0;
  {
    const std::lock_guard lock{mutex_};
    count = undefined_[rule].count();
  }
  if (count == 0) return;
  for (const auto& one : why) {
    log::warn(
        "a function of a rule's SQL is Undefined",
        {{"rule", rule}, {"topic", shown(topic)}, {"why", shown(one)}, {"soFar", std::to_string(count)}});
  }
}

void RuleLog::forget(const std::string& rule) {
  const std::lock_guard lock{mutex_};
  undefined_.erase(rule);
}

}  // namespace iotemu::rule_engine
