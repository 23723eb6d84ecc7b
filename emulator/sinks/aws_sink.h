#pragma once

// The actions on other AWS services (aws_call.h), sent. An action whose service nobody plays counts as done:
// the recorder shows what would have gone out. What may pass by itself is tried again, with growing pauses by
// the emulator's clock. Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/timers.h"
#include "emulator/sinks/aws_call.h"
#include "emulator/sinks/aws_requests.h"
#include "emulator/sinks/sink.h"

namespace iotemu::sinks {

class AwsSink final : public Sink {
 public:
  /// All references outlive the sink and every action under way.
  AwsSink(const AwsAction& action, AwsRequests& requests, const Clock& clock, Random& random, Timers& timers)
      : action_{action}, requests_{requests}, clock_{clock}, random_{random}, timers_{timers} {}

  void run(RequestPtr request, Done done) override;
  /// What waits to be tried again is not.
  void reset() override { ++epoch_; }

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void send(const AttemptPtr& attempt);
  void judge(const AttemptPtr& attempt, const Result<HttpAnswer>& answer);
  void apply_cure(const AttemptPtr& attempt);
  void fail(const AttemptPtr& attempt, std::string why) const;

  const AwsAction& action_;
  AwsRequests& requests_;
  const Clock& clock_;
  Random& random_;
  Timers& timers_;
  std::atomic<std::uint64_t> epoch_{0};  ///< Grows with every reset.
};

}  // namespace iotemu::sinks
