#include "emulator/invoke/functions.h"

#include <mutex>
#include <utility>

#include "registry/function_name.h"

namespace iotemu::invoke {
using registry::FunctionName;

Status Functions::add(std::string_view name, std::unique_ptr<FunctionInvoker> invoker) {
  const auto function = FunctionName::parse(name);
  if (!function) return function.error();
  std::unique_ptr<FunctionInvoker> ending;  // outside the lock: it waits for what runs
  const std::unique_lock lock{mutex_};
  ending = std::exchange(functions_[function->text()], std::move(invoker));
  return Ok{};
}

void Functions::invoke(std::string_view name, Invocation invocation,
                       const FunctionInvoker::Done& done) const {
  const auto function = FunctionName::parse(name);
  if (!function) return done(function.error());
  {
    const std::shared_lock lock{mutex_};
    auto found = functions_.find(function->text());
    if (found == functions_.end()) found = functions_.find(function->name);
    if (found != functions_.end()) return found->second->invoke(std::move(invocation), done);
  }
  if (auto* others = others_.load(); others != nullptr && others->knows(invocation.realm, name))
    return others->invoke(name, std::move(invocation), done);
  done(Error{Errc::not_found,
             "nobody plays the Lambda function " + function->text() +
                 ": create it (aws lambda create-function), start the emulator with --function " +
                 function->name + "=http://HOST:PORT/PATH or --function " + function->name +
                 "='exec:COMMAND', or call Emulator::on_function(\"" + function->name + "\", …)"});
}

void Functions::stop() {
  decltype(functions_) ending;
  {
    const std::unique_lock lock{mutex_};
    ending.swap(functions_);
  }
}

}  // namespace iotemu::invoke
