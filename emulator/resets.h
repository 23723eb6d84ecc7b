#pragma once

// Resets, one at a time: the user's code is ended, what it had sent is taken in, it is ended once more where
// that began anything, and then all state is forgotten. Requests that come meanwhile wait for one more reset
// together. Owned by the Emulator; any thread asks, nobody waits.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/timers.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu {

class Resets {
 public:
  using Done = std::function<void(Status)>;

  struct Steps {
    /// Ends the user's code and what starts it; keeps the hold until nothing of it is left. Does not block.
    std::function<void(const invoke::Hold&)> end_code{};
    /// Keeps the hold until what clients have sent so far has been read.
    std::function<void(const invoke::Hold&)> take_in{};
    /// May block: on the pool.
    std::function<Status(bool keep_ca)> forget{};
  };

  /// All outlive the resets; `pool` until `stop` has returned. `timers` are of real time.
  Resets(Steps steps, Executor& pool, Timers& timers, WorkCounter& work)
      : steps_{std::move(steps)}, pool_{pool}, timers_{timers}, work_{work} {}

  /// `done` is called once: when nothing of before is left, or with Errc::unavailable by `stop`. Of several
  /// that are answered together, CA certificates stay if all wanted them to.
  void request(bool keep_ca, Done done);
  /// Answers who waits; nothing happens any more.
  void stop();

 private:
  enum class Stage { end_code, take_in, end_rest, forget };
  struct Asked {
    bool keep_ca{true};
    std::vector<Done> done{};
    WorkToken work{};
  };

  void enter(Stage stage);
  void forget();
  /// What leads to that stage: when nobody keeps it any more, or after some seconds.
  [[nodiscard]] invoke::Hold hold_until(Stage next);
  void post(Stage stage);

  const Steps steps_;
  Executor& pool_;
  Timers& timers_;
  WorkCounter& work_;
  std::mutex
      mutex_;  ///< Guards what follows. Posting happens under it, so that nothing is posted after stop.
  std::unique_ptr<Asked> running_;
  std::unique_ptr<Asked> waiting_;
  bool stopped_{false};
};

}  // namespace iotemu
