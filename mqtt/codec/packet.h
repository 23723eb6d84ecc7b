#pragma once

// The control packets of MQTT 3.1.1 and MQTT 5 as plain structs. A decoded packet borrows: every string_view,
// Bytes, Properties and FilterList looks into the buffer that was decoded and is valid as long as that buffer
// is. Nothing here owns memory, so a packet is cheap to copy and safe to use on any thread that may read the
// buffer. Fields that MQTT 3.1.1 does not have keep their defaults there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "mqtt/codec/bytes.h"
#include "mqtt/codec/filter_list.h"
#include "mqtt/codec/properties.h"
#include "mqtt/codec/qos.h"
#include "mqtt/codec/reason.h"

namespace iotemu::mqtt {

/// The protocol level of CONNECT that we speak.
enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

/// The message that CONNECT leaves to be published when the connection is lost.
struct Will {
  std::string_view topic{};
  Bytes payload{};
  QoS qos{};
  bool retain{};
  Properties properties{};

  friend bool operator==(const Will& a, const Will& b);
};

/// `level` is as sent. When it is neither 4 nor 5 only `protocol_name` and `level` are filled: the rest of
/// such a packet has no meaning to us, and the answer is CONNACK 0x01 (M3-1).
struct Connect {
  std::string_view protocol_name{"MQTT"};
  std::uint8_t level{4};
  bool clean_start{};  ///< "clean session" in 3.1.1
  std::uint16_t keep_alive{};
  std::string_view client_id{};
  std::optional<Will> will{};
  std::optional<std::string_view> username{};
  std::optional<Bytes> password{};
  Properties properties{};

  /// The version, if it is one that we speak.
  [[nodiscard]] std::optional<Version> version() const {
    if (level == 4) return Version::v3_1_1;
    if (level == 5) return Version::v5;
    return std::nullopt;
  }
  friend bool operator==(const Connect& a, const Connect& b);
};

/// `code` is a ConnectReturn in 3.1.1 and a Reason in MQTT 5 (the same byte on the wire).
struct Connack {
  bool session_present{};
  std::uint8_t code{};
  Properties properties{};

  friend bool operator==(const Connack& a, const Connack& b) = default;
};

struct Publish {
  QoS qos{};
  bool retain{};
  bool dup{};
  std::string_view topic{};
  std::uint16_t packet_id{};  ///< 0 at QoS 0, which has none
  Bytes payload{};
  Properties properties{};

  friend bool operator==(const Publish& a, const Publish& b);
};

struct Puback {
  std::uint16_t packet_id{};
  Reason reason{};
  Properties properties{};

  friend bool operator==(const Puback& a, const Puback& b) = default;
};

struct Subscribe {
  std::uint16_t packet_id{};
  FilterList filters{};
  Properties properties{};

  friend bool operator==(const Subscribe& a, const Subscribe& b) = default;
};

/// `codes` has one byte a filter, in the order of the request: the granted QoS, or 0x80 and above.
struct Suback {
  std::uint16_t packet_id{};
  Bytes codes{};
  Properties properties{};

  friend bool operator==(const Suback& a, const Suback& b);
};

struct Unsubscribe {
  std::uint16_t packet_id{};
  FilterNameList filters{};
  Properties properties{};

  friend bool operator==(const Unsubscribe& a, const Unsubscribe& b) = default;
};

/// `codes` is empty in 3.1.1.
struct Unsuback {
  std::uint16_t packet_id{};
  Bytes codes{};
  Properties properties{};

  friend bool operator==(const Unsuback& a, const Unsuback& b);
};

struct Pingreq {
  friend bool operator==(const Pingreq&, const Pingreq&) = default;
};

struct Pingresp {
  friend bool operator==(const Pingresp&, const Pingresp&) = default;
};

struct Disconnect {
  Reason reason{};
  Properties properties{};

  friend bool operator==(const Disconnect& a, const Disconnect& b) = default;
};

/// A packet that the standard knows and that this broker does not support: PUBREC, PUBREL, PUBCOMP (M3-19)
/// and AUTH (M5-4). Only its header is looked at.
struct Unsupported {
  PacketType type{};

  friend bool operator==(const Unsupported& a, const Unsupported& b) = default;
};

using Packet = std::variant<Connect, Connack, Publish, Puback, Subscribe, Suback, Unsubscribe, Unsuback,
                            Pingreq, Pingresp, Disconnect, Unsupported>;

[[nodiscard]] PacketType type_of(const Packet& packet);

}  // namespace iotemu::mqtt
