#pragma once

// Topic rules (M section 7.1): what the account wants done with messages. The registry keeps them; what their
// SQL and actions mean is known to `rules/`. Immutable once stored.

#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

/// What a rule says. Whoever stores one has checked that its SQL and templates can be compiled.
struct TopicRule {
  std::string sql{};
  std::string sql_version{"2015-10-08"};  ///< RU-1
  std::string topic_pattern{};            ///< The filter of FROM; empty: for Basic Ingest alone (RU-33).
  std::string description{};
  bool disabled{false};
  Json actions = Json::array();
  Json error_action{};  ///< null: none
};

struct TopicRuleRecord {
  TopicRuleName name{};
  std::string arn{};
  TopicRule rule{};
  Time created_at{};
  Tags tags{};

  [[nodiscard]] const TopicRuleName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
