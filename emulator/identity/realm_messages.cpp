#include "emulator/identity/realm_messages.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "emulator/identity/authorizer.h"
#include "emulator/topics/lifecycle.h"
#include "emulator/topics/reserved.h"
#include "mqtt/session/session.h"

namespace iotemu::identity {
namespace {

using topics::PublishKind;

Error invalid(std::string what) {
  return {Errc::invalid_request, std::move(what)};
}

Error unknown_client(const std::string& client_id) {
  return {Errc::not_found, "Client " + client_id + " is not connected and has no persistent session"};
}

/// The property list of the PUBLISH, as MQTT 5 subscribers get it.
std::string properties_of(const api::IncomingMessage& message) {
  mqtt::PropertyWriter list;
  using mqtt::PropertyId;
  if (message.is_utf8) list.add(PropertyId::payload_format_indicator, *message.is_utf8 ? 1U : 0U);
  if (message.expiry) {
    list.add(PropertyId::message_expiry_interval, static_cast<std::uint32_t>(message.expiry->count()));
  }
  if (!message.content_type.empty()) list.add(PropertyId::content_type, message.content_type);
  if (!message.response_topic.empty()) list.add(PropertyId::response_topic, message.response_topic);
  if (message.correlation_data) list.add(PropertyId::correlation_data, *message.correlation_data);
  for (const auto& [name, value] : message.user_properties) list.add_user_property(name, value);
  return std::move(list).encoded();
}

api::RetainedMessage retained_message(const mqtt::Message& message) {
  api::RetainedMessage result{.topic = message.topic,
                              .payload = message.payload,
                              .qos = static_cast<int>(message.qos),
                              .modified = message.published_at};
  for (const mqtt::Property property : message.property_list()) {
    if (property.id != mqtt::PropertyId::user_property) continue;
    result.user_properties.emplace_back(property.name, property.text);
  }
  return result;
}

/// The answer of a worker. One that stops drops the question, and the promise in it.
template <class T>
Result<T> waited(std::future<T> answer) {
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return Error{Errc::unavailable, "The emulator is ending"};
  }
}

}  // namespace

Status RealmMessages::check(const api::IncomingMessage& message) const {
  const auto& options = broker_.options();
  const auto check_name = [&](const char* what, const std::string& name) -> Status {
    const auto fault = mqtt::check_topic_name(name, options.topics);
    if (fault == mqtt::TopicFault::none) return Ok{};
    return invalid(std::string{what} + " '" + name + "' " + mqtt::explain(fault, options.topics));
  };
  if (auto valid = check_name("The topic", message.topic); !valid) return valid;
  if (!message.response_topic.empty()) {
    if (auto valid = check_name("The responseTopic", message.response_topic); !valid) return valid;
  }
  if (message.payload.size() > options.max_payload) {
    return invalid("The payload has " + std::to_string(message.payload.size()) + " bytes; more than " +
                   std::to_string(options.max_payload) + " are not allowed (M3-38)");
  }
  const PublishKind kind = topics::classify_publish(message.topic);
  if (kind == PublishKind::forbidden) {
    return invalid("The topic '" + message.topic +
                   "' is reserved, and not for clients to publish to (M3-40)");
  }
  if (kind == PublishKind::request) {
    return invalid("Requests to '" + message.topic +
                   "' are answered to the MQTT connection that makes them: publish over MQTT");
  }
  if (message.retain && kind != PublishKind::ordinary) {
    return invalid("Nothing can be retained on the reserved topic '" + message.topic + "' (M3-44)");
  }
  return Ok{};
}

Status RealmMessages::publish(api::IncomingMessage message) {
  const bool for_the_service = topics::classify_publish(message.topic) == PublishKind::basic_ingest;
  mqtt::Message published{.properties = properties_of(message), .published_at = clock_.now()};
  published.topic = std::move(message.topic);
  published.payload = std::move(message.payload);
  published.qos = message.qos == 0 ? mqtt::QoS::at_most_once : mqtt::QoS::at_least_once;
  published.retain = message.retain;
  if (message.expiry) published.expires = clock_.tick() + *message.expiry;
  mqtt::ConnectionFacts publisher{.principal = std::move(message.principal),
                                  .address = std::move(message.source_ip)};
  if (broker_.offer(std::move(published), for_the_service, std::move(publisher))) return Ok{};
  return Error{Errc::throttled,
               "No more messages can be retained: delete some, or publish more slowly (M3-56)"};
}

std::optional<api::RetainedMessage> RealmMessages::retained(const std::string& topic) const {
  const auto message = broker_.retained().find(topic, clock_.tick());
  if (!message) return std::nullopt;
  return retained_message(*message);
}

std::vector<api::RetainedSummary> RealmMessages::retained_after(const std::string& topic,
                                                                std::size_t count) const {
  std::vector<api::RetainedSummary> page;
  for (const auto& message : broker_.retained().list_after(topic, count, clock_.tick())) {
    page.push_back({.topic = message->topic,
                    .payload_size = message->payload.size(),
                    .qos = static_cast<int>(message->qos),
                    .modified = message->published_at});
  }
  return page;
}

std::string RealmMessages::thing_of(const mqtt::ConnectionFacts& facts) const {
  const auto id = registry::CertificateId::parse(facts.principal);
  const auto view = id ? registry_.principal_view(*id) : nullptr;
  const auto* attached = view ? associated_thing(*view, facts.client_id) : nullptr;
  return attached == nullptr ? std::string{} : attached->thing->name.text();
}

Result<api::ClientConnection> RealmMessages::connection(const std::string& client_id) const {
  const auto last = connections_.find(client_id);
  if (!last) return unknown_client(client_id);
  const auto& facts = last->facts;
  const bool connected = !last->disconnected_since;
  const bool recent = !connected && clock_.now() - *last->disconnected_since < topics::ConnectionLog::kMemory;
  if (!connected && !recent && !broker_.has_session(client_id)) return unknown_client(client_id);
  api::ClientConnection result{.connected = connected,
                               .clean_session = !facts.persistent,
                               .keep_alive = facts.keep_alive,
                               .session_expiry = std::chrono::duration_cast<std::chrono::seconds>(
                                   facts.persistent ? session_expiry_ : Duration{}),
                               .thing_name = thing_of(facts),
                               .source_address = facts.address,
                               .source_port = facts.port,
                               .target_address = facts.local_address,
                               .target_port = facts.local_port};
  if (connected) result.connected_since = last->connected_since;
  if (recent) {
    result.disconnected_since = last->disconnected_since;
    result.disconnect_reason = topics::disconnect_reason(last->reason);
  }
  return result;
}

Result<std::vector<api::ClientSubscription>> RealmMessages::subscriptions(const std::string& client_id) {
  auto promise = std::make_shared<std::promise<mqtt::Broker::Filters>>();
  auto answer = promise->get_future();
  broker_.subscriptions_of(client_id, [promise = std::move(promise)](mqtt::Broker::Filters filters) {
    promise->set_value(std::move(filters));
  });
  const auto filters = waited(std::move(answer));
  if (!filters) return filters.error();
  if (!*filters) return unknown_client(client_id);
  std::vector<api::ClientSubscription> result;
  for (const auto& granted : **filters)
    result.push_back({granted.filter.str(), static_cast<int>(granted.qos)});
  std::ranges::sort(result, {}, &api::ClientSubscription::filter);
  return result;
}

Status RealmMessages::disconnect(const std::string& client_id, Disconnect how) {
  if (!broker_.has_session(client_id)) return unknown_client(client_id);
  auto promise = std::make_shared<std::promise<Ok>>();
  auto done = promise->get_future();
  broker_.disconnect_client(client_id, mqtt::CloseReason::api,
                            {.publish_will = !how.prevent_will, .discard_session = how.clean_session},
                            [promise = std::move(promise)] { promise->set_value(Ok{}); });
  return waited(std::move(done));
}

}  // namespace iotemu::identity
