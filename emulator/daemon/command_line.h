#pragma once

// The whole program: understands the command line and runs what it asks for.

#include <span>
#include <string>

#include "emulator/daemon/console.h"

namespace iotemu::daemon {

/// `arguments` without the program's name. Answers the exit code: 0, or 1 after one line on `console.err`.
int run(std::span<const std::string> arguments, Console& console);

}  // namespace iotemu::daemon
