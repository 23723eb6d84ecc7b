#include "emulator/invoke/process_mark.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace iotemu::invoke {
namespace {

/// A handler that starts processes faster than they are found must not hold us for ever.
constexpr int kMaxRounds = 20;

bool is_marked(const std::filesystem::path& process, std::string_view mark) {
  std::ifstream file{process / "environ", std::ios::binary};  // another user's process, or one that has gone
  const std::string variables{std::istreambuf_iterator<char>{file}, {}};
  for (auto at = variables.find(mark); at != variables.npos; at = variables.find(mark, at + 1)) {
    const bool begins = at == 0 || variables[at - 1] == '\0';
    if (begins && variables.c_str()[at + mark.size()] == '\0') return true;
  }
  return false;
}

/// A descriptor of the process is taken before its environment is read, so that the signal cannot reach
/// another one that got the same number.
bool kill_if_marked(const std::filesystem::path& process, std::string_view mark) {
  const std::string name = process.filename();
  pid_t pid = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size() || pid == ::getpid()) return false;
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return false;
  const bool marked = is_marked(process, mark);
  if (marked) ::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
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
    std::error_code error;
    for (std::filesystem::directory_iterator at{"/proc", error}, end; !error && at != end;
         at.increment(error)) {
      found |= kill_if_marked(at->path(), mark);
    }
    if (!found) return;
  }
}

}  // namespace iotemu::invoke
