#pragma once

#include "emulator/daemon/console.h"

namespace CLI {
class App;
}

namespace iotemu::daemon {

/// `load merge A.json B.json …`, below the application's `load`.
void add_load_merge(CLI::App& load, Command& chosen);

}  // namespace iotemu::daemon
