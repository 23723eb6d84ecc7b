#pragma once

// Fleet provisioning over MQTT (P6) of one realm: reads the three request topics, does the work away from the
// broker's threads, and answers the connection that asked. Requests come on worker threads; nothing here
// blocks one.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "emulator/identity/refusals.h"
#include "emulator/invoke/functions.h"
#include "emulator/topics/fleet_requests.h"
#include "mqtt/broker/message.h"
#include "mqtt/ports.h"
#include "registry/registry.h"

namespace iotemu::topics {

/// How many requests of the whole emulator are under way.
class FleetLoad {
 public:
  static constexpr std::size_t kMost = 1000;

  /// Holds one place while it lives; null when there is none.
  std::shared_ptr<void> enter();

 private:
  std::atomic<std::size_t> under_way_{0};
};

/// All of it outlives the FleetProvisioning.
struct FleetSurroundings {
  Executor& keys;   ///< Where keys are made and certificates signed.
  Executor& steps;  ///< Where everything else is done.
  const invoke::Functions& functions;
  identity::Refusals& refusals;
  FleetLoad& load;
  /// P5.11, in real time.
  Duration hook_time_limit{std::chrono::seconds{5}};
};

class FleetProvisioning {
 public:
  /// Publishes to one connection and nobody else.
  using Answer = std::function<void(const mqtt::ConnectionFacts&, std::string topic, std::string payload)>;

  FleetProvisioning(registry::Registry& registry, const FleetSurroundings& surroundings, Answer answer);

  [[nodiscard]] static bool wants(std::string_view topic) { return parse_fleet_topic(topic).has_value(); }
  /// `message` came on a wanted topic.
  void on_request(const mqtt::MessagePtr& message, const mqtt::ConnectionFacts& client);

 private:
  struct Request {
    mqtt::ConnectionFacts client{};
    mqtt::MessagePtr message{};
    FleetTopic topic{};
    std::shared_ptr<void> place{};
  };
  using RequestPtr = std::shared_ptr<const Request>;

  /// A provision request on its way through the steps of P6.3.
  struct Provisioning {
    RequestPtr request{};
    ProvisionRequest asked{};
    registry::ProvisioningTemplatePtr document{};
    registry::CertificatePtr certificate{};
  };

  void create(const Request& request);
  void start_provisioning(const RequestPtr& request);
  [[nodiscard]] Read<Provisioning> check(const RequestPtr& request) const;
  void ask_hook(Provisioning provisioning);
  void on_hook_answer(Provisioning provisioning, const Result<std::string>& answer);
  void finish(const Provisioning& provisioning);
  [[nodiscard]] Read<registry::Provisioned> apply(const Provisioning& provisioning);

  void accept(const Request& request, const Json& payload);
  void reject(const Request& request, const Rejected& rejected);

  registry::Registry& registry_;
  const FleetSurroundings surroundings_;
  const Answer answer_;
};

}  // namespace iotemu::topics
