#pragma once

// User code as a command: `/bin/sh -c COMMAND` with the event on stdin. All that it started ends with it: its
// process group, and what left the group but kept its environment. Exit status 0 is success and its stdout
// the answer. The end of what it writes goes to the log, but for an answer that is wanted.

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "emulator/invoke/function_invoker.h"

namespace iotemu::invoke {

struct CommandOptions {
  /// Shell text.
  std::string command{};
  /// In real time, unless the call brings its own; all processes of the command are killed when it has
  /// passed.
  Duration timeout{std::chrono::seconds{30}};
  /// AWS_ENDPOINT_URL of the child.
  std::string endpoint_url{};
  /// Further variables. The child's environment is built from nothing: these, then AWS_ENDPOINT_URL, the
  /// credentials and the region of the event's realm, and JITR_INVOCATION, which marks the call's processes;
  /// PATH and HOME get a default if they are not given here.
  std::vector<std::pair<std::string, std::string>> environment{};
  InvokeLimits limits{};
};

/// Fails with Errc::invalid_request if the command cannot be passed to a shell. `counter` outlives the
/// invoker.
Result<std::unique_ptr<FunctionInvoker>> make_command_invoker(const CommandOptions& options,
                                                              WorkCounter& counter);

}  // namespace iotemu::invoke
