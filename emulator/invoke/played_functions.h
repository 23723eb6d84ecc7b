#pragma once

// Functions that somebody was named for (`--function`, Emulator::on_function): the port by which the Lambda
// service reaches those that it did not create. Thread-safe; nothing blocks, and nothing else is locked.

#include <string>
#include <string_view>
#include <vector>

#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

class PlayedFunctions {
 public:
  virtual ~PlayedFunctions() = default;
  /// `name` in any form of registry::FunctionName.
  [[nodiscard]] virtual bool plays(std::string_view name) const = 0;
  /// As FunctionInvoker::invoke, once; `done` may be called inside. False, and nothing is done, if nobody was
  /// named for it.
  [[nodiscard]] virtual bool play(std::string_view name, Invocation invocation,
                                  const FunctionInvoker::Done& done) const = 0;
  /// Each once, without qualifiers, in order.
  [[nodiscard]] virtual std::vector<std::string> played_names() const = 0;
};

}  // namespace iotemu::invoke
