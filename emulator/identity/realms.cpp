#include "emulator/identity/realms.h"

#include <algorithm>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "emulator/identity/client.h"
#include "emulator/topics/registry_events.h"
#include "emulator/topics/reserved.h"
#include "registry/domain_configurations.h"
#include "registry/events.h"

namespace iotemu::identity {

using registry::CertificateId;
using registry::CertificateStatus;

RealmHome::RealmHome(Realm realm, const RealmSurroundings& surroundings,
                     const registry::Neighbours& neighbours)
    : clock_{surroundings.clock},
      events_{surroundings.events},
      refusals_{surroundings.refusals},
      registry_{std::move(realm),      surroundings.clock, surroundings.random, store_, bus_,
                surroundings.registry, &neighbours},
      lifecycle_{
          surroundings.clock,
          {.publish = [this](std::string topic,
                             std::string payload) { publish(std::move(topic), std::move(payload)); },
           .exclusive_thing = [this](const std::string& principal) { return exclusive_thing(principal); },
           .session_expiry = surroundings.session_expiry}},
      fleet_{registry_, surroundings.fleet,
             [this](const mqtt::ConnectionFacts& client, std::string topic, std::string payload) {
               broker_->publish_to(client, {.topic = std::move(topic),
                                            .payload = std::move(payload),
                                            .qos = mqtt::QoS::at_least_once,
                                            .published_at = clock_.now()});
             }},
      rules_{registry_, surroundings.rules},
      connections_{surroundings.clock, surroundings.session_expiry},
      broker_{&surroundings.make_broker(this)},
      message_space_{registry_, *broker_, connections_, surroundings.clock, surroundings.session_expiry} {
  cut_who_loses_its_certificate(surroundings.events);
  forget_what_expires(surroundings.events, surroundings.timers);
  publish_registry_events(surroundings.events);
  bus_.subscribe<registry::DestinationConfirmationDue>(surroundings.events, surroundings.confirm_destination);
}

void RealmHome::forget_what_expires(Executor& events, Timers& timers) {
  bus_.subscribe<registry::ExpiryAhead>(events, [this, &timers](const registry::ExpiryAhead& ahead) {
    timers.at(ahead.due, [this] { registry_.forget_expired(); });
  });
}

template <class Event>
void RealmHome::publish_events_of(Executor& events) {
  bus_.subscribe<Event>(events, [this](const Event& event) {
    auto message = topics::message_of(event);
    publish(std::move(message.topic), std::move(message.payload));
  });
}

void RealmHome::publish_registry_events(Executor& events) {
  publish_events_of<registry::ThingChanged>(events);
  publish_events_of<registry::ThingTypeChanged>(events);
  publish_events_of<registry::ThingTypeAssociationChanged>(events);
  publish_events_of<registry::ThingGroupChanged>(events);
  publish_events_of<registry::ThingGroupMembershipChanged>(events);
  publish_events_of<registry::ThingGroupHierarchyChanged>(events);
}

void RealmHome::cut_who_loses_its_certificate(Executor& events) {
  bus_.subscribe<registry::CertificateStatusChanged>(
      events, [this](const registry::CertificateStatusChanged& change) {
        if (change.from != CertificateStatus::active) return;
        broker_->disconnect_principal(change.id.hex(), mqtt::CloseReason::authorization_lost);
      });
  bus_.subscribe<registry::CertificateDeleted>(events, [this](const registry::CertificateDeleted& deleted) {
    broker_->disconnect_principal(deleted.id.hex(), mqtt::CloseReason::authorization_lost);
  });
}

void RealmHome::publish(std::string topic, std::string payload, mqtt::QoS qos, std::string client_id) {
  mqtt::Message message{.topic = std::move(topic),
                        .payload = std::move(payload),
                        .qos = qos,
                        .publisher = std::move(client_id),
                        .published_at = clock_.now()};
  // Basic Ingest is for its rule alone (RU-33), whoever publishes.
  if (topics::classify_publish(message.topic) == topics::PublishKind::basic_ingest) {
    (void)broker_->offer(std::move(message), true);  // nothing is retained, so it is never refused
  } else {
    broker_->publish(std::move(message));
  }
}

Status RealmHome::reset(bool keep_ca) {
  rules_.reset();
  auto done = registry_.reset(keep_ca);
  // Waited for, so that whoever connects next meets nothing of before. Loops that stop let go of the promise.
  auto promise = std::make_shared<std::promise<void>>();
  const std::future<void> cut = promise->get_future();
  broker_->reset([promise = std::move(promise)] { promise->set_value(); });
  cut.wait();
  lifecycle_.reset();
  connections_.reset();
  return done;
}

std::optional<std::string> RealmHome::exclusive_thing(const std::string& principal) const {
  const auto id = CertificateId::parse(principal);
  if (!id) return std::nullopt;
  const auto view = registry_.principal_view(*id);
  if (!view) return std::nullopt;
  const auto found = std::ranges::find(view->things, registry::ThingPrincipalType::exclusive,
                                       &registry::AttachedThing::type);
  if (found == view->things.end()) return std::nullopt;
  return found->thing->name.text();
}

std::optional<registry::ThingName> RealmHome::thing_of(const mqtt::ConnectionFacts& facts) const {
  // The principal of a custom authorizer is no certificate, and attached to nothing.
  const auto id = CertificateId::parse(facts.principal);
  return registry_.thing_of_connection(id ? *id : CertificateId{}, facts.client_id);
}

void RealmHome::follow_connectivity(const registry::ThingName& thing) {
  // Whoever turns it on later asks about every thing.
  if (!registry_.index().indexes_connectivity()) return;
  // A worker does not wait for whoever writes.
  events_.post([this, thing] { registry_.follow_connectivity(thing); });
}

void RealmHome::on_connected(const mqtt::ConnectionFacts& facts) {
  log::info("connected", {{"clientId", facts.client_id}, {"certificateId", facts.principal}});
  connections_.connected(facts);
  if (const auto thing = thing_of(facts)) {
    registry_.device_connected(*thing, facts.connection_id);
    follow_connectivity(*thing);
  }
  lifecycle_.connected(facts);
}

void RealmHome::on_disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason) {
  log::info("disconnected", {{"clientId", facts.client_id},
                             {"certificateId", facts.principal},
                             {"why", topics::disconnect_reason(reason)}});
  if (reason == mqtt::CloseReason::authorization_lost) {
    const auto id = CertificateId::parse(facts.principal);
    const bool exists = id && registry_.find_at_door(*id) != nullptr;
    refusals_.add(
        {.refusal = Refusal::authorization_lost,
         .client_id = facts.client_id,
         .certificate_id = facts.principal,
         .peer = peer_text(facts.address, facts.port),
         .cause =
             "certificate " + facts.principal +
             (exists ? " is no longer ACTIVE, so its connection was cut (P2.7)"
                     : " no longer exists, so its connection was cut: it was deleted (P2.8), or it was a "
                       "provisioning claim, whose five minutes are over (P6.5)"),
         .cure = exists ? "aws iot update-certificate --certificate-id " + facts.principal +
                              " --new-status ACTIVE"
                        : "let the device connect with another certificate; a new claim comes from aws iot "
                          "create-provisioning-claim --template-name NAME"});
  }
  connections_.disconnected(facts, reason);
  const auto thing =
      registry_.device_disconnected(facts.connection_id, std::string{topics::disconnect_reason(reason)});
  if (thing) follow_connectivity(*thing);
  lifecycle_.disconnected(facts, reason);
}

void RealmHome::on_subscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) {
  lifecycle_.subscribed(facts, filters);
}

void RealmHome::on_unsubscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) {
  lifecycle_.unsubscribed(facts, filters);
}

bool RealmHome::wants_message(std::string_view topic) const {
  return messages_.wants(topic) || topics::FleetProvisioning::wants(topic) || rules_.wants(topic);
}

void RealmHome::on_message(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher) {
  messages_.add(*message);
  // The service itself asks nothing.
  if (publisher != nullptr && topics::FleetProvisioning::wants(message->topic)) {
    fleet_.on_request(message, *publisher);
  }
  rules_.on_message(message, publisher);
}

void Realms::open() {
  auto home = std::make_unique<RealmHome>(surroundings_.default_realm, surroundings_, *this);
  default_ = home.get();
  homes_.emplace(surroundings_.default_realm, std::move(home));
}

RealmHome* Realms::find(const Realm& realm) const {
  const std::shared_lock lock{mutex_};
  const auto found = homes_.find(realm);
  return found == homes_.end() ? nullptr : found->second.get();
}

Result<RealmHome*> Realms::at(const Realm& realm) {
  if (auto* home = find(realm)) return home;
  const std::unique_lock lock{mutex_};
  if (const auto found = homes_.find(realm); found != homes_.end()) return found->second.get();
  if (homes_.size() > kMaxRealms) {
    return Error{Errc::limit_exceeded,
                 "more than " + std::to_string(kMaxRealms) +
                     " combinations of account and region are in use; restart the emulator"};
  }
  auto home = std::make_unique<RealmHome>(realm, surroundings_, *this);
  return homes_.emplace(realm, std::move(home)).first->second.get();
}

std::vector<RealmHome*> Realms::all() const {
  const std::shared_lock lock{mutex_};
  std::vector<RealmHome*> result{default_};
  for (const auto& [realm, home] : homes_) {
    if (home.get() != default_) result.push_back(home.get());
  }
  return result;
}

template <class Owns>
bool Realms::owned_elsewhere(const Realm& asking, Owns owns) const {
  const std::shared_lock lock{mutex_};
  return std::ranges::any_of(homes_, [&](const auto& entry) {
    return entry.first != asking && entry.first.region == asking.region && owns(entry.second->registry());
  });
}

bool Realms::certificate_owned_elsewhere(const Realm& asking, const CertificateId& id) const {
  return owned_elsewhere(asking, [&](const registry::Registry& other) { return other.owns_certificate(id); });
}

bool Realms::ca_owned_elsewhere(const Realm& asking, const CertificateId& id) const {
  return owned_elsewhere(asking, [&](const registry::Registry& other) { return other.owns_ca(id); });
}

bool Realms::domain_owned_elsewhere(const Realm& asking, std::string_view host) const {
  const std::shared_lock lock{mutex_};
  return std::ranges::any_of(homes_, [&](const auto& entry) {
    return entry.first != asking && entry.second->registry().domain_configurations().by_name(host) != nullptr;
  });
}

bool Realms::has_domain(std::string_view host) const {
  return std::ranges::any_of(all(), [&](const RealmHome* home) {
    return home->registry().domain_configurations().by_name(host) != nullptr;
  });
}

}  // namespace iotemu::identity
