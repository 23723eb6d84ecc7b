#pragma once

// The MQTT server: N workers (one thread and one event loop each), the listeners and the TLS context. The
// owner makes the brokers (one per message space; they share the workers), sets the certificates, listens,
// and stops. All members may be called from any thread except the workers' own.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tls/server_context.h"
#include "mqtt/broker/broker.h"
#include "mqtt/options.h"
#include "mqtt/ports.h"

namespace iotemu::mqtt {

struct ServerOptions {
  BrokerOptions broker{};
  std::size_t workers{0};  ///< 0 = one per core
  /// Handshake and CONNECT together (P3.5 clarifications, M3-3).
  Duration connect_wait{std::chrono::seconds{10}};
  /// How long a closed connection may still send what nobody reads, so that it can see our close_notify.
  Duration linger{std::chrono::seconds{1}};
  bool ask_in_handshake{false};  ///< refusal mode `handshake_alert` (P3.6): see Authenticator
  /// ALPN names that select MQTT (T-5); the first one that the client offers is chosen.
  std::vector<std::string> alpn{"x-amzn-mqtt-ca", "mqtt"};
  /// Time stands still until `fire_due()`: for a ManualClock.
  bool manual_time{false};
};

class Server {
 public:
  /// Starts the workers. `counter` counts posted work; bytes inside the kernel are not work.
  Server(ServerOptions options, Authenticator& authenticator, Clock& clock, Random& random,
         WorkCounter& counter);
  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// A new message space, made on any thread. It lives as long as the server. `observer` may be null and must
  /// outlive the server's `stop()`.
  Broker& make_broker(BrokerObserver* observer);

  /// Replaces the certificates for the connections that come; needed before the first `listen`.
  Status set_tls(const tls::Material& material);

  /// Listens on `host` (a numeric address or `localhost`); port 0 = an ephemeral one. The answer is the port.
  /// May be called several times, for several addresses.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// Closes the listeners, then every connection with `CloseReason::server_shutdown` (wills are published,
  /// LE-4), then the workers. Idempotent.
  void stop();

  /// Manual time: the earliest instant at which a timer is due, if any. Call it when no work is pending.
  [[nodiscard]] std::optional<Tick> next_due() const;
  /// Manual time: posts to each worker to run the timers that are due at the clock's tick.
  void fire_due();

  [[nodiscard]] std::size_t workers() const;
  /// Open sockets, handshakes included.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotemu::mqtt
