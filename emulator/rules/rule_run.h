#pragma once

// One rule run for one message: its actions are handed to the sinks, and when the last of them has ended, the
// failures go to the rule's error action, once (RU-28, RU-29). Lives as long as an action is under way; the
// memory of the evaluation only if the error action has templates, charged to RuleWork.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "emulator/rules/action_sinks.h"
#include "emulator/rules/received.h"
#include "emulator/rules/rule_log.h"
#include "emulator/rules/rule_work.h"
#include "rules/plan/execution.h"

namespace iotemu::rule_engine {

/// What every run needs; all of it outlives the runs.
struct RunSurroundings {
  RuleWork& work;
  Random& random;
  const ActionSinks& sinks;
  rules::FunctionHost& functions;
  RuleLog& log;
  /// Moves with every reset: a run of before does nothing behind it.
  const std::atomic<std::uint64_t>& epoch;
};

class RuleRun : public std::enable_shared_from_this<RuleRun> {
 public:
  /// `epoch`: when the message was accepted.
  RuleRun(rules::plan::RulePtr rule, ReceivedPtr message, const RunSurroundings& around, std::uint64_t epoch);
  ~RuleRun();
  RuleRun(const RuleRun&) = delete;
  RuleRun& operator=(const RuleRun&) = delete;

  /// Evaluates the rule and starts its actions. On a thread that may wait if the rule may.
  void start();
  /// Runs the error action alone, with a document that somebody else has made (RU-32).
  void run_error_action(std::string document);

 private:
  void start_action(const rules::plan::Due& due, const rules::sql::Selected& selected);
  /// Hands an action to its sink.
  void hand_over(const rules::plan::Action& action, rules::ActionRequest request,
                 rules::ActionSink::Done done);
  void on_ended(std::size_t position, std::optional<rules::ActionFailure> failure);
  /// One of those under way has ended; the last one tells what has failed.
  void leave();
  [[nodiscard]] rules::plan::Execution& execution();
  /// The evaluation goes, or, if the error action needs it, is charged.
  void let_go();
  [[nodiscard]] bool is_of_before() const { return epoch_ != around_.epoch; }
  void report(const std::vector<rules::ActionFailure>& failures);
  void log_failure(const char* what, const rules::ActionFailure& failure) const;
  /// What functions had to tell since it was called last.
  void tell_notes();

  const rules::plan::RulePtr rule_;
  const ReceivedPtr message_;
  const RunSurroundings around_;
  const std::uint64_t epoch_;
  rules::Surroundings surroundings_;  ///< With the name of the rule.
  /// One thread at a time: first `start`, then the error action.
  std::optional<rules::plan::Execution> execution_;
  std::size_t notes_told_{0};
  std::size_t charged_{0};
  std::mutex mutex_;
  std::size_t under_way_{0};                              ///< guarded; `start` itself is one
  std::map<std::size_t, rules::ActionFailure> failures_;  ///< guarded; by position
};

}  // namespace iotemu::rule_engine
