#pragma once

// What keeps the processes of a function from the rest of the machine: Landlock (files, and from kernel 6.7
// TCP, from 6.12 signals), seccomp, and no privileges. Each layer is there or not, as the kernel and the
// container decide; `layers_here` says which. What stands between the two:
//
//  automatic  reads: the system's programs and libraries, /etc, /proc, its code and runtime. Writes: its
//             scratch folder. The network is open for TCP and for UDP, which name look-ups need: handlers
//             have databases and services of their own. No UNIX sockets but pairs.
//  strict     as before; TCP connects only to the emulator's API, to its own runtime port and to the ports
//             that are named (`--lambda-connect-port`); no listening, no UDP.
//
// Where the machine lets this process have mounts of its own (`privateTmp`), /tmp is the function's scratch
// folder, as code that AWS runs expects; else only TMPDIR leads there, and /tmp is closed.
//
// Under both: no ptrace, mount, keys, bpf, modules, namespaces, io_uring, System V IPC, message queues, raw
// and netlink sockets, and no signals but to the function's own processes. Before Linux 6.12
// (`landlockSignals` is false) signals are not held: only those are refused that name the emulator, its
// keeper and its spawner by process id; a thread's id still leads to it. What cannot be told here stays open:
// a process may still read any file that those folders hold and this user can read.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/runtime/spawn_request.h"

namespace iotemu::runtime {

struct Layer {
  std::string_view name{};  ///< "landlockFiles"
  bool holds{false};
  std::string_view cure{};  ///< What the machine would have to offer.
  bool strict{true};        ///< `strict` does not do without it.
};

/// Asks the kernel; starts nothing, changes nothing.
[[nodiscard]] std::vector<Layer> layers_here();

/// Those that stand around a function: as `layers_here`, less what `walls` does without.
[[nodiscard]] std::vector<Layer> layers_under(Walls walls);

struct WallsUp {
  /// False: a layer that this machine offers did not stand, or one that `strict` wants is not there.
  bool enough{true};
  /// Bit i: layer i of `layers_under` was promised and did not stand. `privateTmp` may be among them even if
  /// it is enough: whether mounts are allowed is known when one is made.
  std::uint8_t fallen{0};
  /// False: the limit of its memory could not be set, as errno tells.
  bool limited{true};
};

/// Puts up the walls around the calling process, for good, and behind them the limit of its memory. What it
/// has inherited of the emulator counts there until the exec and may be too much already: whoever calls this
/// allocates nothing afterwards. `untouchable`: who may not be signalled.
[[nodiscard]] WallsUp put_up_walls(const SpawnRequest& request, const std::vector<pid_t>& untouchable);

}  // namespace iotemu::runtime
