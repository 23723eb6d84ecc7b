#pragma once

// What a command line program touches of the world, so that tests can hand it something else.

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/daemon/settings.h"

namespace iotemu::daemon {

struct Console {
  std::ostream& out;
  std::ostream& err;
  Environment environment{};
  /// The names of all variables, to warn of a misspelt one.
  std::vector<std::string> variable_names{};
};

/// What runs after the command line was understood; answers the exit code.
using Command = std::function<int(Console&)>;

/// The one line of a failure. Answers the exit code 1.
int fail(Console& console, std::string_view message);

}  // namespace iotemu::daemon
