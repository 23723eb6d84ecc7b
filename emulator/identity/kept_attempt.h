#pragma once

// A CONNECT whose answer comes later: a copy of what mqtt::ConnectAttempt only borrows.

#include <optional>
#include <string>

#include "mqtt/ports.h"

namespace iotemu::identity {

class KeptAttempt {
 public:
  explicit KeptAttempt(const mqtt::ConnectAttempt& attempt)
      : peer_{attempt.peer},
        client_id_{attempt.client_id},
        session_id_{attempt.session_id},
        username_{attempt.username},
        version_{attempt.version},
        persistent_{attempt.persistent},
        session_expiry_{attempt.session_expiry} {
    if (attempt.will != nullptr) will_ = *attempt.will;
  }

  /// Borrows from this object.
  [[nodiscard]] mqtt::ConnectAttempt attempt() const {
    return {.peer = peer_,
            .client_id = client_id_,
            .session_id = session_id_,
            .version = version_,
            .persistent = persistent_,
            .session_expiry = session_expiry_,
            .will = will_ ? &*will_ : nullptr,
            .username = username_};
  }
  [[nodiscard]] const mqtt::PeerIdentity& peer() const { return peer_; }
  [[nodiscard]] const std::string& session_id() const { return session_id_; }

 private:
  const mqtt::PeerIdentity peer_;
  const std::string client_id_;
  const std::string session_id_;
  const std::string username_;
  const mqtt::Version version_;
  const bool persistent_;
  const Duration session_expiry_;
  std::optional<mqtt::Will> will_;
};

}  // namespace iotemu::identity
