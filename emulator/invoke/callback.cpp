#include "emulator/invoke/callback.h"

#include <exception>
#include <utility>

namespace iotemu::invoke {
namespace {

Status run(const CallbackInvoker::Callback& callback, const Invocation& invocation) {
  try {
    callback(invocation);
    return Ok{};
  } catch (const std::exception& error) {
    return Error{Errc::internal, std::string{"callback threw: "} + error.what()};
  } catch (...) {
    return Error{Errc::internal, "callback threw something that is not a std::exception"};
  }
}

}  // namespace

CallbackInvoker::CallbackInvoker(Executor& executor, Callback callback)
    : executor_{executor}, callback_{std::make_shared<const Callback>(std::move(callback))} {}

void CallbackInvoker::invoke(Invocation invocation, std::function<void(Status)> done) {
  executor_.post([callback = callback_, invocation = std::move(invocation), done = std::move(done)] {
    done(run(*callback, invocation));
  });
}

}  // namespace iotemu::invoke
