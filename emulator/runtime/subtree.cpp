#include "emulator/runtime/subtree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace iotemu::runtime {
namespace {

/// Walks that find new processes to stop, before the kill of what was found.
constexpr int kFreezeRounds = 50;
constexpr std::size_t kManyProcesses = 100'000;

std::string read_all(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text;
  if (!file) return text;
  std::array<char, 4096> chunk{};
  for (ssize_t size = 0; (size = ::read(file.get(), chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return text;
}

template <class F>
void each_number_in(const std::string& folder, const F& take) {
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = ::readdir(dir)) {
    pid_t number = 0;
    const std::string_view name{entry->d_name};
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size()) take(number);
  }
  ::closedir(dir);
}

struct Relations {
  pid_t parent{0};
  pid_t group{0};
};

/// Fields 4 and 5 of /proc/PID/stat; zeroes if the process has gone.
Relations relations_of(pid_t pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');  // a name may hold anything
  if (name_end == stat.npos || stat.size() < name_end + 5) return {};
  char* next = nullptr;
  const auto parent = static_cast<pid_t>(std::strtol(stat.c_str() + name_end + 4, &next, 10));
  return {.parent = parent, .group = static_cast<pid_t>(std::strtol(next, nullptr, 10))};
}

bool kernel_lists_children() {
  const std::string own = std::to_string(::getpid());
  static const bool lists = ::access(("/proc/" + own + "/task/" + own + "/children").c_str(), R_OK) == 0;
  return lists;
}

std::vector<pid_t> listed_children(pid_t pid) {
  std::vector<pid_t> found;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  each_number_in(tasks, [&](pid_t thread) {
    const std::string text = read_all(tasks + "/" + std::to_string(thread) + "/children");
    for (const char* at = text.c_str(); *at != '\0';) {
      char* end = nullptr;
      const long number = std::strtol(at, &end, 10);
      if (end == at) break;
      found.push_back(static_cast<pid_t>(number));
      at = *end == '\0' ? end : end + 1;
    }
  });
  return found;
}

/// Where the kernel keeps no lists of children (CONFIG_PROC_CHILDREN): all processes by their parents.
std::multimap<pid_t, pid_t> scanned_children() {
  std::multimap<pid_t, pid_t> children;
  each_number_in("/proc", [&](pid_t pid) { children.emplace(relations_of(pid).parent, pid); });
  return children;
}

struct Found {
  pid_t pid{0};
  pid_t parent{0};
};

std::vector<Found> walk(std::size_t most) {
  std::vector<Found> found;
  const bool listed = kernel_lists_children();
  const auto scanned = listed ? std::multimap<pid_t, pid_t>{} : scanned_children();
  const auto add_children = [&](pid_t parent) {
    if (listed) {
      for (const pid_t pid : listed_children(parent)) found.push_back({.pid = pid, .parent = parent});
      return;
    }
    const auto [from, to] = scanned.equal_range(parent);
    for (auto at = from; at != to; ++at) found.push_back({.pid = at->second, .parent = parent});
  };
  add_children(::getpid());
  for (std::size_t i = 0; i < found.size() && found.size() < most; ++i) add_children(found[i].pid);
  return found;
}

/// A descriptor of the process is taken before its parent is looked at again, so that the signal cannot reach
/// another one that got the same number. A leader's whole group goes with it: the kernel lets no member of a
/// group fork past such a signal, and who forks faster than we walk is mostly one group.
void signal_to(const Found& process, int signal) {
  const Descriptor fd{static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0))};
  const bool by_number = !fd && errno != ESRCH;  // forbidden, unknown, or no descriptor left
  if (!fd && !by_number) return;
  const Relations now = relations_of(process.pid);
  if (now.parent != process.parent && now.parent != ::getpid()) return;
  if (now.group == process.pid) ::kill(-process.pid, SIGKILL);
  if (by_number || ::syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) != 0) {
    if (by_number || errno != ESRCH) ::kill(process.pid, signal);
  }
}

void stop_and_kill() {
  std::set<pid_t> stopped;
  std::vector<Found> all;
  for (int round = 0; round < kFreezeRounds; ++round) {
    all = walk(kManyProcesses);
    bool new_ones = false;
    for (const Found& process : all) {
      if (!stopped.insert(process.pid).second) continue;
      signal_to(process, SIGSTOP);
      new_ones = true;
    }
    if (!new_ones) break;
  }
  for (const Found& process : all) signal_to(process, SIGKILL);
}

}  // namespace

std::vector<pid_t> descendants(std::size_t most) {
  std::vector<pid_t> pids;
  for (const Found& process : walk(most)) pids.push_back(process.pid);
  return pids;
}

std::vector<pid_t> own_children() {
  if (kernel_lists_children()) return listed_children(::getpid());
  std::vector<pid_t> pids;
  const auto scanned = scanned_children();
  const auto [from, to] = scanned.equal_range(::getpid());
  for (auto at = from; at != to; ++at) pids.push_back(at->second);
  return pids;
}

std::size_t threads_of_user(uid_t user) {
  if (user == 0) return 0;
  std::size_t threads = 0;
  each_number_in("/proc", [&](pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    struct stat about {};
    if (::stat(folder.c_str(), &about) != 0 || about.st_uid != user) return;
    each_number_in(folder + "/task", [&](pid_t) { ++threads; });
  });
  return threads;
}

int kill_descendants(pid_t first) {
  int status = 0;
  if (first > 0) ::kill(-first, SIGKILL);
  for (int pause_ms = 1;; pause_ms = std::min(pause_ms * 2, 50)) {
    stop_and_kill();
    while (true) {
      int ended = 0;
      const pid_t pid = ::waitpid(-1, &ended, WNOHANG | __WALL);
      if (pid > 0 && pid == first) status = ended;
      if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
      // Every orphan below us becomes our child: without one nothing is left anywhere.
      if (pid < 0) return status;
      break;
    }
    ::poll(nullptr, 0, pause_ms);  // what was killed needs a moment to die
  }
}

}  // namespace iotemu::runtime
