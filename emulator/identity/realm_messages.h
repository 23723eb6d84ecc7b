#pragma once

// What the data plane sees of one realm's message space: the broker, and what is remembered of its clients.
// Owned by the realm. Thread-safe; what waits for a worker must not be called on one.

#include "base/clock.h"
#include "emulator/api/message_space.h"
#include "emulator/topics/connection_log.h"
#include "mqtt/broker/broker.h"
#include "registry/registry.h"

namespace iotemu::identity {

class RealmMessages final : public api::MessageSpace {
 public:
  /// All references outlive it.
  RealmMessages(const registry::Registry& registry, mqtt::Broker& broker,
                const topics::ConnectionLog& connections, const Clock& clock, Duration session_expiry)
      : registry_{registry},
        broker_{broker},
        connections_{connections},
        clock_{clock},
        session_expiry_{session_expiry} {}

  [[nodiscard]] Status check(const api::IncomingMessage& message) const override;
  Status publish(api::IncomingMessage message) override;
  [[nodiscard]] std::optional<api::RetainedMessage> retained(const std::string& topic) const override;
  [[nodiscard]] std::vector<api::RetainedSummary> retained_after(const std::string& topic,
                                                                 std::size_t count) const override;
  [[nodiscard]] Result<api::ClientConnection> connection(const std::string& client_id) const override;
  [[nodiscard]] Result<std::vector<api::ClientSubscription>> subscriptions(
      const std::string& client_id) override;
  Status disconnect(const std::string& client_id, Disconnect how) override;

 private:
  [[nodiscard]] std::string thing_of(const mqtt::ConnectionFacts& facts) const;

  const registry::Registry& registry_;
  mqtt::Broker& broker_;
  const topics::ConnectionLog& connections_;
  const Clock& clock_;
  const Duration session_expiry_;
};

}  // namespace iotemu::identity
