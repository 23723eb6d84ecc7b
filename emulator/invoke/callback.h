#pragma once

// User code as a function in this process, called on the given executor. An exception is a failed call.

#include <functional>
#include <memory>

#include "base/executor.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

class CallbackInvoker final : public FunctionInvoker {
 public:
  using Callback = std::function<void(const Invocation&)>;

  /// `executor` outlives the invoker.
  CallbackInvoker(Executor& executor, Callback callback);
  void invoke(Invocation invocation, std::function<void(Status)> done) override;

 private:
  Executor& executor_;
  std::shared_ptr<const Callback> callback_;
};

}  // namespace iotemu::invoke
