#pragma once

// What queues of invocations need: a function to be run by its ARN, and a place for what came of it. The
// service implements it. Nothing blocks.

#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::neighbours::lambda {

class Invoker {
 public:
  virtual ~Invoker() = default;
  /// `function_arn` with or without a qualifier. `done` is called once, inside the call or on any thread.
  /// Errc::not_found: it has been deleted; Errc::throttled: its concurrency is used up.
  virtual void run(const std::string& function_arn, runtime::Invocation invocation,
                   std::function<void(Result<runtime::Outcome>)> done) = 0;
  /// To a queue or to another function. Failures are logged.
  virtual void deliver(const std::string& destination_arn, std::string body, Json attributes) = 0;
};

}  // namespace iotemu::neighbours::lambda
