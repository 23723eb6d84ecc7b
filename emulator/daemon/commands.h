#pragma once

// The subcommands. Each adds its options to the application and, when it is the one that was called, puts
// what is to be done into `chosen`.

#include "emulator/daemon/console.h"

namespace CLI {
class App;
}

namespace iotemu::daemon {

void add_serve(CLI::App& app, Command& chosen);
void add_pki(CLI::App& app, Command& chosen);
void add_load(CLI::App& app, Command& chosen);
void add_operations(CLI::App& app, Command& chosen);

}  // namespace iotemu::daemon
