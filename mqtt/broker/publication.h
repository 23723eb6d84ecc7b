#pragma once

// A message on its way through one turn of one loop. It starts as views into the packet that brought it and
// becomes more only on demand: a shared Message when somebody keeps it or another loop needs it, an encoding
// when more than one subscriber gets the same bytes. Lives on the stack of the thread that routes it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "mqtt/broker/message.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/packet.h"
#include "mqtt/session/ack_gate.h"

namespace iotemu::mqtt {

class Publication {
 public:
  /// Borrows from `packet` and `publisher` (a client id).
  Publication(const Publish& packet, std::string_view publisher, const Clock& clock);
  explicit Publication(MessagePtr message);

  [[nodiscard]] std::string_view topic() const { return topic_; }
  [[nodiscard]] Bytes payload() const { return payload_; }
  [[nodiscard]] QoS qos() const { return qos_; }
  [[nodiscard]] bool retain() const { return retain_; }
  [[nodiscard]] const Properties& properties() const { return properties_; }
  /// A client id; empty for the service.
  [[nodiscard]] std::string_view publisher() const { return publisher_; }
  /// Roughly how many bytes its PUBLISH packet has.
  [[nodiscard]] std::size_t size() const {
    return topic_.size() + payload_.size() + properties_.encoded().size() + 16;
  }

  /// The message, detached from every buffer; made at the first call.
  const MessagePtr& message();
  /// Whether it has been made.
  [[nodiscard]] bool detached() const { return message_ != nullptr; }

  /// The gate before the publisher's acknowledgements, for subscribers that do not keep up; null for who
  /// waits for none: QoS 0, the service. It outlives the publication.
  void set_gate(AckGate* gate) { gate_ = gate; }
  [[nodiscard]] AckGate* gate() const { return gate_; }

  /// Tells that several subscribers will get it, so that one encoding serves them.
  void expect_many() { many_ = true; }
  /// Appends the PUBLISH packet for one subscriber.
  void append_to(std::string& out, Version version, QoS qos, bool retain, std::uint16_t packet_id);

 private:
  std::string_view topic_;
  Bytes payload_;
  QoS qos_;
  bool retain_;
  bool many_{false};
  Properties properties_;
  std::string_view publisher_;
  const Clock* clock_{};
  MessagePtr message_{};
  AckGate* gate_{};
  std::optional<SharedPublish> shapes_[2][2]{};  // [version][QoS], RETAIN=0
};

}  // namespace iotemu::mqtt
