#pragma once

// Bulk registrations (P5.9): each task reads an input file and registers one device a line. Every method may
// be called on any thread; tasks run on threads of their own, one at a time in each realm, and are counted as
// work until they end. What ended is kept until newer tasks need the room.

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "base/thread_executor.h"
#include "emulator/bulk/input_files.h"
#include "registry/paging.h"
#include "registry/registry.h"

namespace iotemu::bulk {

enum class TaskStatus { in_progress, completed, failed, cancelled, cancelling };
/// `InProgress`, `Completed`, …
[[nodiscard]] std::string_view to_text(TaskStatus status);
/// Nothing for another word.
[[nodiscard]] std::optional<TaskStatus> parse_task_status(std::string_view text);

enum class ReportType { errors, results };

struct StartTask {
  std::string template_body{};
  InputFile input{};
  std::string role_arn{};
};

/// What is known of a task at one moment.
struct TaskState {
  std::string id{};
  StartTask request{};
  TaskStatus status{TaskStatus::in_progress};
  std::string message{};  ///< Why it failed, what a person should know; may be empty.
  std::size_t successes{0};
  std::size_t failures{0};
  int percent{0};
  Time created_at{};
  Time changed_at{};
};

struct TaskLimits {
  /// Of all realms together. The oldest that ended are forgotten first.
  std::size_t kept_tasks{1'000};
  std::size_t kept_report_bytes{256 * 1024 * 1024};
  /// Of one report: what does not fit is left out and the task's message says so.
  std::size_t report_bytes{64 * 1024 * 1024};
};

class RegistrationTasks {
 public:
  /// The references outlive the tasks, as do the registries that `start` is given. Ids come from `random`,
  /// the keys of reports from `secrets`, which nobody can foretell.
  RegistrationTasks(std::unique_ptr<InputFiles> files, const Clock& clock, Random& random, Random& secrets,
                    WorkCounter& work, TaskLimits limits = {});
  /// Ends what runs after its current line.
  ~RegistrationTasks();
  RegistrationTasks(const RegistrationTasks&) = delete;
  RegistrationTasks& operator=(const RegistrationTasks&) = delete;

  /// The new task's id. Errc::invalid_request: the template or the role ARN is malformed, or a task of this
  /// realm has not ended.
  Result<std::string> start(registry::Registry& registry, StartTask request);
  [[nodiscard]] Result<TaskState> task(const Realm& realm, const std::string& id) const;
  /// It ends after its current line. Of no effect on a task that has ended.
  Status cancel(const Realm& realm, const std::string& id);
  /// Ids, oldest first.
  [[nodiscard]] Result<registry::Page<std::string>> list(const Realm& realm,
                                                         const registry::PageRequest& page,
                                                         std::optional<TaskStatus> status = {}) const;
  /// The key that opens the report, 32 hexadecimal digits. Nothing where there is nothing to report: a report
  /// is whole, so never before the task has ended.
  [[nodiscard]] Result<std::optional<std::string>> report_key(const Realm& realm, const std::string& id,
                                                              ReportType type) const;
  /// The report itself, for whoever has its key; with another it is Errc::not_found, as if there were none.
  [[nodiscard]] Result<std::string> report(const std::string& id, ReportType type,
                                           std::string_view key) const;

  /// Cancels and forgets all tasks. On return no line is being registered and none will be.
  void reset();
  /// The emulator ends: no task starts any more, and those that run end after their current line.
  void stop();

 private:
  struct Task;
  using TaskPtr = std::shared_ptr<Task>;

  void run(const TaskPtr& task);
  void register_lines(const TaskPtr& task, std::string_view content);
  /// False when the task is to end. Else a line may be registered, until `end_line`.
  bool begin_line(Task& task);
  void finish(Task& task, TaskStatus status, std::string message);

  // Under mutex_.
  void end_line(Task& task);
  void make_room();
  [[nodiscard]] TaskPtr find(const Realm& realm, const std::string& id) const;
  void cancel_all();

  std::unique_ptr<InputFiles> files_;
  const Clock& clock_;
  Random& random_;
  Random& secrets_;
  const TaskLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable line_ended_;
  std::vector<TaskPtr> tasks_;  ///< Oldest first.
  bool stopping_{false};
  ThreadExecutor executor_;  ///< Last: its threads are joined before the rest goes.
};

}  // namespace iotemu::bulk
