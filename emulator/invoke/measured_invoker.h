#pragma once

// Any way to run the user's code, with its calls counted and timed.

#include <memory>
#include <utility>

#include "emulator/invoke/function_invoker.h"
#include "emulator/metrics/call_measures.h"

namespace iotemu::invoke {

class MeasuredInvoker final : public FunctionInvoker {
 public:
  /// `clock` is that of the machine, in whose time the code runs. All references outlive the calls.
  MeasuredInvoker(std::unique_ptr<FunctionInvoker> inner, metrics::CallMeasures& measures, const Clock& clock)
      : measures_{measures}, clock_{clock}, inner_{std::move(inner)} {}

  void invoke(Invocation invocation, Done done) override {
    inner_->invoke(std::move(invocation),
                   [this, begun = clock_.tick(), done = std::move(done)](Result<std::string> answer) {
                     measures_.record(clock_.tick() - begun, !answer);
                     done(std::move(answer));
                   });
  }
  void reset(const Hold& until) override { inner_->reset(until); }

 private:
  metrics::CallMeasures& measures_;
  const Clock& clock_;
  /// Ended first: it may still call back.
  std::unique_ptr<FunctionInvoker> inner_;
};

}  // namespace iotemu::invoke
