#include "emulator/runtime/child.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/iso_time.h"
#include "base/json.h"
#include "base/log.h"
#include "emulator/runtime/walls.h"

namespace iotemu::runtime {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// AWS's limit of the init phase.
/// differs: AWS tries an init that takes longer once more, within the time limit of the invocation.
constexpr std::chrono::seconds kInitLimit{10};
/// How long what an ended process said may still be on its way through its connections.
constexpr std::chrono::milliseconds kGrace{200};
constexpr std::size_t kMaxProcesses = 256;
constexpr std::size_t kMegabyte = 1024 * 1024;
constexpr std::size_t kDrainBytes = 256 * 1024;

struct Ends {
  Descriptor read{};
  Descriptor write{};
};

Result<Ends> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{Errc::unavailable, std::string{"no pipe for a function: "} + std::strerror(errno)};
  }
  return Ends{.read = Descriptor{ends[0]}, .write = Descriptor{ends[1]}};
}

Result<Ends> make_control() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{Errc::unavailable, std::string{"no socket for a function: "} + std::strerror(errno)};
  }
  return Ends{.read = Descriptor{ends[0]}, .write = Descriptor{ends[1]}};
}

std::string with_decimals(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

/// As Go, in which AWS's own service speaks, names them.
std::string signal_name(int number) {
  switch (number) {
    case SIGKILL:
      return "killed";
    case SIGSEGV:
      return "segmentation fault";
    case SIGABRT:
      return "aborted";
    case SIGTRAP:
      return "trace/breakpoint trap";
    case SIGTERM:
      return "terminated";
    case SIGBUS:
      return "bus error";
    case SIGILL:
      return "illegal instruction";
    case SIGXFSZ:
      return "file size limit exceeded";
    default:
      return "signal " + std::to_string(number);
  }
}

bool is_json(const std::string& text) {
  return Json::accept(text);  // builds nothing, so depth is no matter
}

std::string log_stream(const std::string& version, const Clock& clock, Random& random) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(clock.now())};
  std::array<char, 64> date{};
  std::snprintf(date.data(), date.size(), "%04d/%02u/%02u/", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return std::string{date.data()} + "[" + version + "]" + random.hex(16);
}

std::string fallen_layers(std::uint8_t fallen, Walls walls) {
  const auto layers = layers_under(walls);
  std::string names;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if ((fallen >> i & 1U) != 0) names += (names.empty() ? "" : ", ") + std::string{layers[i].name};
  }
  return names + " did not hold, though this machine offers it (--lambda-sandbox off does without)";
}

}  // namespace

Child::Child(ChildSurroundings& surroundings, ChildOwner& owner, std::shared_ptr<const Function> function)
    : around_{surroundings},
      owner_{owner},
      function_{std::move(function)},
      log_{surroundings.log, surroundings.clock, function_->name, function_->arn},
      control_{*surroundings.io},
      output_{*surroundings.io},
      errors_{*surroundings.io},
      limit_{*surroundings.io},
      grace_{*surroundings.io} {}

Status Child::start(Spawner& spawner, RunFolder& folder) {
  const bool ours = !function_->runtime.starts_with("provided");
  const std::string token = ours ? around_.random.hex(16) : std::string{};
  auto api = RuntimeApi::open(around_.io, around_.clock, around_.random, *this, token);
  if (!api) return api.error();
  auto control = make_control();
  if (!control) return control.error();
  auto output = make_pipe();
  if (!output) return output.error();
  auto errors = make_pipe();
  if (!errors) return errors.error();
  const auto scratch = folder.make_scratch();
  if (!scratch) return scratch.error();

  const std::string endpoint = around_.endpoint_url ? around_.endpoint_url() : std::string{};
  auto start = around_.programs.start(
      *function_, {.bootstraps = folder.path() / "bootstrap",
                   .scratch = *scratch,
                   .endpoint_url = endpoint,
                   .runtime_api = "127.0.0.1:" + std::to_string((*api)->port()),
                   .runtime_token = token,
                   .log_stream = log_stream(function_->version, around_.clock, around_.random)});
  if (!start) return start.error();
  SpawnRequest request{.arguments = std::move(start->arguments),
                       .environment = std::move(start->environment),
                       .folder = function_->folder,
                       .scratch = *scratch,
                       .readable = std::move(start->readable),
                       .connect_ports = around_.connect_ports,
                       // Room for what a runtime maps and does not use: MemorySize is what its user fills.
                       .memory_bytes = (function_->memory_mb * 3 / 2 + 64) * kMegabyte,
                       .file_bytes = function_->scratch_mb * kMegabyte,
                       .processes = kMaxProcesses,
                       .emulator = ::getpid(),
                       .walls = around_.walls};
  request.connect_ports.push_back((*api)->port());
  if (const auto colon = endpoint.rfind(':'); colon != endpoint.npos) {
    request.connect_ports.push_back(
        static_cast<std::uint16_t>(std::strtoul(endpoint.c_str() + colon + 1, nullptr, 10)));
  }
  auto spawned = spawner.spawn(request, {.control = std::move(control->write),
                                         .output = std::move(output->write),
                                         .errors = std::move(errors->write)});
  if (!spawned) {
    wipe(*scratch);
    return spawned;
  }
  api_ = std::move(*api);
  control_.assign(control->read.release());
  output_.end.assign(output->read.release());
  errors_.end.assign(errors->read.release());
  output_.end.non_blocking(true);
  errors_.end.non_blocking(true);
  started_ = around_.clock.tick();
  await_report();
  read(output_, Stream::output);
  read(errors_, Stream::errors);
  arm(kInitLimit, [this] {
    log_.write("the function was not ready after " + with_decimals(double(kInitLimit.count())) +
               " s and was ended");
    start_failure_ =
        Failure{.type = "Sandbox.Timedout",
                .message = "Task timed out after " + with_decimals(double(kInitLimit.count())) + " seconds",
                .timed_out = true};
    kill();
  });
  return Ok{};
}

void Child::read(Pipe& pipe, Stream stream) {
  pipe.end.async_read_some(asio::buffer(pipe.chunk),
                           [self = shared_from_this(), &pipe, stream](ErrorCode error, std::size_t size) {
                             if (error || self->concluded_) return;
                             self->log_.take(stream, {pipe.chunk.data(), size});
                             self->read(pipe, stream);
                           });
}

/// What it wrote before it answered is in the pipes by now. Bounded, for somebody may write and write.
void Child::drain() {
  for (Pipe* pipe : {&output_, &errors_}) {
    std::array<char, 16 * 1024> chunk{};
    for (std::size_t total = 0; total < kDrainBytes;) {
      ErrorCode error;
      const std::size_t size = pipe->end.read_some(asio::buffer(chunk), error);
      if (error || size == 0) break;
      log_.take(pipe == &output_ ? Stream::output : Stream::errors, {chunk.data(), size});
      total += size;
    }
  }
}

void Child::await_report() {
  control_.async_read_some(asio::buffer(&report_, sizeof report_),
                           [self = shared_from_this()](ErrorCode error, std::size_t size) {
                             if (error || size != sizeof report_) return self->on_closed();
                             self->on_report(self->report_);
                             self->await_report();
                           });
}

void Child::on_report(const KeeperReport& report) {
  switch (report.kind) {
    case KeeperReport::Kind::started:
      pid_ = report.value;
      if (report.fallen != 0) owner_.fell(report.fallen);
      return;
    case KeeperReport::Kind::failed: {
      const std::string why =
          "cannot " + std::string{name_of(report.step)} + ": " +
          (report.fallen != 0 ? fallen_layers(report.fallen, around_.walls) : std::strerror(report.value));
      log_.write("the function was not started: " + why);
      const bool no_bootstrap = function_->runtime.starts_with("provided");
      if (report.step == KeeperReport::Step::execute && no_bootstrap) {
        start_failure_ =
            Failure{.type = "Runtime.InvalidEntrypoint",
                    .message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"};
      } else {
        ended_because_ =
            Error{Errc::unavailable, "function " + function_->name + " cannot be started: " + why};
      }
      return on_ended(0, false);
    }
    case KeeperReport::Kind::ended:
      return on_ended(report.value, report.too_many_processes);
  }
}

void Child::on_closed() {
  if (!ended_) {
    // Its keeper has died, or the spawner before it had one.
    lost_ = pid_ == 0;
    on_ended(SIGKILL, false);
  }
  conclude();
  ErrorCode ignored;
  control_.close(ignored);
  // Behind the `gone` that conclude may have posted.
  asio::post(*around_.io, [self = shared_from_this()] {
    self->owner_.closed(*self);
    self->until_.reset();
    self->ending_ = WorkToken{};
  });
}

void Child::on_ended(int status, bool too_many_processes) {
  if (ended_) return;
  ended_ = true;
  status_ = status;
  too_many_processes_ = too_many_processes;
  hold_work();
  limit_.cancel();
  // An answer it gave with its last breath counts.
  if (!call_ || api_->quiet()) return conclude();
  grace_.expires_after(kGrace);
  grace_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (!error) self->conclude();
  });
}

void Child::disconnected() {
  if (ended_) conclude();
}

void Child::conclude() {
  if (std::exchange(concluded_, true)) return;
  grace_.cancel();
  limit_.cancel();
  drain();
  log_.flush();
  ErrorCode ignored;
  output_.end.close(ignored);
  errors_.end.close(ignored);
  waiting_.reset();
  api_->close();
  if (too_many_processes_) {
    log_.write("the function was ended: it had more than " + std::to_string(kMaxProcesses) +
               " processes at a time");
  }
  if (auto call = std::move(call_)) {
    if (ended_because_) {
      call->done(*ended_because_);
    } else {
      finish(*call, outcome_of(exit_failure(), call->invocation.request_id));
    }
  }
  // Posted: the owner may start the next one, which must not happen inside a call of this one.
  asio::post(*around_.io, [self = shared_from_this()] { self->owner_.gone(*self); });
}

Child::Failure Child::exit_failure() const {
  std::string how;
  if (WIFSIGNALED(status_)) {
    how = "Runtime exited with error: signal: " + signal_name(WTERMSIG(status_));
  } else if (WEXITSTATUS(status_) != 0) {
    how = "Runtime exited with error: exit status " + std::to_string(WEXITSTATUS(status_));
  } else {
    how = "Runtime exited without providing a reason";
  }
  if (!too_many_processes_ && log_.out_of_memory()) {
    return {.type = "Runtime.OutOfMemory", .message = "Runtime exited with error: signal: killed"};
  }
  return {.type = "Runtime.ExitError", .message = std::move(how)};
}

Outcome Child::outcome_of(const Failure& failure, const std::string& request_id) {
  Outcome outcome{.function_error = "Unhandled", .timed_out = failure.timed_out};
  outcome.payload =
      !failure.document.empty()
          ? failure.document
          : to_text(Json{{"errorType", failure.type},
                         {"errorMessage", "RequestId: " + request_id + " Error: " + failure.message}});
  return outcome;
}

void Child::tell_why_not_ready(Call& call) {
  if (ended_because_) return call.done(*ended_because_);
  // What it wrote belongs to nobody yet: here is somebody.
  const auto failure = start_failure_.value_or(exit_failure());
  event_at_ = started_;
  begin(call.invocation);
  finish(call, outcome_of(failure, call.invocation.request_id));
}

void Child::kill() {
  hold_work();
  // Whatever comes there means the end; the report of it follows.
  ::send(control_.native_handle(), "k", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// Until the last of it is wiped.
void Child::hold_work() {
  if (std::exchange(held_, true)) return;
  ending_ = WorkToken{around_.work};
}

void Child::end(const Error& why, std::shared_ptr<const void> until) {
  if (!control_.is_open()) return;
  if (until) until_ = std::move(until);
  if (!ended_because_) ended_because_ = why;
  if (auto call = std::move(call_)) call->done(why);
  hold_work();
  if (!ended_) kill();
}

void Child::arm(Duration limit, std::function<void()> then) {
  limit_.expires_after(limit);
  limit_.async_wait([self = shared_from_this(), then = std::move(then)](ErrorCode error) {
    if (!error && !self->ended_) then();
  });
}

void Child::give(std::unique_ptr<Call> call) {
  call_ = std::move(call);
  event_at_ = around_.clock.tick();
  begin(call_->invocation);
  EventHead head{
      .request_id = call_->invocation.request_id,
      .deadline_ms = epoch_ms(around_.clock.now() + function_->timeout),
      .function_arn = call_->invocation.invoked_arn.empty() ? function_->arn : call_->invocation.invoked_arn,
      .trace_id = call_->invocation.trace_id,
      .client_context = call_->invocation.client_context};
  arm(function_->timeout, [this] { on_timeout(); });
  auto respond = std::exchange(waiting_, std::nullopt);
  (*respond)(event_response(head, std::move(call_->invocation.payload)));
}

void Child::begin(const Invocation& invocation) {
  log_.begin(invocation.request_id);
  log_.write("START RequestId: " + invocation.request_id + " Version: " + function_->version);
}

void Child::on_timeout() {
  // One that answered and does not ask for more is not to be had back either.
  if (!call_) return kill();
  const auto call = std::move(call_);
  const Failure failure{
      .type = "Sandbox.Timedout",
      .message = "Task timed out after " + with_decimals(double(function_->timeout.count())) + " seconds",
      .timed_out = true};
  drain();
  log_.flush();
  log_.write(iso_time(around_.clock.now()) + " " + call->invocation.request_id + " " + failure.message);
  finish(*call, outcome_of(failure, call->invocation.request_id));
  kill();
}

bool Child::next(http::Responder respond) {
  if (call_ || waiting_ || ended_) return false;
  waiting_ = std::move(respond);
  idle_since_ = around_.clock.tick();
  if (!was_ready_) ready_at_ = idle_since_;
  was_ready_ = true;
  limit_.cancel();
  // Posted, for the owner may answer at once.
  asio::post(*around_.io, [self = shared_from_this()] {
    if (self->can_take()) self->owner_.ready(*self);
  });
  return true;
}

bool Child::answered(const std::string& request_id, std::string payload) {
  if (!call_ || call_->invocation.request_id != request_id) return false;
  const auto call = std::move(call_);
  drain();
  Outcome outcome{.payload = std::move(payload)};
  if (!outcome.payload.empty() && !is_json(outcome.payload)) {
    outcome = outcome_of({.type = "Runtime.InvalidResponse", .message = "the function's answer is not JSON"},
                         request_id);
  }
  finish(*call, std::move(outcome));
  return true;
}

bool Child::failed(const std::string& request_id, ReportedError error) {
  if (!call_ || call_->invocation.request_id != request_id) return false;
  const auto call = std::move(call_);
  drain();
  Failure failure{.type = error.type.empty() ? "Unhandled" : error.type, .message = error.document};
  if (is_json(error.document)) failure.document = std::move(error.document);
  finish(*call, outcome_of(failure, request_id));
  return true;
}

void Child::init_failed(ReportedError error) {
  Failure failure{.type = error.type.empty() ? "Runtime.InitError" : error.type, .message = error.document};
  if (is_json(error.document)) failure.document = std::move(error.document);
  if (!was_ready_) start_failure_ = std::move(failure);
}

std::size_t Child::memory_used_mb() const {
  std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
  constexpr std::string_view kPeak = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kPeak)) continue;
    return static_cast<std::size_t>(std::strtoull(line.c_str() + kPeak.size(), nullptr, 10) / 1024);
  }
  return 0;
}

void Child::finish(Call& call, Outcome outcome) {
  const auto& id = call.invocation.request_id;
  const auto took = static_cast<double>((around_.clock.tick() - event_at_).count());
  log_.flush();
  log_.write("END RequestId: " + id);
  // Of a process that has ended nothing can be read; the last known is not wrong.
  if (pid_ > 0) memory_used_ = std::max(memory_used_, memory_used_mb());
  std::string report = "REPORT RequestId: " + id + "\tDuration: " + with_decimals(took) +
                       " ms\tBilled Duration: " + std::to_string(static_cast<long long>(std::ceil(took))) +
                       " ms\tMemory Size: " + std::to_string(function_->memory_mb) +
                       " MB\tMax Memory Used: " + std::to_string(memory_used_) + " MB\t";
  if (std::exchange(first_event_, false) && was_ready_) {
    report +=
        "Init Duration: " + with_decimals(static_cast<double>((ready_at_ - started_).count())) + " ms\t";
  }
  log_.write(report);
  outcome.log = log_.tail();
  call.done(std::move(outcome));
}

}  // namespace iotemu::runtime
