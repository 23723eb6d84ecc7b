#pragma once

#include <cstdint>
#include <string_view>

#include "mqtt/broker/publication.h"
#include "mqtt/ports.h"

namespace iotemu::mqtt {

class Session;

/// The live end of a session: the connection as its session and its shard see it. Loop thread only.
class Link {
 public:
  /// The session is there: time for the CONNACK.
  virtual void on_attached(Session& session, bool session_present) = 0;
  /// Ends the connection and leaves the session. After it nothing more is sent on this link.
  virtual void end(CloseReason reason, bool publish_will) = 0;
  /// Whether the topic may be delivered now: the right to receive it (M3-34) and the rate (M3-41).
  virtual bool admits(std::string_view topic) = 0;
  /// Whether the peer keeps up with what it is sent.
  virtual bool has_room() = 0;
  virtual void send(Publication& publication, QoS qos, bool retain, std::uint16_t packet_id) = 0;
  [[nodiscard]] virtual const ConnectionFacts& facts() const = 0;

 protected:
  ~Link() = default;
};

}  // namespace iotemu::mqtt
