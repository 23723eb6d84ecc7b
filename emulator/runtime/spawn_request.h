#pragma once

// What the emulator asks its spawner for, and what comes back: plain values and their bytes. Both ends are
// the same program, so the form needs no versions; a request that does not fit one message is refused.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace iotemu::runtime {

/// How much is kept from a function's processes. `automatic`: what this machine offers. `strict`: all layers
/// or no function, and no network but the ports that are named. `off`: limits and the end of all processes,
/// but no walls.
enum class Walls : std::uint8_t { automatic, strict, off };

struct SpawnRequest {
  std::vector<std::string> arguments{};  ///< The first is the program's absolute path.
  std::vector<std::string> environment{};
  std::string folder{};   ///< Where it runs; read-only.
  std::string scratch{};  ///< Exists; the only place it may write to. Wiped when all processes are gone.
  std::vector<std::string> readable{};         ///< Further files and folders it may read.
  std::vector<std::uint16_t> connect_ports{};  ///< `strict`: the only TCP ports it may connect to.
  std::uint64_t memory_bytes{0};               ///< Of writable memory, each process (RLIMIT_DATA).
  std::uint64_t file_bytes{0};                 ///< Longest file (RLIMIT_FSIZE).
  std::uint32_t processes{0};                  ///< More than these at a time end the whole subtree.
  std::int32_t emulator{0};                    ///< Our process id, which it may not signal.
  Walls walls{Walls::automatic};
};

/// Errc::too_large beyond what one message carries.
[[nodiscard]] Result<std::string> to_bytes(const SpawnRequest& request);
/// Only the spawner reads, and only what `to_bytes` wrote.
[[nodiscard]] Result<SpawnRequest> read_spawn_request(std::string_view bytes);

inline constexpr std::size_t kMaxSpawnRequest = 128 * 1024;

/// What happens to one child, in the order of the values: started | failed, then ended.
struct KeeperReport {
  enum class Kind : std::uint8_t {
    started,  ///< `value`: the process id
    failed,   ///< `value`: errno; `step`: what could not be done
    ended     ///< `value`: wait status of the first process; none of its subtree is left
  };
  enum class Step : std::uint8_t { fork, session, descriptors, folder, limits, walls, execute };

  Kind kind{Kind::failed};
  Step step{Step::fork};
  bool too_many_processes{false};
  std::uint8_t fallen{0};  ///< Layers of the walls that did not stand (see WallsUp).
  std::int32_t value{0};
};

[[nodiscard]] std::string_view name_of(KeeperReport::Step step);

}  // namespace iotemu::runtime
