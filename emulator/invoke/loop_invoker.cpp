#include "emulator/invoke/loop_invoker.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace iotemu::invoke {
namespace {

const Error kStopped{Errc::unavailable, "the emulator stopped before the handler had finished"};
const Error kReset{Errc::unavailable, "the emulator was reset before the handler had finished"};

}  // namespace

LoopInvoker::LoopInvoker(WorkCounter& counter, InvokeLimits limits)
    : counter_{counter}, limits_{limits}, guard_{loop_.get_executor()}, thread_{[this] { loop_.run(); }} {}

void LoopInvoker::invoke(Invocation invocation, Done done) {
  auto call = std::make_shared<Call>();
  call->invocation = std::move(invocation);
  call->done = std::move(done);
  call->work = WorkToken{counter_};
  boost::asio::post(loop_, [this, call = std::move(call)]() mutable { admit(std::move(call)); });
}

void LoopInvoker::admit(std::shared_ptr<Call> call) {
  if (stopping_) {
    call->done(kStopped);
  } else if (running_.size() < limits_.running) {
    running_.push_back(call);
    run(call);
  } else if (waiting_.size() >= limits_.waiting) {
    call->done(Error{Errc::throttled, "more than " + std::to_string(limits_.waiting) +
                                          " events wait for the handler; this one was dropped"});
  } else if (waiting_bytes_ + call->invocation.payload.size() > limits_.bytes) {
    call->done(Error{Errc::throttled, "events of more than " + std::to_string(limits_.bytes) +
                                          " bytes wait for the handler; this one was dropped"});
  } else {
    waiting_bytes_ += call->invocation.payload.size();
    waiting_.push_back(std::move(call));
  }
}

void LoopInvoker::finish(const std::shared_ptr<Call>& call, Result<std::string> answer) {
  std::erase(running_, call);
  call->abort = nullptr;
  call->done(std::move(answer));
  call->until.reset();
  if (waiting_.empty() || stopping_) return;
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= next->invocation.payload.size();
  // Posted, not called: a call that ends at once would otherwise recurse through the whole queue.
  boost::asio::post(loop_, [this, next = std::move(next)]() mutable { admit(std::move(next)); });
}

void LoopInvoker::end_all(const Error& waiting, const std::string& why, const Hold& until) {
  waiting_bytes_ = 0;
  for (const auto& call : std::exchange(waiting_, {})) call->done(waiting);
  for (const auto& call : std::deque{running_}) {
    call->until = until;
    if (call->abort) call->abort(why);
  }
}

void LoopInvoker::reset(const Hold& until) {
  boost::asio::post(loop_, [this, until] { end_all(kReset, "the emulator was reset", until); });
}

void LoopInvoker::stop() {
  boost::asio::post(loop_, [this] {
    stopping_ = true;
    end_all(kStopped, "the emulator stopped", {});
    guard_.reset();
  });
  if (thread_.joinable()) thread_.join();
}

}  // namespace iotemu::invoke
