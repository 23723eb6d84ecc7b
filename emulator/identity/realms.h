#pragma once

// The realms of one emulator. Each has its own registry, bus and message space; none knows of another except
// through the question of ownership (P0.2). A realm is made when it is first named and lives as long as the
// emulator. Thread-safe.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/event_bus.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/timers.h"
#include "emulator/identity/realm_messages.h"
#include "emulator/identity/refusals.h"
#include "emulator/rules/rule_engine.h"
#include "emulator/topics/connection_log.h"
#include "emulator/topics/fleet_provisioning.h"
#include "emulator/topics/lifecycle.h"
#include "emulator/topics/message_log.h"
#include "mqtt/broker/broker.h"
#include "mqtt/ports.h"
#include "registry/events.h"
#include "registry/registry.h"
#include "registry/store.h"

namespace iotemu::identity {

/// What the realms share.
struct RealmSurroundings {
  Realm default_realm{};
  const Clock& clock;
  Random& random;
  Refusals& refusals;
  /// Where bus events are handled: one thread, in order.
  Executor& events;
  registry::RegistryOptions registry{};
  Duration session_expiry{std::chrono::hours{1}};
  Timers& timers;
  topics::FleetSurroundings fleet;
  rule_engine::RuleSurroundings rules;
  /// Asks the owner of a new topic rule destination (RU-30).
  std::function<void(const registry::DestinationConfirmationDue&)> confirm_destination{};
  /// Makes a message space. Never called on a broker's own thread.
  std::function<mqtt::Broker&(mqtt::BrokerObserver*)> make_broker{};
};

/// One realm: the registry, the broker, and what ties them together.
class RealmHome final : public mqtt::BrokerObserver {
 public:
  RealmHome(Realm realm, const RealmSurroundings& surroundings, const registry::Neighbours& neighbours);

  [[nodiscard]] const Realm& realm() const { return registry_.realm(); }
  [[nodiscard]] registry::Registry& registry() { return registry_; }
  [[nodiscard]] const registry::Registry& registry() const { return registry_; }
  [[nodiscard]] mqtt::Broker& broker() { return *broker_; }
  [[nodiscard]] topics::Lifecycle& lifecycle() { return lifecycle_; }
  [[nodiscard]] topics::MessageLog& messages() { return messages_; }
  /// What the data plane sees of the broker.
  [[nodiscard]] RealmMessages& message_space() { return message_space_; }

  [[nodiscard]] rule_engine::RuleEngine& rules() { return rules_; }

  /// Publishes as the service; rules see `client_id` as the one that caused it.
  void publish(std::string topic, std::string payload, mqtt::QoS qos = mqtt::QoS::at_most_once,
               std::string client_id = {});
  /// Everything is gone; live connections are cut.
  Status reset(bool keep_ca);

  void on_connected(const mqtt::ConnectionFacts& facts) override;
  void on_disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason) override;
  void on_subscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) override;
  void on_unsubscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) override;
  bool wants_message(std::string_view topic) const override;
  void on_message(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts* publisher) override;

 private:
  void cut_who_loses_its_certificate(Executor& events);
  void forget_what_expires(Executor& events, Timers& timers);
  /// LE-12.
  void publish_registry_events(Executor& events);
  template <class Event>
  void publish_events_of(Executor& events);
  [[nodiscard]] std::optional<std::string> exclusive_thing(const std::string& principal) const;
  /// The thing that fleet indexing takes the connection for.
  [[nodiscard]] std::optional<registry::ThingName> thing_of(const mqtt::ConnectionFacts& facts) const;
  void follow_connectivity(const registry::ThingName& thing);

  const Clock& clock_;
  Executor& events_;
  Refusals& refusals_;
  EventBus bus_;
  registry::MemoryStore store_;
  registry::Registry registry_;
  topics::Lifecycle lifecycle_;
  topics::MessageLog messages_;
  topics::FleetProvisioning fleet_;
  rule_engine::RuleEngine rules_;
  topics::ConnectionLog connections_;
  mqtt::Broker* broker_;
  RealmMessages message_space_;
};

class Realms final : public registry::Neighbours {
 public:
  /// Realms beside the default one, at most: each costs memory, and any API request may name one.
  static constexpr std::size_t kMaxRealms = 256;

  /// What `surroundings` refers to outlives the realms.
  explicit Realms(RealmSurroundings surroundings) : surroundings_{std::move(surroundings)} {}
  /// Makes the default realm, once `make_broker` can be called and before anything else is.
  void open();

  [[nodiscard]] RealmHome& home() { return *default_; }
  /// The realm, made if it is new. Fails with Errc::limit_exceeded. Not on a broker's thread.
  Result<RealmHome*> at(const Realm& realm);
  /// The same without making it; null: there is none.
  [[nodiscard]] RealmHome* find(const Realm& realm) const;
  /// All realms, the default one first.
  [[nodiscard]] std::vector<RealmHome*> all() const;

  bool certificate_owned_elsewhere(const Realm& asking, const registry::CertificateId& id) const override;
  bool ca_owned_elsewhere(const Realm& asking, const registry::CertificateId& id) const override;
  bool domain_owned_elsewhere(const Realm& asking, std::string_view host) const override;
  /// A realm has a domain configuration of this host name.
  [[nodiscard]] bool has_domain(std::string_view host) const;

 private:
  template <class Owns>
  [[nodiscard]] bool owned_elsewhere(const Realm& asking, Owns owns) const;

  const RealmSurroundings surroundings_;
  mutable std::shared_mutex
      mutex_;  ///< Guards homes_. Taken after a registry's writer lock, never before one.
  std::map<Realm, std::unique_ptr<RealmHome>> homes_;
  RealmHome* default_{nullptr};
};

}  // namespace iotemu::identity
