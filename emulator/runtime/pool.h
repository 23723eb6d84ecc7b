#pragma once

// Functions as warm processes: for every revision of a function a set of children, each with one event at a
// time. Children are started when events wait, kept for a while when none do, and ended with the emulator, by
// `reset` or when their revision is retired. One pool an emulator, owned by the composition root; one thread
// of its own, which starts with the first invocation, and in real time whatever the emulator's clock says.
//
// differs: AWS starts as many environments as there are events at once. Here `processes` bounds what runs at
// a time on this machine, and up to `concurrency` events wait their turn; every function gets at least one
// process, so that functions which invoke one another do not wait for ever, and when nothing moves for a
// second one more is allowed.
// differs: the bound of /tmp is one of each file, not of all together.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/json.h"
#include "emulator/runtime/programs.h"
#include "emulator/runtime/runtime.h"
#include "emulator/runtime/spawn_request.h"

namespace iotemu::runtime {

struct PoolOptions {
  ProgramOptions programs{};
  Walls walls{Walls::automatic};
  /// TCP ports that functions may connect to under Walls::strict, beside the emulator's.
  std::vector<std::uint16_t> connect_ports{};
  /// For temporary files.
  std::filesystem::path temporary_folder{"/tmp"};
  /// At a time; 0: two a core and six.
  std::size_t processes{0};
  /// Events of the whole account under way or waiting; beyond that they are throttled.
  std::size_t concurrency{1'000};
  /// How long a child without an event is kept.
  Duration idle_time{std::chrono::minutes{5}};
  /// AWS_ENDPOINT_URL; asked when a child is started.
  std::function<std::string()> endpoint_url{};
};

class Pool final : public Runtime {
 public:
  /// `work` counts every invocation until it is answered, and children that are being ended by `reset`.
  Pool(PoolOptions options, WorkCounter& work);
  /// Stops.
  ~Pool() override;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Whether this machine has what `walls` asks for: Errc::unavailable names the missing layers.
  [[nodiscard]] static Status check(Walls walls);

  // Runtime
  [[nodiscard]] Status can_run(const std::string& runtime_name) const override;
  void invoke(std::shared_ptr<const Function> function, Invocation invocation, Done done) override;
  void retire(const std::string& arn, const std::string& revision) override;

  /// Ends all children, fails what is under way with Errc::unavailable, and keeps `until` until no process of
  /// them is left. Returns at once; what is invoked from now on starts anew.
  void reset(std::shared_ptr<const void> until = {});
  void clear_logs();
  /// As `reset`; returns when no process is left, or after some seconds. Later invocations fail.
  void stop();

  /// Lines of one function, by name or ARN, or of all (see FunctionLog::list).
  [[nodiscard]] Json logs(std::string_view function) const;
  /// `{"mode", "layers": {"landlockFiles": true, …}}`: what stands around functions, as far as their starts
  /// have told.
  [[nodiscard]] Json sandbox() const;
  /// Of the process that starts the others; 0 if there is none yet.
  [[nodiscard]] int spawner_process() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace iotemu::runtime
