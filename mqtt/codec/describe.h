#pragma once

// Packets as one readable line, for logs and for tests that print what was expected beside what came:
// `PUBLISH{qos 1, topic "a/b", id 7, payload "on"}`. Control characters are escaped and long payloads cut, so
// the line is safe to log; passwords are never shown.

#include <concepts>
#include <ostream>
#include <string>
#include <variant>

#include "mqtt/codec/packet.h"

namespace iotemu::mqtt {

[[nodiscard]] std::string describe(const Packet& packet);

/// GoogleTest prints packets through this.
template <class P>
requires std::constructible_from<Packet, const P&>
void PrintTo(const P& packet, std::ostream* out) {
  *out << describe(Packet{packet});
}

}  // namespace iotemu::mqtt
