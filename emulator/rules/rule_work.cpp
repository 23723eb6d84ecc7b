#include "emulator/rules/rule_work.h"

#include <mutex>
#include <utility>

#include "base/log.h"

namespace iotemu::rule_engine {

RuleWork::RuleWork(WorkCounter& counter, RuleWorkLimits limits) : limits_{limits} {
  messages_thread_.emplace(counter, "iotemu-rules", 1U);
  waiting_threads_.emplace(counter, "iotemu-rules-ask", limits_.waiting_threads);
}

bool RuleWork::post(std::optional<ThreadExecutor>& executor, Task task) {
  const std::shared_lock lock{gate_};
  if (closed_) return false;
  executor->post([this, task = std::move(task)]() mutable {
    if (!closed_) task();
  });
  return true;
}

void RuleWork::drop(const char* what, std::size_t most) {
  ++dropped_;
  const auto count = told_.count();
  if (count == 0) return;
  log::warn("rules cannot keep up: what came now is dropped for them",
            {{"waiting", what}, {"most", std::to_string(most)}, {"droppedSoFar", std::to_string(count)}});
}

bool RuleWork::take_message(std::size_t bytes, Task task) {
  return queue(messages_, limits_.messages, "messages", bytes, std::move(task));
}

bool RuleWork::follow_up(std::size_t bytes, Task task) {
  return queue(error_actions_, limits_.error_actions, "error actions", bytes, std::move(task));
}

bool RuleWork::queue(std::atomic<std::size_t>& waiting, std::size_t most, const char* what, std::size_t bytes,
                     Task task) {
  const bool fits = waiting.fetch_add(1) < most;
  const bool is_light = bytes_.fetch_add(bytes) + bytes <= limits_.bytes;
  const auto leave = [this, &waiting, bytes] {
    --waiting;
    bytes_ -= bytes;
  };
  if (!fits || !is_light) {
    leave();
    fits ? drop("bytes", limits_.bytes) : drop(what, most);
    return false;
  }
  if (post(messages_thread_, [leave, task = std::move(task)]() mutable {
        task();
        task = {};  // what it holds goes before its bytes are given back
        leave();
      })) {
    return true;
  }
  leave();
  return false;
}

bool RuleWork::wait(Task task) {
  if (waiting_.fetch_add(1) >= limits_.waiting_rules) {
    --waiting_;
    drop("rules that ask others", limits_.waiting_rules);
    return false;
  }
  if (post(waiting_threads_, [this, task = std::move(task)]() mutable {
        task();
        --waiting_;
      })) {
    return true;
  }
  --waiting_;
  return false;
}

void RuleWork::close() {
  const std::unique_lock lock{gate_};
  closed_ = true;
}

void RuleWork::end() {
  messages_thread_.reset();
  waiting_threads_.reset();
}

}  // namespace iotemu::rule_engine
