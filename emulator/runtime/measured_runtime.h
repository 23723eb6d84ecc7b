#pragma once

// A runtime whose invocations are counted and timed. A function that answers with an error has failed.

#include <memory>
#include <utility>

#include "emulator/metrics/call_measures.h"
#include "emulator/runtime/runtime.h"

namespace iotemu::runtime {

class MeasuredRuntime final : public Runtime {
 public:
  /// `clock` is that of the machine. All references outlive the invocations.
  MeasuredRuntime(Runtime& inner, metrics::CallMeasures& measures, const Clock& clock)
      : inner_{inner}, measures_{measures}, clock_{clock} {}

  [[nodiscard]] Status can_run(const std::string& runtime_name) const override {
    return inner_.can_run(runtime_name);
  }
  void invoke(std::shared_ptr<const Function> function, Invocation invocation, Done done) override {
    inner_.invoke(std::move(function), std::move(invocation),
                  [this, begun = clock_.tick(), done = std::move(done)](Result<Outcome> outcome) {
                    measures_.record(clock_.tick() - begun, !outcome || !outcome->function_error.empty());
                    done(std::move(outcome));
                  });
  }
  void retire(const std::string& arn, const std::string& revision) override { inner_.retire(arn, revision); }

 private:
  Runtime& inner_;
  metrics::CallMeasures& measures_;
  const Clock& clock_;
};

}  // namespace iotemu::runtime
