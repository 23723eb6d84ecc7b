#pragma once

// The processes below this one, wherever they went. A process that marked itself as subreaper is the parent
// of every orphan below it, so a session of its own and a double fork do not lead out. Runs in the keeper of
// one function's processes (keeper.h), which has one thread.

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace iotemu::runtime {

/// Children, their children and so on, of the calling process; `most` of them at most. What starts or ends
/// meanwhile may be missing.
[[nodiscard]] std::vector<pid_t> descendants(std::size_t most);

/// Children of the calling process.
[[nodiscard]] std::vector<pid_t> own_children();

/// Processes and threads that a user has, in all; 0 for root, whom nobody counts.
[[nodiscard]] std::size_t threads_of_user(uid_t user);

/// Stops all descendants where they are, so that none can start another, and kills them; again, until the
/// calling process has no child left. `first`, if it is not 0, leads a group and has not been waited for; its
/// wait status is returned.
int kill_descendants(pid_t first);

}  // namespace iotemu::runtime
