#include "emulator/rules/received.h"

#include "mqtt/codec/properties.h"

namespace iotemu::rule_engine {

Received::Received(mqtt::MessagePtr message, std::string topic, Publisher publisher, Realm realm,
                   std::string trace_id, Time now)
    : message_{std::move(message)},
      payload_{message_, &message_->payload},
      topic_{std::move(topic)},
      publisher_{std::move(publisher)},
      realm_{std::move(realm)},
      trace_id_{std::move(trace_id)},
      depth_{message_->hops},
      descendants_{message_->descendants ? message_->descendants
                                         : std::make_shared<std::atomic<std::uint32_t>>(0U)},
      view_{.topic = topic_,
            .payload = *payload_,
            .client_id = publisher_.client_id,
            .principal = publisher_.principal,
            .source_ip = publisher_.source_ip},
      surroundings_{.account = realm_.account, .region = realm_.region, .now_ms = epoch_ms(now)} {
  if (!publisher_.client_id.empty()) view_.trace_id = trace_id_;
  using mqtt::PropertyId;
  const mqtt::Properties properties = message_->property_list();
  view_.content_type = properties.text(PropertyId::content_type);
  view_.response_topic = properties.text(PropertyId::response_topic);
  view_.correlation_data = properties.text(PropertyId::correlation_data);
  view_.is_utf8 = properties.number(PropertyId::payload_format_indicator).value_or(0) == 1;
  for (const mqtt::Property property : properties) {
    if (property.id == PropertyId::user_property) user_properties_.emplace_back(property.name, property.text);
  }
  view_.user_properties = user_properties_;
}

Received::Received(const rules::ActionRequest& request, Time now)
    : origin_{request.message},
      payload_{request.original_payload ? request.original_payload : std::make_shared<const std::string>()},
      topic_{request.topic},
      publisher_{.client_id = request.client_id, .source_ip = request.source_ip},
      realm_{request.realm},
      trace_id_{request.trace_id},
      depth_{request.depth},
      descendants_{request.descendants},
      view_{.topic = topic_,
            .payload = *payload_,
            .client_id = publisher_.client_id,
            .source_ip = publisher_.source_ip,
            .trace_id = trace_id_},
      surroundings_{.account = realm_.account, .region = realm_.region, .now_ms = epoch_ms(now)} {
  if (origin_) view_ = *origin_;
}

rules::ActionRequest Received::request_of(const std::string& rule) const {
  return {.realm = realm_,
          .rule_name = rule,
          .topic = topic_,
          .client_id = publisher_.client_id,
          .source_ip = publisher_.source_ip,
          .trace_id = trace_id_,
          .original_payload = payload_,
          .depth = depth_,
          .descendants = descendants_};
}

}  // namespace iotemu::rule_engine
