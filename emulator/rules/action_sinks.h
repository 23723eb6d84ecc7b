#pragma once

// The places that rules' actions go to, by kind. Filled by the composition before the first message; from
// then on any thread reads it.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rules/ports.h"

namespace iotemu::rule_engine {

class ActionSinks {
 public:
  /// `kind` is the key under which such an action stands in a rule. Replaces what was there.
  void add(std::string kind, std::unique_ptr<rules::ActionSink> sink) {
    sinks_[std::move(kind)] = std::move(sink);
  }
  /// Null: nobody takes such actions.
  [[nodiscard]] rules::ActionSink* find(std::string_view kind) const {
    const auto found = sinks_.find(kind);
    return found == sinks_.end() ? nullptr : found->second.get();
  }
  void clear() { sinks_.clear(); }

 private:
  std::map<std::string, std::unique_ptr<rules::ActionSink>, std::less<>> sinks_;
};

}  // namespace iotemu::rule_engine
