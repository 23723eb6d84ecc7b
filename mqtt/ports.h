#pragma once

// What the broker asks of its surroundings. The broker knows certificates only as bytes, principals only as
// opaque names and topics only as text: who may connect, publish, subscribe and receive is decided behind
// these interfaces. Callbacks come on worker threads and must not block.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "mqtt/broker/message.h"
#include "mqtt/codec/packet.h"

namespace iotemu::mqtt {

class Broker;
struct ConnectionFacts;

/// What TLS proved and the network shows about the other side. The peer holds the key of `chain.front()`;
/// nothing else about the certificates has been judged.
struct PeerIdentity {
  std::vector<std::string> chain{};  ///< DER, leaf first, as the client sent it
  std::string server_name{};         ///< SNI; empty if the client sent none
  std::string address{};             ///< the peer's IP address
  std::uint16_t port{};
  std::string tls_version{};    ///< "TLSv1.2" or "TLSv1.3"
  std::string local_address{};  ///< ours, that the peer has reached
  std::uint16_t local_port{};
};

/// A CONNECT packet that is legal in itself. It borrows: whoever answers later copies what it needs.
struct ConnectAttempt {
  const PeerIdentity& peer;
  std::string_view client_id;  ///< as sent, or the generated `$GEN/<uuid>` (M3-6)
  std::string_view
      session_id;  ///< the UUID that the session gets if it is a new one (for connect_failed, LE-7)
  Version version{Version::v3_1_1};
  bool persistent{};          ///< clean session 0
  Duration session_expiry{};  ///< how long the session would outlive its connection
  const Will* will{};  ///< null without a will; its topic is valid, its permission is the callee's question
  std::string_view username;  ///< empty if absent; only metrics of client libraries travel here (T-14)
};

enum class Access {
  allowed,
  denied,
  forbidden_topic,  ///< reserved: no policy could allow it (M3-40)
  observer_only,    ///< publish only: allowed, goes to the observer and to no subscriber
};

/// The rights of one connection, asked on its worker only.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Access publish(std::string_view topic, bool retain) = 0;
  virtual Access subscribe(std::string_view filter) = 0;
  /// Asked at delivery (M3-34).
  virtual bool receive(std::string_view topic) = 0;
  /// The client has been silent for a while: time to forget what can be worked out again.
  virtual void rest() {}
};

/// Yes: the message space that the client enters, its rights, and the name under which
/// `Broker::disconnect_principal` finds it (a certificate id, say).
struct Admission {
  Broker* broker{};
  std::unique_ptr<Authorizer> authorizer{};
  std::string principal{};
};

/// No. `connack` 0 closes without a CONNACK (P3.6), any other value is sent as its return code first.
struct Refusal {
  std::uint8_t connack{0};
  std::string reason{};
};

using Verdict = std::variant<Admission, Refusal>;

/// Decides at the CONNECT packet, never earlier (P3.5): a handshake that is dropped asks nothing.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// `answer` is called exactly once, inside the call or later, on any thread; the connection reads nothing
  /// meanwhile. A late answer to a connection that has gone away is harmless.
  virtual void authenticate(const ConnectAttempt& attempt, std::function<void(Verdict)> answer) = 0;
  /// Asked inside the handshake when `ServerOptions::ask_in_handshake` is set (refusal mode
  /// `handshake_alert`): false ends it with the alert `certificate_unknown`.
  virtual bool accepts_in_handshake(const PeerIdentity& /*peer*/) { return true; }
  /// TLS refused the client, `reason` in OpenSSL's words: no certificate, a key that is not its own (P3.5
  /// rows 1 and 20). Only to be noted; of `peer` no more than the address is sure to be known.
  virtual void on_handshake_failed(const PeerIdentity& /*peer*/, std::string_view /*reason*/) {}
  /// The broker itself refuses or cuts a client for a broken rule of the protocol, a limit or a deadline;
  /// `why` names the rule and the value. Only to be noted. Before the admission `facts` lacks the principal.
  virtual void on_client_error(const ConnectionFacts& /*facts*/, std::string_view /*why*/) {}
  /// The broker refuses a client because of a rate, with `BrokerOptions::throttle`. Only to be noted.
  virtual void on_throttled(const ConnectionFacts& facts, std::string_view why) {
    on_client_error(facts, why);
  }
};

/// Why a connection ended. `emulator/topics/lifecycle.cpp` maps each to the `disconnectReason` of LE-4.
enum class CloseReason {
  client_disconnect,
  client_error,
  connection_lost,
  taken_over,
  keep_alive_timeout,
  server_shutdown,
  authorization_lost,
  authorization_error,
  forbidden,
  api,
  throttled,
  server_error,
};

/// What observers are told about a connection that was accepted.
struct ConnectionFacts {
  std::string client_id{};
  std::string principal{};
  std::string session_id{};       ///< UUID, constant for the session (LE-5)
  std::uint64_t connection_id{};  ///< grows with each accepted connection of the broker; pairs the events
  std::string address{};
  std::uint16_t port{};
  Version version{Version::v3_1_1};
  bool persistent{};
  bool session_present{};
  std::chrono::seconds keep_alive{};  ///< effective (M3-16)
  std::string local_address{};        ///< ours, that the peer has reached
  std::uint16_t local_port{};
};

/// Told what happens in one broker, on worker threads. An observer may publish; it must not block and must
/// not wait for the broker.
class BrokerObserver {
 public:
  virtual ~BrokerObserver() = default;
  virtual void on_connected(const ConnectionFacts& /*facts*/) {}
  virtual void on_disconnected(const ConnectionFacts& /*facts*/, CloseReason /*reason*/) {}
  /// One call a SUBSCRIBE or UNSUBSCRIBE packet, with the filters that were granted or removed (LE-8).
  virtual void on_subscribed(const ConnectionFacts& /*facts*/, std::span<const std::string> /*filters*/) {}
  virtual void on_unsubscribed(const ConnectionFacts& /*facts*/, std::span<const std::string> /*filters*/) {}
  /// Whether `on_message` is wanted for a topic: keeps the message path free of copies nobody reads.
  /// `true` for a topic must not turn into `false` by the state of anything but the topic and the observer.
  virtual bool wants_message(std::string_view /*topic*/) const { return false; }
  /// Every accepted publish on a wanted topic, wills included. `publisher` is null for the service itself;
  /// one without a connection has no client id.
  virtual void on_message(const MessagePtr& /*message*/, const ConnectionFacts* /*publisher*/) {}
};

}  // namespace iotemu::mqtt
