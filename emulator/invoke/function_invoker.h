#pragma once

// The port to user code: one JSON event in, success or the reason of the failure out. Adaptors: an in-process
// callback, a webhook, a command. None of them blocks the caller, and whatever happens inside one of them
// harms nobody else.

#include <functional>
#include <string>

#include "base/realm.h"
#include "base/result.h"

namespace iotemu::invoke {

/// One call of user code.
struct Invocation {
  /// JSON text.
  std::string payload{};
  /// Whose credentials and region the code is given.
  Realm realm{};
  /// MQTT client id of the device that caused the event; the payload does not tell (P4.1).
  std::string client_id{};
};

class FunctionInvoker {
 public:
  virtual ~FunctionInvoker() = default;
  /// Starts the call and returns at once. `done` is called exactly once, on a thread of the invoker's, also
  /// when the invoker is destroyed first. The error says what the code did: "exited with status 1: <last
  /// line>".
  virtual void invoke(Invocation invocation, std::function<void(Status)> done) = 0;
};

/// How much user code runs at once, and how much may wait for its turn. What comes when the queue is full
/// fails at once with Errc::throttled.
struct InvokeLimits {
  std::size_t running{16};
  std::size_t waiting{10'000};
};

}  // namespace iotemu::invoke
