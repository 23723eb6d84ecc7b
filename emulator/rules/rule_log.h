#pragma once

// What the log is told of the rules of one realm: without secrets, and of what may happen with every message
// the first time only, and every 10,000th. Owned by the engine. Thread-safe.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/rules/seldom.h"
#include "rules/ports.h"

namespace iotemu::rule_engine {

class RuleLog {
 public:
  /// Takes out of a text what nobody may see.
  using Hide = std::function<std::string(std::string)>;

  /// `hide` may be empty.
  explicit RuleLog(Hide hide) : hide_{std::move(hide)} {}

  /// The rule ended before its actions (RU-28).
  void failed(std::string_view rule, std::string_view topic, const std::string& why) const;
  void action_failed(const char* what, std::string_view rule, std::string_view topic,
                     const rules::ActionFailure& failure) const;
  /// Functions that were Undefined where nobody would expect it. Seldom, for each rule.
  void undefined(const std::string& rule, std::string_view topic, const std::vector<std::string>& why);
  /// The rule has changed: what it has to tell is news.
  void forget(const std::string& rule);
  /// What is shown of a text.
  [[nodiscard]] std::string shown(std::string_view text) const {
    return hide_ ? hide_(std::string{text}) : std::string{text};
  }

 private:
  const Hide hide_;
  std::mutex mutex_;
  std::map<std::string, Seldom, std::less<>> undefined_;  ///< guarded; by rule
};

}  // namespace iotemu::rule_engine
