#pragma once

// The Lambda Runtime API for one child: its own HTTP endpoint on 127.0.0.1, whose port is in the child's
// AWS_LAMBDA_RUNTIME_API. Requests become calls of a RuntimeClient; forms and errors are those of the public
// API, version 2018-06-01, which knows no secret. Our own bootstraps send a token from their environment, so
// that no other process of this machine takes or answers their events; a runtime that the user brings
// (`provided*`) cannot, and only its port's number keeps others away. What a browser sends is refused from
// everybody. Made, used and closed on the thread of one io_context; connections that linger
// keep alive what they need. Private to this folder (includes Asio).

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "emulator/http/server.h"

namespace iotemu::runtime {

inline constexpr std::string_view kRuntimeTokenHeader = "Iotemu-Runtime-Token";

/// AWS's bound of an event and of an answer.
inline constexpr std::size_t kMaxPayloadBytes = 6'291'556;

/// An error that the child reports of its function.
struct ReportedError {
  std::string type{};      ///< Lambda-Runtime-Function-Error-Type; may be empty
  std::string document{};  ///< The body: `{"errorMessage", "errorType", …}`, if the child keeps to the form.
};

/// Who the child talks to. Calls come on the loop's thread.
class RuntimeClient {
 public:
  virtual ~RuntimeClient() = default;
  /// The child waits for an event: `respond` with `event_response`, now or later. False: it is not its turn,
  /// it has not answered the event before.
  [[nodiscard]] virtual bool next(http::Responder respond) = 0;
  /// The answer to an event. False: no event of that id is under way.
  [[nodiscard]] virtual bool answered(const std::string& request_id, std::string payload) = 0;
  [[nodiscard]] virtual bool failed(const std::string& request_id, ReportedError error) = 0;
  virtual void init_failed(ReportedError error) = 0;
  /// The last connection was closed.
  virtual void disconnected() = 0;
};

struct EventHead {
  std::string request_id{};
  long long deadline_ms{0};  ///< Epoch, by the machine's clock.
  std::string function_arn{};
  std::string trace_id{};
  std::string client_context{};
};

[[nodiscard]] http::Response event_response(const EventHead& head, std::string payload);

class RuntimeApi {
 public:
  /// `client` lives until `close`; clock and random outlive the loop. Without `token` in kRuntimeTokenHeader
  /// a request is refused; empty: none is asked for. Fails with Errc::io.
  static Result<std::unique_ptr<RuntimeApi>> open(std::shared_ptr<boost::asio::io_context> io,
                                                  const Clock& clock, Random& random, RuntimeClient& client,
                                                  std::string token);
  /// Closes.
  ~RuntimeApi();
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Whether nobody is connected.
  [[nodiscard]] bool quiet() const;
  /// Accepts nobody any more, lets go of who waits; the client is not called again.
  void close();

 private:
  struct State;
  explicit RuntimeApi(std::shared_ptr<State> state) : state_{std::move(state)} {}

  std::shared_ptr<State> state_;
};

}  // namespace iotemu::runtime
