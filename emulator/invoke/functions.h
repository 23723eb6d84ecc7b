#pragma once

// User code by the name that AWS knows it by: which function a Lambda ARN means here. Thread-safe; `invoke`
// never blocks.

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/invoke/function_invoker.h"
#include "emulator/invoke/other_functions.h"
#include "emulator/invoke/played_functions.h"

namespace iotemu::registry {
struct FunctionName;
}

namespace iotemu::invoke {

class Functions final : public PlayedFunctions {
 public:
  /// `name` in any form of registry::FunctionName: its partition, region and account do not matter. Without a
  /// qualifier it serves every one that is not added itself. Replaces what was there. Fails with
  /// Errc::invalid_request.
  Status add(std::string_view name, std::unique_ptr<FunctionInvoker> invoker);
  /// Who is asked for functions that nobody is added for; null: nobody. It outlives all calls.
  void set_others(OtherFunctions* others) { others_ = others; }
  /// As FunctionInvoker::invoke. Where no answer is wanted and others are known, the invocation is
  /// asynchronous as AWS's: `done` is called when it is accepted, and failures are tried again. Where no
  /// function is added for it and no other is known, `done` is called inside the call, with an error that
  /// names the ways to add one.
  void invoke(std::string_view name, Invocation invocation, const FunctionInvoker::Done& done) const;
  // PlayedFunctions
  [[nodiscard]] bool plays(std::string_view name) const override;
  [[nodiscard]] bool play(std::string_view name, Invocation invocation,
                          const FunctionInvoker::Done& done) const override;
  [[nodiscard]] std::vector<std::string> played_names() const override;
  /// As FunctionInvoker::reset, of all; the functions stay.
  void reset(const Hold& until) const;
  /// Ends what runs and forgets the functions.
  void stop();

 private:
  /// Null if nobody is added for it. Under the lock.
  [[nodiscard]] FunctionInvoker* added(const registry::FunctionName& function) const;
  [[nodiscard]] bool is_added(const registry::FunctionName& function) const;
  /// False, and nothing is done, if nobody is added for it.
  bool run_added(const registry::FunctionName& function, Invocation& invocation,
                 const FunctionInvoker::Done& done) const;

  mutable std::shared_mutex mutex_;  ///< Guards functions_; nothing else is locked under it.
  std::map<std::string, std::unique_ptr<FunctionInvoker>, std::less<>> functions_;
  std::atomic<OtherFunctions*> others_{nullptr};
};

}  // namespace iotemu::invoke
