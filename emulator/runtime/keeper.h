#pragma once

// The keeper of one function's processes: a process of its own between the spawner and the function. It is
// the subreaper of all that the function starts, counts these, and ends them to the last one when the first
// has ended, when there are too many, or when the other end of `control` is closed: by the emulator, or by
// its death, however it comes. Then it wipes the scratch folder and ends. Forked by the spawner.

#include "base/descriptor.h"
#include "emulator/runtime/spawn_request.h"

namespace iotemu::runtime {

/// Where the function's output goes, and the socket (SOCK_SEQPACKET) for KeeperReports.
struct ChildChannels {
  Descriptor control{};
  Descriptor output{};
  Descriptor errors{};
};

/// Never returns.
[[noreturn]] void keep(const SpawnRequest& request, ChildChannels channels);

}  // namespace iotemu::runtime
