#pragma once

// Invocations that nobody waits for (P4.2): accepted at once, run when the function's concurrency allows it,
// tried twice more when the function fails, given up to a dead-letter queue or destination after that.
// Bounded: what does not fit is refused. In memory, so a restart loses what waits; an event may come twice,
// as in AWS. Thread-safe, nothing blocks.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/timers.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/lambda/invoker.h"
#include "emulator/neighbours/lambda/records.h"

namespace iotemu::neighbours::lambda {

/// Events that wait, for their turn or for another attempt, of all functions.
inline constexpr std::size_t kMaxEvents = 10'000;
inline constexpr std::size_t kMaxEventBytes = 256 * 1024 * 1024;

struct AsyncEvent {
  std::string function_arn{};  ///< as it was named, with its qualifier
  std::string executed_version{};
  runtime::Invocation invocation{};
  EventInvokeConfig config{};
  std::string dead_letters{};  ///< ARN of a queue, or empty
  /// How it is run in place of the invoker's way: of a function that was not created.
  std::function<void(runtime::Invocation, std::function<void(Result<runtime::Outcome>)>)> run{};
};

class AsyncInvocations {
 public:
  /// All references outlive the queue; the timers are stopped before it ends.
  AsyncInvocations(Invoker& invoker, const Clock& clock, Timers& timers, WorkCounter& work)
      : invoker_{invoker}, clock_{clock}, timers_{timers}, work_{work} {}

  /// TooManyRequestsException when the queue is full.
  Done add(AsyncEvent event);
  /// What waits is forgotten; what runs comes to its end and is not tried again.
  void clear();

 private:
  struct Waiting {
    AsyncEvent event{};
    std::int64_t failures{0};
    std::int64_t throttles{0};
    Tick accepted{};
    std::size_t round{0};  ///< of `clear`
  };
  using Shared = std::shared_ptr<Waiting>;
  struct Line {
    std::deque<Shared> waiting{};  ///< for one of those that run
    std::size_t running{0};
  };

  void start(const Shared& waiting);
  void finish(const Shared& waiting, const Result<runtime::Outcome>& outcome);
  void succeed(const Waiting& waiting, const runtime::Outcome& outcome);
  void fail(const Waiting& waiting, const char* condition, const runtime::Outcome& outcome);
  void again(const Shared& waiting, Duration delay);
  void forget(const Waiting& waiting);
  [[nodiscard]] bool is_old(const Waiting& waiting, Duration more) const;

  Invoker& invoker_;
  const Clock& clock_;
  Timers& timers_;
  WorkCounter& work_;
  std::mutex mutex_;
  std::map<std::string, Line> lines_;  ///< by function
  std::size_t count_{0};
  std::size_t bytes_{0};
  std::size_t round_{0};
};

}  // namespace iotemu::neighbours::lambda
