#pragma once

// What the Lambda service keeps of a function. Versions are immutable once stored: whoever runs one holds it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "emulator/neighbours/lambda/code_store.h"
#include "emulator/neighbours/lambda/names.h"
#include "emulator/neighbours/lambda/resource_policy.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::neighbours::lambda {

/// $LATEST as it is, or a published version.
struct Version {
  FunctionRef function{};  ///< without a qualifier
  std::string number{kLatest};
  std::string revision_id{};
  Time modified{};
  /// Runtime, Role, Handler, Timeout, …: the members of the configuration that a client sets, with defaults.
  Json settings = Json::object();
  std::shared_ptr<const Code> code{};
  runtime::Function runnable{};

  [[nodiscard]] std::string arn() const { return function.function_arn() + ":" + number; }
};

struct Alias {
  std::string name{};
  std::string version{};
  std::string description{};
  std::string revision_id{};
};

/// What becomes of asynchronous invocations.
struct EventInvokeConfig {
  std::int64_t max_retries{2};
  std::chrono::seconds max_age{21'600};
  std::string on_success{};  ///< ARN of a destination
  std::string on_failure{};
  Json asked = Json::object();  ///< as it was set
  Time modified{};
};

struct FunctionRecord {
  std::shared_ptr<const Version> latest{};
  std::map<std::uint64_t, std::shared_ptr<const Version>> published{};
  std::uint64_t next_version{1};
  std::map<std::string, Alias> aliases{};
  std::map<std::string, ResourcePolicy> policies{};          ///< by qualifier; "" is the function's own
  std::map<std::string, EventInvokeConfig> event_configs{};  ///< the same, "" is $LATEST
  std::map<std::string, std::string> tags{};
  std::optional<std::int64_t> reserved_concurrency{};
};

}  // namespace iotemu::neighbours::lambda
