#pragma once

// The port to user code: one JSON event in, its answer or the reason of the failure out. Adaptors: an
// in-process callback, a webhook, a command. None of them blocks the caller, and whatever happens inside one
// of them harms nobody else.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/realm.h"
#include "base/result.h"

namespace iotemu::invoke {

/// The longest answer that is read; a longer one is a failed call.
inline constexpr std::size_t kMaxAnswerBytes = 1024 * 1024;

/// Kept by whoever has something to bring to its end; when nobody keeps it any more, the next step comes.
using Hold = std::shared_ptr<const void>;

/// One call of user code.
struct Invocation {
  /// JSON text.
  std::string payload{};
  /// Whose credentials and region the code is given.
  Realm realm{};
  /// MQTT client id of the device that caused the event; the payload may not tell (P4.1).
  std::string client_id{};
  /// In real time, for this call; nothing: the invoker's own limit.
  std::optional<Duration> time_limit{};
  /// False: what the code answers is thrown away, however long it is.
  bool wants_answer{true};
  /// On whose behalf, as a resource policy names it: a service ("iot.amazonaws.com") and its resource. Asked
  /// of functions that have such a policy. Empty: no right is asked for.
  std::string principal{};
  std::string source_arn{};
};

class FunctionInvoker {
 public:
  /// The answer's text: what a webhook answered, a command wrote to stdout, a callback returned.
  using Done = std::function<void(Result<std::string>)>;

  virtual ~FunctionInvoker() = default;
  /// Starts the call and returns at once. `done` is called exactly once, on a thread of the invoker's, also
  /// when the invoker is destroyed first. The error says what the code did: "exited with status 1: <last
  /// line>".
  virtual void invoke(Invocation invocation, Done done) = 0;
  /// Ends what runs and drops what waits, each with an error as its answer, and keeps `until` until nothing
  /// of it is left. Returns at once.
  virtual void reset(const Hold& until) = 0;
};

/// How much user code runs at once, and how much may wait for its turn. What comes when the queue is full
/// fails at once with Errc::throttled.
struct InvokeLimits {
  std::size_t running{16};
  std::size_t waiting{10'000};
  std::size_t bytes{64 * std::size_t{1024} * 1024};  ///< Of the events that wait.
};

}  // namespace iotemu::invoke
