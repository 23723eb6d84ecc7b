#pragma once

// One warm process of a function, as the pool sees it: started once, given one event at a time, ended with
// all that it started. It is the other side of its runtime API and reads its output. Touched only on the
// loop's thread; its own pending I/O keeps it alive. Private to this folder (includes Asio).

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "emulator/runtime/function_log.h"
#include "emulator/runtime/programs.h"
#include "emulator/runtime/runtime.h"
#include "emulator/runtime/runtime_api.h"
#include "emulator/runtime/scratch.h"
#include "emulator/runtime/spawner.h"

namespace iotemu::runtime {

/// One invocation under way.
struct Call {
  std::shared_ptr<const Function> function{};
  Invocation invocation{};
  Runtime::Done done{};
  WorkToken work{};
  std::size_t losses{0};  ///< Children that were lost before one was started for it.
};

class Child;

/// Who owns children. Called on the loop's thread, and but for `fell` never inside a call of theirs.
class ChildOwner {
 public:
  virtual ~ChildOwner() = default;
  /// Layers of the walls that one does without (see WallsUp).
  virtual void fell(std::uint8_t layers) = 0;
  /// It waits for an event.
  virtual void ready(Child& child) = 0;
  /// None of its processes is left; if it `never_was_ready`, somebody's call has to be told.
  virtual void gone(Child& child) = 0;
  /// Nothing of it is left, not even its keeper: the last call.
  virtual void closed(Child& child) = 0;
};

/// What all children share; outlives them.
struct ChildSurroundings {
  std::shared_ptr<boost::asio::io_context> io;
  const Clock& clock;  ///< The machine's: children live in real time.
  Random& random;
  FunctionLog& log;
  WorkCounter& work;
  const Programs& programs;
  Walls walls{Walls::automatic};
  std::vector<std::uint16_t> connect_ports{};
  std::function<std::string()> endpoint_url{};
};

class Child final : public RuntimeClient, public std::enable_shared_from_this<Child> {
 public:
  Child(ChildSurroundings& surroundings, ChildOwner& owner, std::shared_ptr<const Function> function);

  /// Asks `spawner` for the process. After a failure nothing is left of it and nobody is called.
  Status start(Spawner& spawner, RunFolder& folder);
  /// To one that can take it.
  void give(std::unique_ptr<Call> call);
  /// Ends it; what it has under way fails with that error. `until` is kept until nothing of it is left.
  void end(const Error& why, std::shared_ptr<const void> until = {});
  /// Answers `call`, which waited for it, with the reason why it never was ready.
  void tell_why_not_ready(Call& call);

  [[nodiscard]] bool never_was_ready() const { return !was_ready_; }
  /// It was not even started: the spawner has died.
  [[nodiscard]] bool was_lost() const { return lost_; }
  /// It has an event, or is about to ask for the next.
  [[nodiscard]] bool has_event() const { return call_ != nullptr; }
  /// It waits for an event and lives, as far as is known.
  [[nodiscard]] bool can_take() const { return waiting_.has_value() && !call_ && !ended_; }
  [[nodiscard]] const Function& function() const { return *function_; }
  [[nodiscard]] Tick idle_since() const { return idle_since_; }

  // RuntimeClient
  bool next(http::Responder respond) override;
  bool answered(const std::string& request_id, std::string payload) override;
  bool failed(const std::string& request_id, ReportedError error) override;
  void init_failed(ReportedError error) override;
  void disconnected() override;

 private:
  using Stream = InvocationLog::Stream;
  /// The answer to a call that did not end well.
  struct Failure {
    std::string type{};
    std::string message{};
    std::string document{};  ///< The function's own, in the place of the two.
    bool timed_out{false};
  };
  struct Pipe {
    explicit Pipe(boost::asio::io_context& io) : end{io} {}
    boost::asio::posix::stream_descriptor end;
    std::array<char, 16 * 1024> chunk{};
  };

  void read(Pipe& pipe, Stream stream);
  void drain();
  void await_report();
  void on_report(const KeeperReport& report);
  void on_closed();
  void on_ended(int status, bool too_many_processes);
  void conclude();
  void kill();
  void hold_work();
  void arm(Duration limit, std::function<void()> then);
  void on_timeout();
  [[nodiscard]] Failure exit_failure() const;
  [[nodiscard]] std::size_t memory_used_mb() const;
  void begin(const Invocation& invocation);
  void finish(Call& call, Outcome outcome);
  [[nodiscard]] static Outcome outcome_of(const Failure& failure, const std::string& request_id);

  ChildSurroundings& around_;
  ChildOwner& owner_;
  std::shared_ptr<const Function> function_;
  InvocationLog log_;
  std::unique_ptr<RuntimeApi> api_;
  boost::asio::posix::stream_descriptor control_;
  KeeperReport report_{};
  Pipe output_;
  Pipe errors_;
  boost::asio::steady_timer limit_;
  boost::asio::steady_timer grace_;
  std::optional<http::Responder> waiting_;
  std::unique_ptr<Call> call_;
  WorkToken ending_{};  ///< From when its end is known or asked for, until nothing of it is left.
  std::shared_ptr<const void> until_{};
  std::optional<Failure> start_failure_;
  std::optional<Error> ended_because_;
  Tick started_{};
  Tick ready_at_{};
  Tick event_at_{};
  Tick idle_since_{};
  pid_t pid_{0};
  std::size_t memory_used_{0};
  int status_{0};
  bool too_many_processes_{false};
  bool was_ready_{false};
  bool first_event_{true};
  bool lost_{false};
  bool held_{false};
  bool ended_{false};
  bool concluded_{false};
};

}  // namespace iotemu::runtime
