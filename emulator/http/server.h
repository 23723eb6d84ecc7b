#pragma once

// An HTTP/1.1 server, plain or over TLS, on one thread of its own: keep-alive, pipelined requests answered in
// order, every size and every wait bounded. It hands each request that the guard lets through to one Handler
// and knows nothing of what is served. Create, listen, stop from one thread; the Handler runs on the server's
// thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tls/server_context.h"
#include "emulator/http/guard.h"
#include "emulator/http/message.h"
#include "emulator/http/request_reader.h"

namespace iotemu::http {

/// The one answer to one request, given now or later, on any thread. If every copy is dropped unanswered, the
/// client gets 500. Outlives the server harmlessly.
class Responder {
 public:
  using Deliver = std::function<void(Response)>;

  /// `deliver` is called once; `rest`, if set, whenever somebody says so.
  explicit Responder(Deliver deliver, std::function<void()> rest = {});
  void operator()(Response response) const;
  /// The answer waits for what may never come, and is no work under way until it is there.
  void rests() const;

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

using Handler = std::function<void(Request, Responder)>;

struct TlsOptions {
  std::vector<std::string> alpn{};
  /// Asked inside the handshake, if set: false ends it with the alert `certificate_unknown` (P3.6).
  std::function<bool(const TlsPeer&)> accepts{};
  /// TLS refused the client, `reason` in OpenSSL's words. Only to be noted.
  std::function<void(const TlsPeer&, std::string_view reason)> on_handshake_failed{};
};

struct ServerOptions {
  Limits limits{};
  /// Longest body of the request with this head, if set; at most `limits.body`.
  std::function<std::size_t(const Request& head)> body_limit{};
  GuardOptions guard{};
  /// HTTPS that demands a client certificate. Nothing: plain HTTP.
  std::optional<TlsOptions> tls{};
  std::chrono::milliseconds handshake_time{10'000};
  std::chrono::milliseconds head_time{10'000};  ///< from the first byte of a head to its end
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{75'000};  ///< between requests; longer than SDKs keep a pool alive
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds stop_time{2'000};  ///< for requests under way when the server stops
  std::size_t requests_per_connection{1'000};
  std::size_t connections_per_peer{256};
  std::size_t connections{1'024};
};

class Server {
 public:
  /// `clock` dates the answers, `random` makes request ids, `work` counts requests until they are answered.
  Server(ServerOptions options, Handler handler, const Clock& clock, Random& random, WorkCounter& work);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Replaces the certificates for the connections that come; with TLS needed before the first `listen`.
  Status set_tls(const tls::Material& material);

  /// Listens on `host` (a name or an address) and `port` (0: any free one) and returns the port. May be
  /// called again for a further address. Fails with Errc::io and one sentence that names the address and the
  /// reason.
  [[nodiscard]] Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// `listen` in two steps: clients that come between the two wait, and are served from `accept` on.
  [[nodiscard]] Result<std::uint16_t> bind(const std::string& host, std::uint16_t port);
  void accept();

  /// Keeps `until` until what clients have sent so far has been read and handed to the Handler, as much of
  /// each connection as one read takes. Any thread.
  void read_what_came(std::shared_ptr<const void> until);

  /// Refuses new connections, lets requests under way finish (at most `stop_time`), joins the thread. Called
  /// by the destructor; never call it from the Handler.
  void stop();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace iotemu::http
