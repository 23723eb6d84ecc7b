#pragma once

// Runs an emulator until a signal ends it.

#include "emulator/daemon/console.h"
#include "emulator/daemon/settings.h"

namespace iotemu::daemon {

/// Starts, tells the log and the ready file, waits for SIGTERM, SIGINT or SIGHUP, closes the sessions in
/// order. Changes the process: umask 077, SIGPIPE ignored, the three signals blocked, core dumps off. Must be
/// called before any other thread exists.
int serve(const Settings& settings, Console& console);

}  // namespace iotemu::daemon
