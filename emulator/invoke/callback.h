#pragma once

// User code as a function in this process, called on the given executor. An exception is a failed call.
// Nobody can interrupt it: one that took longer than its time limit has failed by the time it returns, and a
// reset waits for it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

class CallbackInvoker final : public FunctionInvoker {
 public:
  using Callback = std::function<std::string(const Invocation&)>;

  /// `executor` outlives the invoker.
  CallbackInvoker(Executor& executor, Callback callback);
  void invoke(Invocation invocation, Done done) override;
  void reset(const Hold& until) override;

 private:
  Executor& executor_;
  std::shared_ptr<const Callback> callback_;
  /// Of resets; what was queued in an earlier round is not run.
  std::shared_ptr<std::atomic<std::uint64_t>> round_{std::make_shared<std::atomic<std::uint64_t>>(0)};
};

}  // namespace iotemu::invoke
