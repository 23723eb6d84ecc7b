#pragma once

// An executor with threads of its own: the blocking pool (key generation, child processes) and the event
// thread (one thread, hence ordered). The destructor runs what is queued, then joins.

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace iotemu {

class ThreadExecutor final : public Executor {
 public:
  /// `name` is shown by debuggers (15 characters at most are kept).
  ThreadExecutor(WorkCounter& counter, std::string name, std::size_t threads);
  ~ThreadExecutor() override;
  void post(Task task) override;

 private:
  void run();

  WorkCounter& counter_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  bool stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace iotemu
