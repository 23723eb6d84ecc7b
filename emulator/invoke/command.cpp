#include "emulator/invoke/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/log.h"
#include "emulator/invoke/loop_invoker.h"
#include "emulator/invoke/process_mark.h"

namespace iotemu::invoke {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// An event must fit a pipe's buffer, so that nobody has to wait for the child to read it.
constexpr std::size_t kMaxEventBytes = 512 * 1024;
/// What goes to the log of a child's output: its end.
constexpr std::size_t kLoggedBytes = 4000;
/// What a pipe can hold when its writer has ended.
constexpr std::size_t kPipeBytes = 64 * 1024;

struct Pipe {
  Descriptor read{};
  Descriptor write{};
};

Error failed(std::string_view what, int number) {
  return Error{Errc::io, "cannot start the handler: " + std::string{what} + ": " +
                             std::system_category().message(number)};
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
  return Pipe{.read = Descriptor{ends[0]}, .write = Descriptor{ends[1]}};
}

struct Child {
  pid_t pid{-1};
  /// Becomes readable when the child has ended.
  Descriptor ended{};
  Descriptor output{};
  Descriptor errors{};
};

/// The attributes and file actions of one spawn, freed together.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

/// posix_spawn, because forking a threaded process by hand would run other threads' locks in the child.
Result<Child> spawn_shell(const std::string& command, const std::vector<std::string>& environment,
                          std::string_view input) {
  if (input.size() > kMaxEventBytes) {
    return Error{Errc::too_large, "the event has " + std::to_string(input.size()) + " bytes, more than " +
                                      std::to_string(kMaxEventBytes)};
  }
  auto in = make_pipe();
  if (!in) return in.error();
  auto out = make_pipe();
  if (!out) return out.error();
  auto errors = make_pipe();
  if (!errors) return errors.error();
  // The kernel rounds up and refuses to go beyond what the machine allows.
  if (input.size() > kPipeBytes &&
      ::fcntl(in->write.get(), F_SETPIPE_SZ, static_cast<int>(input.size())) < 0) {
    return failed("make room for the event", errno);
  }
  if (::write(in->write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    return failed("write the event", errno);
  }

  SpawnPlan plan;
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setflags(&plan.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawn_file_actions_adddup2(&plan.actions, in->read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, out->write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, errors->write.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1);

  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string text = command;
  std::array<char*, 4> arguments{shell.data(), flag.data(), text.data(), nullptr};
  std::vector<std::string> variables = environment;
  std::vector<char*> pointers;
  pointers.reserve(variables.size() + 1);
  for (std::string& variable : variables) pointers.push_back(variable.data());
  pointers.push_back(nullptr);

  Child child;
  const int error = ::posix_spawn(&child.pid, shell.c_str(), &plan.actions, &plan.attributes,
                                  arguments.data(), pointers.data());
  if (error != 0) return failed("posix_spawn /bin/sh", error);
  child.output = std::move(out->read);
  child.errors = std::move(errors->read);
  // glibc 2.36 declares pidfd_open, older ones that we may meet do not.
  child.ended = Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0))};
  if (child.ended.get() < 0) {
    const int number = errno;
    ::kill(-child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return failed("pidfd_open", number);
  }
  return child;
}

std::string_view tail(std::string_view text) {
  return text.substr(text.size() - std::min(text.size(), kLoggedBytes));
}

std::string last_line(std::string_view output) {
  while (!output.empty() && (output.back() == '\n' || output.back() == '\r')) output.remove_suffix(1);
  const std::size_t start = output.rfind('\n');
  return std::string{start == output.npos ? output : output.substr(start + 1)};
}

/// Why a call failed, from the way its process ended and the last that it said.
Status judge(int wait_status, std::string_view output, std::string_view errors) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return Ok{};
  std::string message = WIFEXITED(wait_status)
                            ? "handler exited " + std::to_string(WEXITSTATUS(wait_status))
                            : "handler was ended by signal " + std::to_string(WTERMSIG(wait_status));
  std::string line = last_line(tail(errors));
  if (line.empty()) line = last_line(tail(output));
  if (!line.empty()) message += ": " + line;
  return Error{Errc::internal, std::move(message)};
}

class CommandInvoker final : public LoopInvoker {
 public:
  CommandInvoker(CommandOptions options, WorkCounter& counter)
      : LoopInvoker{counter, options.limits}, options_{std::move(options)} {}
  ~CommandInvoker() override { stop(); }

 private:
  class Process;

  void run(const std::shared_ptr<Call>& call) override;
  [[nodiscard]] std::vector<std::string> environment(const Realm& realm) const;

  const CommandOptions options_;
};

/// One child under way, kept alive by the wait for its end.
class CommandInvoker::Process : public std::enable_shared_from_this<Process> {
 public:
  Process(CommandInvoker& owner, std::shared_ptr<Call> call, Child child, std::string mark)
      : owner_{owner},
        call_{std::move(call)},
        mark_{std::move(mark)},
        pid_{child.pid},
        ended_{owner.loop(), child.ended.release()},
        output_{owner.loop(), std::move(child.output), kMaxAnswerBytes + 1},
        errors_{owner.loop(), std::move(child.errors), 2 * kLoggedBytes},
        deadline_{owner.loop()},
        time_limit_{call_->invocation.time_limit.value_or(owner.options_.timeout)} {}

  void start() {
    call_->abort = [weak = weak_from_this()](const std::string& why) {
      if (const auto self = weak.lock()) self->kill_because("handler was killed: " + why);
    };
    deadline_.expires_after(time_limit_);
    deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (error) return;
      self->kill_because("handler was killed: it had not ended after " +
                         std::to_string(self->time_limit_.count()) + " ms");
    });
    await_end();
    read(output_);
    read(errors_);
  }

 private:
  /// One of the child's two streams.
  struct Stream {
    Stream(asio::io_context& loop, Descriptor descriptor, std::size_t bytes)
        : end{loop, descriptor.release()}, most{bytes} {
      end.non_blocking(true);
    }

    /// Keeps what was read, at least the last `most` / 2 bytes of it.
    void keep(std::size_t size) {
      kept.append(chunk.data(), size);
      overflowed = overflowed || kept.size() > most;
      if (kept.size() > most) kept.erase(0, kept.size() - most / 2);
    }

    asio::posix::stream_descriptor end;
    std::size_t most;
    std::array<char, 4096> chunk{};
    std::string kept{};
    bool overflowed{false};
  };

  void kill_because(std::string why) {
    killed_because_ = std::move(why);
    ::kill(-pid_, SIGKILL);
  }

  void read(Stream& stream) {
    stream.end.async_read_some(asio::buffer(stream.chunk),
                               [self = shared_from_this(), &stream](ErrorCode error, std::size_t size) {
                                 if (error || self->reaped_) return;
                                 stream.keep(size);
                                 self->read(stream);
                               });
  }

  void await_end() {
    ended_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](ErrorCode) {
      // An event loop may wake too often, and reaping kills: look before.
      if (self->has_ended()) return self->reap();
      self->await_end();
    });
  }

  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == pid_;
  }

  void reap() {
    // Before the child is waited for its id cannot be anybody else's, so this ends exactly its own group.
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    kill_marked(mark_);  // and those that left the group
    reaped_ = true;
    deadline_.cancel();
    read_rest(output_);
    read_rest(errors_);
    note_output();
    owner_.finish(call_, answer(status));
  }

  /// Bounded, for who still writes here got away and may never stop.
  static void read_rest(Stream& stream) {
    ErrorCode error;
    for (std::size_t size = 1, total = 0; size > 0 && !error && total < kPipeBytes; total += size) {
      size = stream.end.read_some(asio::buffer(stream.chunk), error);
      if (!error) stream.keep(size);
    }
    stream.end.cancel(error);
  }

  /// An answer that somebody wants is a payload, and those do not go to the log.
  void note_output() const {
    const std::string_view output = call_->invocation.wants_answer ? std::string_view{} : tail(output_.kept);
    if (output.empty() && errors_.kept.empty()) return;
    log::info("a handler's command wrote", {{"output", output}, {"errors", tail(errors_.kept)}});
  }

  Result<std::string> answer(int status) {
    if (!killed_because_.empty()) return Error{Errc::internal, killed_because_};
    if (auto judged = judge(status, output_.kept, errors_.kept); !judged) return judged.error();
    if (!call_->invocation.wants_answer) return std::string{};
    if (output_.overflowed) {
      return Error{Errc::too_large,
                   "handler wrote more than " + std::to_string(kMaxAnswerBytes) + " bytes to stdout"};
    }
    return std::move(output_.kept);
  }

  CommandInvoker& owner_;
  std::shared_ptr<Call> call_;
  std::string mark_;
  pid_t pid_;
  asio::posix::stream_descriptor ended_;
  Stream output_;
  Stream errors_;
  asio::steady_timer deadline_;
  const Duration time_limit_;
  std::string killed_because_;
  bool reaped_{false};
};

void CommandInvoker::run(const std::shared_ptr<Call>& call) {
  std::string mark = new_process_mark();
  auto variables = environment(call->invocation.realm);
  variables.push_back(mark);
  auto child = spawn_shell(options_.command, variables, call->invocation.payload);
  if (!child) return finish(call, child.error());
  std::make_shared<Process>(*this, call, std::move(*child), std::move(mark))->start();
}

std::vector<std::string> CommandInvoker::environment(const Realm& realm) const {
  std::map<std::string, std::string> variables{
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/"}};
  for (const auto& [name, value] : options_.environment) variables[name] = value;
  variables["AWS_ENDPOINT_URL"] = options_.endpoint_url;
  // A 12-digit access key names the account; any signature is accepted.
  variables["AWS_ACCESS_KEY_ID"] = realm.account;
  variables["AWS_SECRET_ACCESS_KEY"] = "any";
  variables["AWS_REGION"] = realm.region;
  variables["AWS_DEFAULT_REGION"] = realm.region;
  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.emplace_back(name).append("=").append(value);
  return lines;
}

}  // namespace

Result<std::unique_ptr<FunctionInvoker>> make_command_invoker(const CommandOptions& options,
                                                              WorkCounter& counter) {
  if (options.command.find('\0') != std::string::npos) {
    return Error{Errc::invalid_request, "the command holds a NUL character"};
  }
  std::unique_ptr<FunctionInvoker> invoker = std::make_unique<CommandInvoker>(options, counter);
  return invoker;
}

}  // namespace iotemu::invoke
