#pragma once

// How far a connection came and how it ended, as values without a socket.

#include <cstdint>

namespace iotemu::load {

enum class Stage : std::uint8_t {
  tcp,      ///< the connection is being made
  tls,      ///< the handshake is under way
  connack,  ///< CONNECT is sent
  online,   ///< accepted
};

struct Ending {
  enum class Kind : std::uint8_t {
    left,             ///< our own doing
    closed,           ///< the peer closed, in order or not
    failed,           ///< the system's reason in `code` (errno)
    alert,            ///< TLS alert `code` from the peer
    server_rejected,  ///< the server's certificate was found wanting; `code` is X509_V_ERR_*
    tls_error,        ///< any other failure of TLS
    refused,          ///< CONNACK with `code`
    disconnected,     ///< DISCONNECT (MQTT 5) with reason `code`
    malformed,        ///< what came is no MQTT
  };
  Stage stage{};
  Kind kind{};
  int code{};

  friend bool operator==(const Ending&, const Ending&) = default;
};

}  // namespace iotemu::load
