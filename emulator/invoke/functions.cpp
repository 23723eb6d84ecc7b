#include "emulator/invoke/functions.h"

#include <mutex>
#include <set>
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
  auto* others = others_.load();
  if (others != nullptr && !invocation.wants_answer && is_added(*function)) {
    auto queued =
        others->queue(name, std::move(invocation),
                      [this, function = *function](Invocation again, const FunctionInvoker::Done& ended) {
                        if (run_added(function, again, ended)) return;
                        ended(Error{Errc::not_found, "function " + function.text() + " is gone"});
                      });
    return done(queued ? Result<std::string>{std::string{}} : queued.error());
  }
  if (run_added(*function, invocation, done)) return;
  if (others != nullptr && others->knows(invocation.realm, name))
    return others->invoke(name, std::move(invocation), done);
  done(Error{Errc::not_found,
             "nobody plays the Lambda function " + function->text() +
                 ": create it (aws lambda create-function), start the emulator with --function " +
                 function->name + "=http://HOST:PORT/PATH or --function " + function->name +
                 "='exec:COMMAND', or call Emulator::on_function(\"" + function->name + "\", …)"});
}

FunctionInvoker* Functions::added(const FunctionName& function) const {
  auto found = functions_.find(function.text());
  if (found == functions_.end()) found = functions_.find(function.name);
  return found == functions_.end() ? nullptr : found->second.get();
}

bool Functions::is_added(const FunctionName& function) const {
  const std::shared_lock lock{mutex_};
  return added(function) != nullptr;
}

bool Functions::run_added(const FunctionName& function, Invocation& invocation,
                          const FunctionInvoker::Done& done) const {
  const std::shared_lock lock{mutex_};
  auto* invoker = added(function);
  if (invoker != nullptr) invoker->invoke(std::move(invocation), done);
  return invoker != nullptr;
}

bool Functions::plays(std::string_view name) const {
  const auto function = FunctionName::parse(name);
  return function && is_added(*function);
}

bool Functions::play(std::string_view name, Invocation invocation, const FunctionInvoker::Done& done) const {
  const auto function = FunctionName::parse(name);
  return function && run_added(*function, invocation, done);
}

std::vector<std::string> Functions::played_names() const {
  std::set<std::string> names;
  const std::shared_lock lock{mutex_};
  for (const auto& [text, invoker] : functions_) names.insert(text.substr(0, text.find(':')));
  return {names.begin(), names.end()};
}

void Functions::reset(const Hold& until) const {
  const std::shared_lock lock{mutex_};
  for (const auto& [name, invoker] : functions_) invoker->reset(until);
}

void Functions::stop() {
  decltype(functions_) ending;
  {
    const std::unique_lock lock{mutex_};
    ending.swap(functions_);
  }
}

}  // namespace iotemu::invoke
