#include "emulator/runtime/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "emulator/runtime/limit.h"
#include "emulator/runtime/scratch.h"
#include "emulator/runtime/subtree.h"
#include "emulator/runtime/walls.h"

namespace iotemu::runtime {
namespace {

using Step = KeeperReport::Step;

/// How often it is looked whether there are new processes.
constexpr int kWatchMs = 50;
/// AWS's bound of processes and threads, on top of what this user has.
constexpr rlim_t kMoreProcesses = 1'024;
constexpr rlim_t kOpenFiles = 1'024;

/// All but that of its memory, which the walls end with.
bool set_limits(const SpawnRequest& request) {
  bool ok = set_limit(RLIMIT_CORE, 0);
  ok = set_limit(RLIMIT_NOFILE, kOpenFiles) && ok;
  ok = set_limit(RLIMIT_FSIZE, request.file_bytes) && ok;
  // Counts all of this user's threads, and nothing for root: a second line, the keeper's count is the first.
  if (const auto threads = threads_of_user(::getuid()); threads > 0) {
    ok = set_limit(RLIMIT_NPROC, threads + kMoreProcesses) && ok;
  }
  errno = 0;
  if (::nice(5) == -1 && errno != 0) ok = false;
  // A full machine takes functions first. It may be forbidden, and then nothing is lost.
  const Descriptor score{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  if (score) [[maybe_unused]]
    const auto written = ::write(score.get(), "500", 3);
  return ok;
}

/// The descriptors 0, 1 and 2, and `failure` as 3, which closes itself at the exec.
bool arrange_descriptors(const ChildChannels& channels, int failure) {
  // Copies above first: the originals may have any of the numbers that are wanted.
  const int output = ::fcntl(channels.output.get(), F_DUPFD_CLOEXEC, 10);
  const int errors = ::fcntl(channels.errors.get(), F_DUPFD_CLOEXEC, 10);
  const int failing = ::fcntl(failure, F_DUPFD_CLOEXEC, 10);
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (output < 0 || errors < 0 || failing < 0 || input < 0) return false;
  if (input != 0 && ::dup2(input, 0) < 0) return false;
  if (::fcntl(0, F_SETFD, 0) != 0) return false;
  return ::dup2(output, 1) >= 0 && ::dup2(errors, 2) >= 0 && ::dup3(failing, 3, O_CLOEXEC) >= 0 &&
         ::syscall(SYS_close_range, 4, ~0U, 0) == 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

struct Failure {
  Step step{Step::fork};
  int error{0};
  std::uint8_t fallen{0};
  bool failed{true};  ///< False: only what has fallen is told, and it goes on.
};

/// In the new process. Returns only if something is not possible.
Failure become_the_function(const SpawnRequest& request, const ChildChannels& channels, pid_t keeper,
                            int failure) {
  const pid_t spawner = ::getsid(keeper);
  if (::setsid() < 0) return {Step::session, errno};
  if (!arrange_descriptors(channels, failure)) return {Step::descriptors, errno};
  if (::chdir(request.folder.c_str()) != 0) return {Step::folder, errno};
  ::umask(022);
  ::prctl(PR_SET_DUMPABLE, 1);  // else /proc/self is root's until the exec
  if (!set_limits(request)) return {Step::limits, errno};
  auto arguments = pointers(request.arguments);
  auto environment = pointers(request.environment);
  const WallsUp walls =
      put_up_walls(request, {keeper, spawner, request.emulator, ::getpgid(request.emulator)});
  // Nothing is allocated from here on: with the limit of its memory there may be none left.
  if (!walls.limited) return {Step::limits, errno};
  if (!walls.enough) return {.step = Step::walls, .error = EPERM, .fallen = walls.fallen};
  const Failure so_far{.fallen = walls.fallen, .failed = false};
  if (::write(3, &so_far, sizeof so_far) != sizeof so_far) return {Step::walls, errno};
  // After the walls: a change of its rights would take the wish away that it dies with its keeper.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return {Step::walls, errno};
  if (::getppid() != keeper) return {Step::walls, ESRCH};  // it died before it could be heard
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(arguments.front(), arguments.data(), environment.data());
  return {Step::execute, errno};
}

void tell(const Descriptor& control, const KeeperReport& report) {
  ::send(control.get(), &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// The id of the process that was started last on this machine: while it stays the same, none was.
std::string last_process() {
  std::array<char, 128> text{};
  const Descriptor file{::open("/proc/loadavg", O_RDONLY | O_CLOEXEC)};
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  if (size <= 0) return {};
  const std::string line{text.data(), static_cast<std::size_t>(size)};
  const auto space = line.rfind(' ');
  return space == line.npos ? std::string{} : line.substr(space);
}

class Keeper {
 public:
  Keeper(const SpawnRequest& request, ChildChannels channels)
      : request_{request}, channels_{std::move(channels)} {}

  void run() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "iotemu-keeper");
    // Where we may, ahead of everybody: a thousand busy processes would leave us no time to end them.
    const sched_param first_in_line{.sched_priority = 1};
    ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first_in_line);
    if (!start()) return;
    channels_.output.reset();
    channels_.errors.reset();
    tell(channels_.control, {.kind = KeeperReport::Kind::started, .fallen = fallen_, .value = first_});
    watch();
    const int status = kill_descendants(first_);
    const sched_param in_line{};
    ::sched_setscheduler(0, SCHED_OTHER, &in_line);  // what is left to do has time
    tell(channels_.control,
         {.kind = KeeperReport::Kind::ended, .too_many_processes = many_, .value = status});
  }

 private:
  bool start() {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    signals_ = Descriptor{::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK)};
    std::array<int, 2> ends{};
    if (!signals_ || ::pipe2(ends.data(), O_CLOEXEC) != 0) return fail({Step::fork, errno});
    Descriptor read{ends[0]};
    Descriptor write{ends[1]};
    const pid_t keeper = ::getpid();
    first_ = ::fork();
    if (first_ < 0) return fail({Step::fork, errno});
    if (first_ == 0) {
      const Failure failure = become_the_function(request_, channels_, keeper, write.get());
      // Before the descriptors are arranged the pipe has its old number.
      const int pipe = failure.step <= Step::descriptors && failure.step != Step::fork ? write.get() : 3;
      [[maybe_unused]] const auto told = ::write(pipe, &failure, sizeof failure);
      ::_exit(127);
    }
    write.reset();
    // What is told of the walls, then the failure, or the end that the exec makes.
    for (Failure told;;) {
      const ssize_t size = ::read(read.get(), &told, sizeof told);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return true;
      if (told.failed) return fail(told);
      fallen_ = told.fallen;
    }
  }

  bool fail(const Failure& failure) {
    while (first_ > 0 && ::waitpid(first_, nullptr, 0) < 0 && errno == EINTR) {
    }
    tell(channels_.control, {.kind = KeeperReport::Kind::failed,
                             .step = failure.step,
                             .fallen = failure.fallen,
                             .value = failure.error});
    return false;
  }

  /// Until there is a reason to end it all.
  void watch() {
    std::array<pollfd, 2> wait{{{.fd = channels_.control.get(), .events = POLLIN, .revents = 0},
                                {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
    std::string newest;
    while (true) {
      ::poll(wait.data(), wait.size(), kWatchMs);
      // Nothing is ever said on this side: whatever happens here means the end.
      if (wait[0].revents != 0) return;
      if ((wait[1].revents & POLLIN) != 0 && reap()) return;
      auto now = last_process();
      if (now == newest && !now.empty()) continue;
      newest = std::move(now);
      many_ = descendants(request_.processes + 1).size() > request_.processes;
      if (many_) return;
    }
  }

  /// True if the function's first process has ended. That one is not waited for yet: until then its number,
  /// and that of its group, are nobody else's.
  bool reap() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) > 0) {
    }
    while (true) {
      siginfo_t ended{};
      if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return false;
      if (ended.si_pid == first_) return true;
      ::waitpid(ended.si_pid, nullptr, WNOHANG | __WALL);
    }
  }

  const SpawnRequest& request_;
  ChildChannels channels_;
  Descriptor signals_{};
  pid_t first_{-1};
  std::uint8_t fallen_{0};
  bool many_{false};
};

}  // namespace

void keep(const SpawnRequest& request, ChildChannels channels) {
  {
    Keeper keeper{request, std::move(channels)};
    keeper.run();
    wipe(request.scratch);
  }
  ::_exit(0);
}

}  // namespace iotemu::runtime
