#include "emulator/runtime/spawner.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

namespace iotemu::runtime {
namespace {

constexpr int kEndMs = 5'000;

/// The spawner that `fork_early` made, until somebody takes it.
struct Early {
  std::mutex mutex;
  std::unique_ptr<Spawner> spawner;
};

Early& early() {
  static Early instance;
  return instance;
}

Error unavailable(std::string_view what, int number) {
  return Error{Errc::unavailable, "functions cannot be started: " + std::string{what} + ": " +
                                      std::system_category().message(number)};
}

Status send_with(int channel, std::string_view bytes, const std::array<int, 3>& descriptors) {
  iovec text{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
  if (::sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    const int number = errno;
    auto failure = unavailable("the process that starts them does not listen", number);
    errno = number;
    return failure;
  }
  return Ok{};
}

/// Only async-signal-safe calls and malloc, which glibc keeps usable after a fork: nothing here takes a lock
/// of ours.
[[noreturn]] void in_the_new_process(int channel) {
  // Whoever forked has handlers that are not for us.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP}) ::signal(number, SIG_IGN);
  constexpr int kChannel = 3;
  if (channel != kChannel) ::dup2(channel, kChannel);
  ::syscall(SYS_close_range, kChannel + 1, ~0U, 0);
  run_spawner(Descriptor{kChannel});
}

}  // namespace

Result<std::unique_ptr<Spawner>> Spawner::fork_now() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return unavailable("socketpair", errno);
  }
  Descriptor ours{ends[0]};
  const Descriptor theirs{ends[1]};
  // No signal handler of ours may run over there.
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &old);
  const pid_t pid = ::fork();
  if (pid == 0) in_the_new_process(theirs.get());
  const int number = errno;
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (pid < 0) return unavailable("fork", number);
  return std::unique_ptr<Spawner>{new Spawner{pid, std::move(ours)}};
}

Result<std::unique_ptr<Spawner>> Spawner::start(const std::string& run_folder) {
  std::unique_ptr<Spawner> spawner;
  {
    const std::lock_guard lock{early().mutex};
    spawner = std::move(early().spawner);
  }
  if (!spawner) {
    auto forked = fork_now();
    if (!forked) return forked.error();
    spawner = std::move(*forked);
  }
  if (::send(spawner->channel_.get(), run_folder.data(), run_folder.size(), MSG_NOSIGNAL) < 0) {
    return unavailable("the process that starts them has died", errno);
  }
  return spawner;
}

Spawner::Spawner(pid_t pid, Descriptor channel)
    : pid_{pid}, end_{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}, channel_{std::move(channel)} {}

bool Spawner::dead() const {
  pollfd wait{.fd = end_.get(), .events = POLLIN, .revents = 0};
  return broken_ || ::poll(&wait, 1, 0) > 0;
}

Spawner::~Spawner() {
  channel_.reset();
  pollfd wait{.fd = end_.get(), .events = POLLIN, .revents = 0};
  if (end_) ::poll(&wait, 1, kEndMs);
  ::waitpid(pid_, nullptr, WNOHANG);
}

Status Spawner::spawn(const SpawnRequest& request, ChildChannels channels) {
  const auto bytes = to_bytes(request);
  if (!bytes) return bytes.error();
  auto sent = send_with(channel_.get(), *bytes,
                        {channels.control.get(), channels.output.get(), channels.errors.get()});
  broken_ = !sent && errno != EAGAIN && errno != EMSGSIZE;
  return sent;
}

void fork_early() {
  auto forked = Spawner::fork_now();
  const std::lock_guard lock{early().mutex};
  if (forked) early().spawner = std::move(*forked);
}

}  // namespace iotemu::runtime
