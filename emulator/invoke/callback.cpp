#include "emulator/invoke/callback.h"

#include <exception>
#include <utility>

namespace iotemu::invoke {
namespace {

Result<std::string> run(const CallbackInvoker::Callback& callback, const Invocation& invocation) {
  const SystemClock clock;
  const Tick start = clock.tick();
  try {
    std::string answer = callback(invocation);
    const Duration taken = clock.tick() - start;
    if (invocation.time_limit && taken > *invocation.time_limit) {
      return Error{Errc::io, "callback took " + std::to_string(taken.count()) + " ms, more than " +
                                 std::to_string(invocation.time_limit->count()) + " ms"};
    }
    return answer;
  } catch (const std::exception& error) {
    return Error{Errc::internal, std::string{"callback threw: "} + error.what()};
  } catch (...) {
    return Error{Errc::internal, "callback threw something that is not a std::exception"};
  }
}

}  // namespace

CallbackInvoker::CallbackInvoker(Executor& executor, Callback callback)
    : executor_{executor}, callback_{std::make_shared<const Callback>(std::move(callback))} {}

void CallbackInvoker::invoke(Invocation invocation, Done done) {
  executor_.post([callback = callback_, invocation = std::move(invocation), done = std::move(done),
                  now = round_, round = round_->load()] {
    if (round == *now) return done(run(*callback, invocation));
    done(Error{Errc::unavailable, "the emulator was reset before the callback was called"});
  });
}

void CallbackInvoker::reset(const Hold& until) {
  ++*round_;
  executor_.post([until] {});  // behind the one that runs
}

}  // namespace iotemu::invoke
