#include "emulator/bulk/registration_tasks.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "emulator/bulk/task_lines.h"
#include "registry/role_arn.h"

namespace iotemu::bulk {
namespace {

/// Tasks of several realms run beside one another.
constexpr std::size_t kThreads = 2;
/// Longest message of a task (P appendix A).
constexpr std::size_t kMessageBytes = 2048;
constexpr std::size_t kKeyBytes = 16;

constexpr std::array<std::pair<TaskStatus, std::string_view>, 5> kStatuses{{
    {TaskStatus::in_progress, "InProgress"},
    {TaskStatus::completed, "Completed"},
    {TaskStatus::failed, "Failed"},
    {TaskStatus::cancelled, "Cancelled"},
    {TaskStatus::cancelling, "Cancelling"},
}};

bool has_ended(TaskStatus status) {
  return status != TaskStatus::in_progress && status != TaskStatus::cancelling;
}

Error no_such_task(const std::string& id) {
  return {Errc::not_found, "Thing registration task " + id + " does not exist"};
}

/// What the counts do not say.
std::string remark(std::size_t failures, bool cut) {
  std::string text;
  if (failures > 0) text = "Lines that failed: " + std::to_string(failures) + "; the report ERRORS says why";
  if (cut) text += std::string{text.empty() ? "" : ". "} + "The reports are cut: not all lines fit";
  return text;
}

}  // namespace

std::string_view to_text(TaskStatus status) {
  for (const auto& [value, word] : kStatuses) {
    if (value == status) return word;
  }
  return {};
}

std::optional<TaskStatus> parse_task_status(std::string_view text) {
  for (const auto& [value, word] : kStatuses) {
    if (word == text) return value;
  }
  return std::nullopt;
}

/// All but the constants and `cancelled` is under mutex_; of the state, id and request never change.
struct RegistrationTasks::Task {
  Task(registry::Registry& of, registry::provisioning::TemplatePtr parsed, std::string opens, TaskState begin)
      : registry{of}, document{std::move(parsed)}, key{std::move(opens)}, state{std::move(begin)} {}

  registry::Registry& registry;
  const registry::provisioning::TemplatePtr document;
  const std::string key;  ///< Opens the reports.
  std::atomic<bool> cancelled{false};
  TaskState state;
  bool in_line{false};
  std::string results{};
  std::string errors{};
  bool cut{false};

  [[nodiscard]] const std::string& report(ReportType type) const {
    return type == ReportType::results ? results : errors;
  }
  [[nodiscard]] bool has_report(ReportType type) const {
    return has_ended(state.status) && !report(type).empty();
  }
  void append(std::string& report, const std::string& line, std::size_t limit) {
    if (report.size() + line.size() > limit) {
      cut = true;
    } else {
      report += line;
    }
  }
};

RegistrationTasks::RegistrationTasks(std::unique_ptr<InputFiles> files, const Clock& clock, Random& random,
                                     Random& secrets, WorkCounter& work, TaskLimits limits)
    : files_{std::move(files)},
      clock_{clock},
      random_{random},
      secrets_{secrets},
      limits_{limits},
      executor_{work, "iotemu-bulk", kThreads} {}

RegistrationTasks::~RegistrationTasks() {
  stop();
}

Result<std::string> RegistrationTasks::start(registry::Registry& registry, StartTask request) {
  if (auto checked = registry::check_role_arn(request.role_arn); !checked) return checked.error();
  auto document = registry::provisioning::parse_template(request.template_body);
  if (!document) return document.error();

  const auto id = random_.uuid();
  const auto now = clock_.now();
  auto task = std::make_shared<Task>(
      registry, std::move(*document), secrets_.hex(kKeyBytes),
      TaskState{.id = id, .request = std::move(request), .created_at = now, .changed_at = now});
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return Error{Errc::unavailable, "The emulator is ending"};
    const auto running = std::find_if(tasks_.begin(), tasks_.end(), [&](const TaskPtr& other) {
      return other->registry.realm() == registry.realm() && !has_ended(other->state.status);
    });
    if (running != tasks_.end()) {
      return Error{Errc::invalid_request,
                   "Only one thing registration task can run at a time in an account; task " +
                       (*running)->state.id + " is " + std::string{to_text((*running)->state.status)}};
    }
    tasks_.push_back(task);
    make_room();
  }
  log::info(
      "Bulk registration started",
      {{"task", id}, {"bucket", task->state.request.input.bucket}, {"key", task->state.request.input.key}});
  executor_.post([this, task] { run(task); });
  return id;
}

RegistrationTasks::TaskPtr RegistrationTasks::find(const Realm& realm, const std::string& id) const {
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const TaskPtr& task) {
    return task->state.id == id && task->registry.realm() == realm;
  });
  return found == tasks_.end() ? nullptr : *found;
}

Result<TaskState> RegistrationTasks::task(const Realm& realm, const std::string& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = find(realm, id);
  if (!found) return no_such_task(id);
  return found->state;
}

Status RegistrationTasks::cancel(const Realm& realm, const std::string& id) {
  const std::lock_guard lock{mutex_};
  const auto found = find(realm, id);
  if (!found) return no_such_task(id);
  if (found->state.status != TaskStatus::in_progress) return Ok{};
  found->cancelled = true;
  found->state.status = TaskStatus::cancelling;
  found->state.changed_at = clock_.now();
  return Ok{};
}

Result<registry::Page<std::string>> RegistrationTasks::list(const Realm& realm,
                                                            const registry::PageRequest& page,
                                                            std::optional<TaskStatus> status) const {
  std::optional<registry::SortKey> after;
  if (!page.marker.empty()) {
    auto parsed = registry::from_marker(page.marker);
    if (!parsed) return parsed.error();
    after = std::move(*parsed);
  }
  const auto key = [](const TaskState& state) {
    return registry::SortKey{.created = state.created_at, .name = state.id};
  };
  std::vector<const TaskState*> wanted;
  const std::lock_guard lock{mutex_};
  for (const auto& task : tasks_) {
    if (task->registry.realm() != realm || (status && task->state.status != *status)) continue;
    if (!after || key(task->state) > *after) wanted.push_back(&task->state);
  }
  std::sort(wanted.begin(), wanted.end(),
            [&](const TaskState* a, const TaskState* b) { return key(*a) < key(*b); });
  registry::Page<std::string> result;
  const auto count = std::min(wanted.size(), page.size);
  for (std::size_t i = 0; i < count; ++i) result.items.push_back(wanted[i]->id);
  if (count < wanted.size()) result.next_marker = registry::to_marker(key(*wanted[count - 1]));
  return result;
}

Result<std::optional<std::string>> RegistrationTasks::report_key(const Realm& realm, const std::string& id,
                                                                 ReportType type) const {
  const std::lock_guard lock{mutex_};
  const auto found = find(realm, id);
  if (!found) return no_such_task(id);
  return found->has_report(type) ? std::optional{found->key} : std::nullopt;
}

Result<std::string> RegistrationTasks::report(const std::string& id, ReportType type,
                                              std::string_view key) const {
  const std::lock_guard lock{mutex_};
  const auto found =
      std::find_if(tasks_.begin(), tasks_.end(), [&](const TaskPtr& task) { return task->state.id == id; });
  if (found == tasks_.end() || !(*found)->has_report(type) || !same_secret((*found)->key, key)) {
    return Error{Errc::not_found,
                 "There is no such report. ListThingRegistrationTaskReports answers the link "
                 "of each report, its key included"};
  }
  return (*found)->report(type);
}

void RegistrationTasks::cancel_all() {
  for (const auto& task : tasks_) {
    if (!has_ended(task->state.status)) task->cancelled = true;
  }
}

void RegistrationTasks::reset() {
  std::unique_lock lock{mutex_};
  cancel_all();
  const auto forgotten = std::move(tasks_);
  tasks_.clear();
  line_ended_.wait(lock, [&] {
    return std::none_of(forgotten.begin(), forgotten.end(),
                        [](const TaskPtr& task) { return task->in_line; });
  });
}

void RegistrationTasks::stop() {
  const std::lock_guard lock{mutex_};
  stopping_ = true;
  cancel_all();
}

bool RegistrationTasks::begin_line(Task& task) {
  const std::lock_guard lock{mutex_};
  if (task.cancelled) return false;
  task.in_line = true;
  return true;
}

void RegistrationTasks::end_line(Task& task) {
  task.in_line = false;
  line_ended_.notify_all();
}

void RegistrationTasks::run(const TaskPtr& task) {
  const auto content =
      files_->read(task->registry.realm(), task->state.request.input, [&] { return task->cancelled.load(); });
  if (content) return register_lines(task, *content);
  if (task->cancelled) return finish(*task, TaskStatus::cancelled, "");
  finish(*task, TaskStatus::failed, content.error().message);
}

void RegistrationTasks::register_lines(const TaskPtr& task, std::string_view content) {
  InputLines lines{content};
  while (const auto line = lines.next()) {
    if (!begin_line(*task)) return finish(*task, TaskStatus::cancelled, "");
    // One line at a time and no lock meanwhile: the registry takes its own.
    const auto made = [&]() -> Result<registry::Provisioned> {
      const auto parameters = parse_parameters(line->text);
      if (!parameters) return parameters.error();
      return task->registry.register_thing(*task->document, *parameters);
    }();
    const std::lock_guard lock{mutex_};
    auto& state = task->state;
    if (made) {
      ++state.successes;
      task->append(task->results, result_line(*line, *made), limits_.report_bytes);
    } else {
      ++state.failures;
      task->append(task->errors, error_line(*line, made.error()), limits_.report_bytes);
    }
    state.percent = lines.percent();
    state.changed_at = clock_.now();
    end_line(*task);
  }
  finish(*task, task->cancelled ? TaskStatus::cancelled : TaskStatus::completed, "");
}

void RegistrationTasks::finish(Task& task, TaskStatus status, std::string message) {
  TaskState ended;
  {
    const std::lock_guard lock{mutex_};
    auto& state = task.state;
    state.status = status;
    state.changed_at = clock_.now();
    state.message = message.empty() ? remark(state.failures, task.cut)
                                    : std::string{front_characters(message, kMessageBytes)};
    if (status == TaskStatus::completed) state.percent = 100;
    ended = state;
    make_room();
  }
  log::info("Bulk registration ended", {{"task", ended.id},
                                        {"status", to_text(status)},
                                        {"successes", std::to_string(ended.successes)},
                                        {"failures", std::to_string(ended.failures)},
                                        {"message", ended.message}});
}

void RegistrationTasks::make_room() {
  std::size_t bytes = 0;
  for (const auto& task : tasks_) bytes += task->results.size() + task->errors.size();
  for (auto at = tasks_.begin();
       at != tasks_.end() && (tasks_.size() > limits_.kept_tasks || bytes > limits_.kept_report_bytes);) {
    const auto& task = **at;
    if (!has_ended(task.state.status)) {
      ++at;
      continue;
    }
    bytes -= task.results.size() + task.errors.size();
    at = tasks_.erase(at);
  }
}

}  // namespace iotemu::bulk
