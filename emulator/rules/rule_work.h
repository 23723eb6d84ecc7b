#pragma once

// Where rules run, for all realms: one thread takes messages in the order of their acceptance, and a small
// pool runs the rules whose SQL asks somebody else. Messages, error actions and rules that wait are bounded
// each, the bytes of the first two and of what rules keep for their error actions together; what does not fit
// is dropped, counted and logged. Owned by the composition; any thread posts.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>

#include "base/executor.h"
#include "base/thread_executor.h"
#include "emulator/rules/seldom.h"

namespace iotemu::rule_engine {

struct RuleWorkLimits {
  std::size_t messages{50'000};
  std::size_t error_actions{50'000};
  std::size_t bytes{64 * 1024 * 1024};
  std::size_t waiting_rules{1'000};
  std::size_t waiting_threads{4};
};

class RuleWork {
 public:
  explicit RuleWork(WorkCounter& counter, RuleWorkLimits limits = {});

  /// A message of `bytes` that rules match. False: it is dropped.
  bool take_message(std::size_t bytes, Task task);
  /// A rule that may wait. False: it is not run.
  bool wait(Task task);
  /// An error action, on the thread of the messages, with `bytes` of what it needs. False: it is not run.
  bool follow_up(std::size_t bytes, Task task);
  /// Charges what a rule keeps until its actions have ended: while much is kept, no message is taken. Given
  /// back by the same amount, negative.
  void charge(std::ptrdiff_t bytes) { bytes_ += static_cast<std::size_t>(bytes); }

  /// So many rules were found for a message; on the threads of the rules.
  void count_matches(std::size_t rules) { matches_.fetch_add(rules, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t matches() const { return matches_.load(std::memory_order_relaxed); }

  /// From now on nothing is taken, and what waits is dropped.
  void close();
  /// Waits for what runs. After `close`.
  void end();
  /// Messages, rules and error actions that did not fit.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  /// Posts, unless it is closed.
  bool post(std::optional<ThreadExecutor>& executor, Task task);
  /// Posts to the thread of the messages while there is room among `waiting`, of which `most` may be.
  bool queue(std::atomic<std::size_t>& waiting, std::size_t most, const char* what, std::size_t bytes,
             Task task);
  void drop(const char* what, std::size_t most);

  const RuleWorkLimits limits_;
  std::atomic<std::size_t> messages_{0};
  std::atomic<std::size_t> error_actions_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> dropped_{0};
  /// Apart from what the broker's threads count.
  alignas(64) std::atomic<std::uint64_t> matches_{0};
  Seldom told_;
  std::shared_mutex gate_;  ///< Held shared while posting, so that `end` finds no poster.
  std::atomic<bool> closed_{false};
  std::optional<ThreadExecutor> messages_thread_;
  std::optional<ThreadExecutor> waiting_threads_;
};

}  // namespace iotemu::rule_engine
