#pragma once

// Who plays the functions that nobody was named for: the port between functions by name and the Lambda
// service, where functions are created. Thread-safe; nothing blocks.

#include <functional>
#include <string_view>

#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

class OtherFunctions {
 public:
  virtual ~OtherFunctions() = default;
  /// Whether there is such a function for the invocation's realm; `name` in any form of
  /// registry::FunctionName.
  [[nodiscard]] virtual bool knows(const Realm& realm, std::string_view name) const = 0;
  /// As FunctionInvoker::invoke. Where no answer is wanted the invocation is asynchronous, as AWS's own
  /// services invoke: `done` is called when it is accepted, and failures are tried again.
  virtual void invoke(std::string_view name, Invocation invocation, FunctionInvoker::Done done) = 0;

  /// Runs somebody else's function once, as FunctionInvoker::invoke.
  using Attempt = std::function<void(Invocation, FunctionInvoker::Done)>;
  /// Takes an asynchronous invocation of a function that somebody else plays: `attempt` is called for it, and
  /// again when it has failed, as with functions that were created. Errc::throttled: too many wait.
  virtual Status queue(std::string_view name, Invocation invocation, Attempt attempt) = 0;
};

}  // namespace iotemu::invoke
