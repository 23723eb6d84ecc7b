#pragma once

// The action `lambda` (M section 7.8): invokes a function as an event, with the result of the rule's SQL as
// it is. Who plays the function is known to invoke::Functions. Thread-safe; nothing waits.

#include <functional>
#include <string>
#include <utility>

#include "emulator/invoke/functions.h"
#include "rules/ports.h"

namespace iotemu::sinks {

class LambdaSink final : public rules::ActionSink {
 public:
  /// Takes out of a text what nobody may see.
  using Hide = std::function<std::string(std::string)>;

  /// `functions` outlives it. `hide` is for the log; it may be empty.
  explicit LambdaSink(const invoke::Functions& functions, Hide hide = {})
      : functions_{functions}, hide_{std::move(hide)} {}

  /// The action fails when the function cannot be invoked, be it for want of a permission (P4.2). What a
  /// function that runs makes of its event is not the action's failure: it is logged (P4.2).
  void run(rules::ActionRequest request, Done done) override;

 private:
  const invoke::Functions& functions_;
  const Hide hide_;
};

}  // namespace iotemu::sinks
