#pragma once

// Bytes to packets, with every check that OASIS MQTT 3.1.1 and MQTT 5 ask for at packet level. Packets of
// both directions decode, so that broker, test client and benches share one codec; a broker refuses what only
// a server may send. Success allocates nothing: the packet borrows from the frame.
//
// An error names the packet, the broken rule with its [MQTT-x.y.z-n] of the version in use, and the byte of
// the body. Its code is Errc::malformed_packet; in MQTT 5 a well-formed packet that the protocol forbids is
// Errc::invalid_request (reason_for() tells the reason codes apart).
//
// Not judged here, since the answer is the broker's: the rules of topic names and filters beyond emptiness
// and wildcards in PUBLISH (mqtt/broker/topic.h), the client id, a level that we do not speak, topic aliases.

#include "base/result.h"
#include "mqtt/codec/frame.h"
#include "mqtt/codec/packet.h"

namespace iotemu::mqtt {

/// Decodes any packet. CONNECT carries its own level, so `version` does not matter for it.
[[nodiscard]] Result<Packet> decode(Version version, const Frame& frame);

/// The first packet of a connection: anything but a CONNECT is an error [MQTT-3.1.0-1].
[[nodiscard]] Result<Connect> decode_connect(const Frame& frame);

/// The packet of the hot path, without the detour over Packet; `frame` must be a PUBLISH.
[[nodiscard]] Result<Publish> decode_publish(Version version, const Frame& frame);

}  // namespace iotemu::mqtt
