#pragma once

// Rules, short to write, and a message to run them for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/seeded_random.h"
#include "rules/plan/execution.h"
#include "rules/plan/rule.h"

namespace iotemu::rules::plan::testing {

inline Json republish(const std::string& topic) {
  return {{"republish", {{"topic", topic}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}};
}

inline Result<RulePtr> compile(const std::string& sql, const std::vector<Json>& actions = {},
                               const Json& error_action = {}) {
  return Rule::compile({.name = "r",
                        .sql = sql,
                        .sql_version = "2016-03-23",
                        .actions = Json(actions),
                        .error_action = error_action});
}

inline RulePtr rule_from(const std::string& name, const std::string& filter) {
  return *Rule::compile({.name = name, .sql = "SELECT * FROM '" + filter + "'"});
}

}  // namespace iotemu::rules::plan::testing
