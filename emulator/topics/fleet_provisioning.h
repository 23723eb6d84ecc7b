#pragma once

// Fleet provisioning over MQTT (P6) of one realm: reads the three request topics, does the work away from the
// broker's threads, and answers the connection that asked. Requests come on worker threads; nothing here
// blocks one.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/timers.h"
#include "emulator/identity/refusals.h"
#include "emulator/invoke/functions.h"
#include "emulator/metrics/registration_counts.h"
#include "emulator/quotas/account_rates.h"
#include "emulator/topics/fleet_requests.h"
#include "mqtt/broker/message.h"
#include "mqtt/ports.h"
#include "registry/registry.h"

namespace iotemu::topics {

/// The requests of the whole emulator that are under way: how many there are, and which of them are still
/// wanted.
class FleetLoad {
 public:
  static constexpr std::size_t kMost = 1000;

  /// Holds one place while it lives; null when there is none.
  std::shared_ptr<void> enter();

  /// Nothing that came before the matching `open()` is wanted any more: a reset stands between the two, the
  /// end of the emulator behind the last `close()`.
  void close();
  void open();
  /// What a request keeps, to be told later whether it is wanted.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] bool wants(std::uint64_t epoch) const { return closed_ == 0 && epoch_ == epoch; }

 private:
  std::atomic<std::size_t> under_way_{0};
  std::atomic<int> closed_{0};
  std::atomic<std::uint64_t> epoch_{0};
};

/// All of it outlives the FleetProvisioning.
struct FleetSurroundings {
  Executor& keys;   ///< Where keys are made and certificates signed; nobody else waits for it.
  Executor& steps;  ///< Where everything else is done.
  const invoke::Functions& functions;
  identity::Refusals& refusals;
  FleetLoad& load;
  quotas::AccountRates& rates;
  metrics::RegistrationCounts& counts;
  const Clock& real_clock;
  Timers& real_timers;  ///< By `real_clock`.
  /// P5.11, in real time, from the call to the answer.
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
    std::uint64_t epoch{};
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

  /// A hook that is asked. The answer or the end of its time, whichever comes first, takes the call over; the
  /// other finds nothing left to do. Code that hangs keeps the call, and so its place, until it ends.
  struct HookCall {
    Provisioning provisioning{};
    Tick deadline{};
    std::atomic<bool> over{false};
  };

  [[nodiscard]] bool is_wanted(const Request& request) const {
    return surroundings_.load.wants(request.epoch);
  }
  /// The rate that this request would exceed, if it does (P10.8).
  [[nodiscard]] std::optional<std::size_t> exceeded_rate(FleetOperation operation);
  void create(const Request& request);
  void start_provisioning(const RequestPtr& request);
  [[nodiscard]] Read<Provisioning> check(const RequestPtr& request) const;
  void ask_hook(Provisioning provisioning);
  void on_hook_answer(HookCall& call, const Result<std::string>& answer);
  [[nodiscard]] Error no_answer_in_time() const;
  void finish(const Provisioning& provisioning);
  [[nodiscard]] Read<registry::Provisioned> apply(const Provisioning& provisioning);

  void accept(const Request& request, const Json& payload);
  /// `certificate`: the one the request is about, once that is known.
  void reject(const Request& request, const Rejected& rejected,
              const registry::CertificatePtr& certificate = nullptr);

  registry::Registry& registry_;
  const FleetSurroundings surroundings_;
  const Answer answer_;
};

}  // namespace iotemu::topics
