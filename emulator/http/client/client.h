#pragma once

// The HTTP client: asks other servers, http and https, on one thread of its own. It follows no redirect, uses
// no proxy of the environment, and sends nothing that the caller has not given. Numbers, sizes and times are
// bounded. What an end means (another try, an error of AWS's) is for the caller, who owns one of these.
// Thread-safe; `send` never blocks.

#include <cstddef>
#include <functional>
#include <memory>

#include "base/executor.h"
#include "emulator/http/client/call.h"

namespace iotemu::http {

/// What does not fit ends at once with Ending::no_room.
struct ClientLimits {
  std::size_t running{64};    ///< Requests on their way at once.
  std::size_t waiting{4096};  ///< Requests that wait for one of those to end; in the order of `send`.
  /// Of the requests, those that wait and those on their way, and of what has come of their answers. An
  /// answer that does not fit is given up.
  std::size_t bytes{256 * std::size_t{1024} * 1024};
  std::size_t answer_head{64 * std::size_t{1024}};  ///< Of one answer.
};

class Client {
 public:
  using Done = std::function<void(Outcome)>;

  virtual ~Client() = default;
  /// `done` is called once, on the client's thread; inside the call if there is no room, the call is
  /// unsendable, or the client is stopped or has found no libcurl. Counts as work until it has returned. It
  /// may send again.
  virtual void send(Call call, Done done) = 0;
  /// Ends what was sent before, on the client's thread, soon behind this call: for a reset.
  virtual void cancel() = 0;
  /// Ends everything, for good; when it returns, every `done` has been called. Not called by a `done`.
  virtual void stop() = 0;
};

/// Stops at its end. Its thread begins with the first request, and loads libcurl; where that is missing,
/// every request ends with Ending::unreachable. `work` outlives the client.
std::unique_ptr<Client> make_client(const ClientLimits& limits, WorkCounter& work);

}  // namespace iotemu::http
