#pragma once

// Event source mappings from SQS to functions: each takes messages from its queue as they come, gathers a
// batch, invokes, and deletes what succeeded; the rest comes back after the queue's visibility timeout. It
// waits for messages without a thread and without a timer; only a batching window needs one. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/timers.h"
#include "emulator/neighbours/lambda/invoker.h"
#include "emulator/neighbours/sqs/mailbox.h"

namespace iotemu::neighbours::lambda {

struct Mapping {
  std::string uuid{};
  Realm realm{};
  std::string function_arn{};  ///< with its qualifier, if one was named
  std::string queue_arn{};
  std::size_t batch_size{10};
  std::chrono::seconds window{0};
  bool reports_failures{false};
  bool enabled{true};
  std::size_t concurrency{5};  ///< batches at once
  bool concurrency_asked{false};
  Time modified{};
  std::string last_result{"No records processed"};
};

/// The event of a batch, as AWS's poller writes it.
[[nodiscard]] Json sqs_event(const std::vector<sqs::Received>& messages, const std::string& queue_arn,
                             const std::string& region);
/// Those of `messages` that a function with ReportBatchItemFailures has not failed; nothing: the answer makes
/// no sense, and all have failed.
[[nodiscard]] std::optional<std::vector<std::string>> succeeded(const std::vector<sqs::Received>& messages,
                                                                const std::string& answer);

class EventSourceMappings {
 public:
  /// All references outlive the mappings; the timers are stopped before they end.
  EventSourceMappings(Invoker& invoker, sqs::Mailbox& mailbox, Random& random, Timers& timers,
                      WorkCounter& work);

  /// Replaces the one with the same UUID; what it has under way comes to its end.
  void put(Mapping mapping);
  bool remove(const std::string& uuid);
  [[nodiscard]] std::optional<Mapping> get(const std::string& uuid) const;
  [[nodiscard]] std::vector<Mapping> all() const;  ///< by UUID
  void clear();

 private:
  struct Poller;
  using Shared = std::shared_ptr<Poller>;

  void poll(const Shared& poller);
  void arrived(const Shared& poller, std::vector<sqs::Received> messages);
  using Batch = std::shared_ptr<const std::vector<sqs::Received>>;
  void dispatch(const Shared& poller);
  /// `waited`: since the batch was first ready.
  void invoke(const Shared& poller, Batch batch, Duration waited);
  void finish(const Shared& poller, const std::vector<sqs::Received>& messages,
              const Result<runtime::Outcome>& outcome);
  void end(const Shared& poller);

  Invoker& invoker_;
  sqs::Mailbox& mailbox_;
  Random& random_;
  Timers& timers_;
  WorkCounter& work_;
  mutable std::mutex mutex_;  ///< Guards all pollers; nothing is called under it.
  std::map<std::string, Shared> pollers_;
};

}  // namespace iotemu::neighbours::lambda
