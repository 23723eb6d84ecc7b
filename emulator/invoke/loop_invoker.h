#pragma once

// What invokers of code outside this process share: one thread with an event loop, a bound on the calls under
// way, a bounded queue behind it. An adaptor says how one call runs. Private to this folder (includes Asio).

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/executor.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

class LoopInvoker : public FunctionInvoker {
 public:
  void invoke(Invocation invocation, Done done) final;
  void reset(const Hold& until) final;

 protected:
  /// One call under way. Its owner calls `finish` once; everything happens on the loop's thread.
  struct Call {
    Invocation invocation{};
    Done done{};
    WorkToken work{};
    /// Ends the call at once, because of that; set by `run`.
    std::function<void(const std::string& why)> abort{};
    Hold until{};  ///< of a reset that waits for its end
  };

  LoopInvoker(WorkCounter& counter, InvokeLimits limits);
  /// Aborts what runs, fails what waits, joins the thread. The adaptor's destructor calls it first.
  void stop();

  /// Starts one call.
  virtual void run(const std::shared_ptr<Call>& call) = 0;
  void finish(const std::shared_ptr<Call>& call, Result<std::string> answer);

  boost::asio::io_context& loop() { return loop_; }

 private:
  void admit(std::shared_ptr<Call> call);
  void end_all(const Error& waiting, const std::string& why, const Hold& until);

  WorkCounter& counter_;
  InvokeLimits limits_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  // Only the loop's thread touches these.
  std::deque<std::shared_ptr<Call>> waiting_;
  std::size_t waiting_bytes_{0};  ///< of their payloads
  std::deque<std::shared_ptr<Call>> running_;
  bool stopping_{false};
  std::thread thread_;
};

}  // namespace iotemu::invoke
