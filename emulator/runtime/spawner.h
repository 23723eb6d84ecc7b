#pragma once

// The one process that starts others: forked once, with one thread for life, so that no function is forked
// from a process full of threads. It gives each function a keeper (keeper.h) and takes up what a dead keeper
// leaves. It ends with the emulator, and ends everything then. If it dies first, the functions that run are
// not harmed, and a new one can be started.

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "emulator/runtime/keeper.h"
#include "emulator/runtime/spawn_request.h"

namespace iotemu::runtime {

/// Owned by the pool and used by its thread.
class Spawner {
 public:
  /// Takes the one that `fork_early` made, if there is one; else forks. Fails with Errc::unavailable.
  /// `run_folder` is wiped by the spawner when all is over.
  static Result<std::unique_ptr<Spawner>> start(const std::string& run_folder);
  /// Tells it that no more will come, and waits for its end: some seconds at most.
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// What becomes of it is told on the other end of `channels.control`; if that is closed without a word, the
  /// spawner has died. Fails with Errc::unavailable if it is dead already.
  Status spawn(const SpawnRequest& request, ChildChannels channels);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool dead() const;

 private:
  friend void fork_early();
  Spawner(pid_t pid, Descriptor channel);
  static Result<std::unique_ptr<Spawner>> fork_now();

  pid_t pid_;
  Descriptor end_;  ///< Readable when it has ended.
  Descriptor channel_;
  bool broken_{false};
};

/// Forks a spawner for the emulator that this process will have. For a main() that has no thread and holds no
/// key yet: the spawner's memory is a copy of ours. Failure is not told here; `start` tries again.
void fork_early();

/// The life of the spawner, in its own process. `channel` is all that it keeps open.
[[noreturn]] void run_spawner(Descriptor channel);

}  // namespace iotemu::runtime
