#include "base/thread_executor.h"

#include <pthread.h>

#include <algorithm>

namespace iotemu {

ThreadExecutor::ThreadExecutor(WorkCounter& counter, std::string name, std::size_t threads)
    : counter_{counter} {
  name.resize(std::min<std::size_t>(name.size(), 15));
  for (std::size_t i = 0; i < threads; ++i) {
    auto& thread = threads_.emplace_back([this] { run(); });
    pthread_setname_np(thread.native_handle(), name.c_str());
  }
}

ThreadExecutor::~ThreadExecutor() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadExecutor::post(Task task) {
  counter_.add();
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadExecutor::run() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
    task = Task{};  // what it holds is released before it counts as done
    counter_.done();
  }
}

}  // namespace iotemu
