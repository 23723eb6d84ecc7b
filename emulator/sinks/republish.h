#pragma once

// The action `republish` (M section 7.8): the result of the rule's SQL becomes a message of the same realm,
// which may run rules in its turn. Thread-safe; nothing waits.

#include <functional>
#include <string>

#include "mqtt/broker/broker.h"
#include "rules/ports.h"

namespace iotemu::sinks {

/// A message that an action asks for, and whether it is for rules alone (Basic Ingest).
struct Republished {
  mqtt::Message message{};
  bool observer_only{false};
};

/// What the parameters of the action and its result say, or why that is no message: the topic or the answer
/// topic is none, or is reserved for others (M3-43); a property is none. Pure but for the instant.
Result<Republished> republished(const rules::ActionRequest& request, const mqtt::BrokerOptions& options,
                                Time now, Tick tick);

class RepublishSink final : public rules::ActionSink {
 public:
  /// The message space of a realm; null once the emulator ends.
  using BrokerOf = std::function<mqtt::Broker*(const Realm&)>;

  /// Takes out of a text what nobody may see.
  using Hide = std::function<std::string(std::string)>;

  /// `clock` outlives the sink. `hide` is for the log; it may be empty.
  RepublishSink(BrokerOf broker_of, const Clock& clock, Hide hide = {})
      : broker_of_{std::move(broker_of)}, clock_{clock}, hide_{std::move(hide)} {}

  void run(rules::ActionRequest request, Done done) override;

 private:
  const BrokerOf broker_of_;
  const Clock& clock_;
  const Hide hide_;
};

}  // namespace iotemu::sinks
