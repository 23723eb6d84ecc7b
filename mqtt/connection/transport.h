#pragma once

#include <cstddef>
#include <string>

#include "mqtt/ports.h"

namespace iotemu::mqtt {

/// What carries a connection's bytes: TLS on a socket, or memory in tests. Loop thread only. It never calls
/// back into the connection from inside one of these.
class Transport {
 public:
  /// The address is known from the start, the rest once the handshake is over. Valid until `forget_peer`.
  [[nodiscard]] virtual const PeerIdentity& peer() = 0;
  /// The buffer to append one packet of about `size` bytes to. It is sent at the end of the turn, or earlier.
  [[nodiscard]] virtual std::string& output(std::size_t size) = 0;
  /// Bytes that the peer has not taken yet, after an attempt to send them if they are many.
  [[nodiscard]] virtual std::size_t unsent() = 0;
  /// Asks for a call of `on_room` when little is unsent.
  virtual void notify_when_sent() = 0;
  /// The peer has been judged: what only that took may go.
  virtual void forget_peer() = 0;
  virtual void pause_reading() = 0;
  /// Reading goes on after the current call into the connection.
  virtual void resume_reading() = 0;
  /// Sends what is unsent, then says goodbye as the peer expects: close_notify, FIN, a short drain (P3.6).
  virtual void close() = 0;

 protected:
  ~Transport() = default;
};

}  // namespace iotemu::mqtt
