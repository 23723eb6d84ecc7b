#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "emulator/runtime/scratch.h"
#include "emulator/runtime/spawner.h"
#include "emulator/runtime/subtree.h"

// The inside of the spawner's process. One thread, no log, no lock: see spawner.h.

namespace iotemu::runtime {
namespace {

/// How long it waits for keepers when the emulator has gone; they have nothing else to do then but to end.
constexpr int kEndRounds = 600;
constexpr int kRoundMs = 50;

struct Received {
  std::string bytes{};
  std::optional<ChildChannels> channels{};
};

/// Nothing at the end of the channel.
std::optional<Received> receive(int channel) {
  Received received;
  received.bytes.resize(kMaxSpawnRequest);
  std::array<int, 3> descriptors{-1, -1, -1};
  iovec text{.iov_base = received.bytes.data(), .iov_len = received.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  ssize_t size = 0;
  while ((size = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (size <= 0) return std::nullopt;
  received.bytes.resize(static_cast<std::size_t>(size));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof descriptors)) {
    std::memcpy(descriptors.data(), CMSG_DATA(header), sizeof descriptors);
    received.channels.emplace(ChildChannels{.control = Descriptor{descriptors[0]},
                                            .output = Descriptor{descriptors[1]},
                                            .errors = Descriptor{descriptors[2]}});
  }
  return received;
}

class SpawnerProcess {
 public:
  explicit SpawnerProcess(Descriptor channel) : channel_{std::move(channel)} {}

  void run() {
    settle_in();
    std::array<pollfd, 2> wait{{{.fd = channel_.get(), .events = POLLIN, .revents = 0},
                                {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
    while (true) {
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      if (wait[1].revents != 0) reap();
      if (wait[0].revents == 0) continue;
      auto received = receive(channel_.get());
      if (!received) break;
      take(std::move(*received));
    }
    for (int round = 0; round < kEndRounds && !keepers_.empty(); ++round) {
      ::poll(&wait[1], 1, kRoundMs);
      reap();
    }
    kill_descendants(0);  // keepers that hang, and what they leave
    if (!run_folder_.empty()) wipe(run_folder_);
  }

 private:
  void settle_in() {
    ::setsid();
    ::umask(077);
    [[maybe_unused]] const int moved = ::chdir("/");
    ::prctl(PR_SET_NAME, "iotemu-spawner");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_DUMPABLE, 0);  // its memory is a copy of the emulator's
    // 0, 1 and 2 must not become something else's numbers.
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int number : {0, 1, 2}) ::dup2(nothing, number);
    if (nothing > 2) ::close(nothing);
    ::fcntl(channel_.get(), F_SETFD, FD_CLOEXEC);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &children, nullptr);
    signals_ = Descriptor{::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK)};
  }

  void take(Received received) {
    if (!received.channels) {  // the first message
      run_folder_ = std::move(received.bytes);
      return;
    }
    const auto request = read_spawn_request(received.bytes);
    if (!request) return;  // the closed control channel tells
    const pid_t pid = ::fork();
    if (pid == 0) {
      channel_.reset();
      signals_.reset();
      keep(*request, std::move(*received.channels));
    }
    if (pid > 0) {
      keepers_.insert(pid);
      return;
    }
    const KeeperReport report{
        .kind = KeeperReport::Kind::failed, .step = KeeperReport::Step::fork, .value = errno};
    ::send(received.channels->control.get(), &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void reap() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) > 0) {
    }
    int status = 0;
    bool lost = false;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
      if (keepers_.erase(pid) > 0 && !WIFEXITED(status)) lost = true;
    }
    // A keeper that was killed leaves its function's processes to us.
    strays_ = strays_ || lost;
    if (strays_) kill_strays();
  }

  /// All at once, without waiting: whose end comes later calls us again, and leaves its own children to us.
  void kill_strays() {
    strays_ = false;
    for (const pid_t pid : own_children()) {
      if (keepers_.contains(pid)) continue;
      ::kill(pid, SIGKILL);
      strays_ = true;
    }
  }

  Descriptor channel_;
  Descriptor signals_{};
  std::set<pid_t> keepers_;
  bool strays_{false};  ///< Killed ones may not have ended yet.
  std::string run_folder_;
};

}  // namespace

void run_spawner(Descriptor channel) {
  {
    SpawnerProcess process{std::move(channel)};
    process.run();
  }
  ::_exit(0);
}

}  // namespace iotemu::runtime
