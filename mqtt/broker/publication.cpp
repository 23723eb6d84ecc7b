#include "mqtt/broker/publication.h"

namespace iotemu::mqtt {

Publication::Publication(const Publish& packet, std::string_view publisher, const Clock& clock)
    : topic_{packet.topic},
      payload_{packet.payload},
      qos_{packet.qos},
      retain_{packet.retain},
      properties_{packet.properties},
      publisher_{publisher},
      clock_{&clock} {}

Publication::Publication(MessagePtr message)
    : topic_{message->topic},
      payload_{message->payload_bytes()},
      qos_{message->qos},
      retain_{message->retain},
      properties_{message->property_list()},
      publisher_{message->publisher},
      message_{std::move(message)} {}

const MessagePtr& Publication::message() {
  if (!message_) {
    message_ =
        std::make_shared<const Message>(Message{.topic = std::string{topic_},
                                                .payload = std::string{as_text(payload_)},
                                                .qos = qos_,
                                                .retain = retain_,
                                                .properties = std::string{as_text(properties_.encoded())},
                                                .publisher = std::string{publisher_},
                                                .published_at = clock_->now()});
  }
  return message_;
}

void Publication::append_to(std::string& out, Version version, QoS qos, bool retain,
                            std::uint16_t packet_id) {
  if (!many_ || retain) {
    encode(version,
           Publish{.qos = qos,
                   .retain = retain,
                   .topic = topic_,
                   .packet_id = packet_id,
                   .payload = payload_,
                   .properties = properties_},
           out);
    return;
  }
  auto& shape = shapes_[version == Version::v5 ? 1 : 0][qos == QoS::at_most_once ? 0 : 1];
  if (!shape) shape = encode_publish(version, qos, false, topic_, payload_, properties_);
  shape->append_to(out, packet_id);
}

}  // namespace iotemu::mqtt
