#pragma once

// The action `lambda` (M section 7.8): invokes a function as an event, with the result of the rule's SQL as
// it is. Who plays the function is known to invoke::Functions. Thread-safe; nothing waits.

#include "emulator/invoke/functions.h"
#include "rules/ports.h"

namespace iotemu::sinks {

class LambdaSink final : public rules::ActionSink {
 public:
  /// `functions` outlives it.
  explicit LambdaSink(const invoke::Functions& functions) : functions_{functions} {}

  /// The action fails when the function cannot be invoked, be it for want of a permission (P4.2). What a
  /// function that runs makes of its event is not the action's failure: it is logged (P4.2).
  void run(rules::ActionRequest request, Done done) override;

 private:
  const invoke::Functions& functions_;
};

}  // namespace iotemu::sinks
