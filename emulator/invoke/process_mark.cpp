#include "emulator/invoke/process_mark.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace iotemu::invoke {
namespace {

/// A handler that starts processes faster than they are found must not hold us for ever.
constexpr int kMaxRounds = 20;

enum class Marked : std::uint8_t {
  no,
  yes,
  unknown,  ///< between two programs: `exec` has taken the old environment and not yet put down the new one
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};  // another user's process, or one that has gone
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// When a process was started, in the kernel's ticks; 0 if it has gone.
std::uint64_t start_of(const std::filesystem::path& process) {
  const std::string stat = text_of(process / "stat");
  std::size_t at = stat.rfind(')');  // its name may hold anything
  for (int field = 2; field < 22 && at != stat.npos; ++field) at = stat.find(' ', at + 1);
  std::uint64_t ticks = 0;
  if (at != stat.npos) std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks);
  return ticks;
}

/// Kernel threads and the dead have no environment either, but no program; and who is older than we are is no
/// process of a handler's.
bool is_between_programs(const std::filesystem::path& process) {
  static const std::uint64_t ours = start_of("/proc/self");
  std::error_code error;
  const auto program = std::filesystem::read_symlink(process / "exe", error);
  return !error && !program.empty() && start_of(process) >= ours;
}

Marked is_marked(const std::filesystem::path& process, std::string_view mark) {
  const std::string variables = text_of(process / "environ");
  if (variables.empty()) return is_between_programs(process) ? Marked::unknown : Marked::no;
  for (auto at = variables.find(mark); at != variables.npos; at = variables.find(mark, at + 1)) {
    const bool begins = at == 0 || variables[at - 1] == '\0';
    if (begins && variables.c_str()[at + mark.size()] == '\0') return Marked::yes;
  }
  return Marked::no;
}

/// A descriptor of the process is taken before its environment is read, so that the signal cannot reach
/// another one that got the same number.
Marked kill_if_marked(const std::filesystem::path& process, std::string_view mark) {
  const std::string name = process.filename();
  pid_t pid = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size() || pid == ::getpid())
    return Marked::no;
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return Marked::no;
  const Marked marked = is_marked(process, mark);
  if (marked == Marked::yes) ::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
  ::close(fd);
  return marked;
}

}  // namespace

std::string new_process_mark() {
  static std::atomic<unsigned> count{0};
  return "JITR_INVOCATION=" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

void kill_marked(const std::string& mark) {
  for (int round = 0; round < kMaxRounds; ++round) {
    bool found = false;
    bool unknown = false;
    std::error_code error;
    for (std::filesystem::directory_iterator at{"/proc", error}, end; !error && at != end;
         at.increment(error)) {
      const Marked marked = kill_if_marked(at->path(), mark);
      found |= marked == Marked::yes;
      unknown |= marked == Marked::unknown;
    }
    if (!found && !unknown) return;
    if (!found) ::poll(nullptr, 0, 1);  // it needs a processor to get on
  }
}

}  // namespace iotemu::invoke
