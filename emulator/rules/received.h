#pragma once

// A message as the rules of one realm see it: everything that SQL may ask for, owned, so that it outlives the
// connection that brought it. Immutable; shared by the runs of all rules that it matches.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/realm.h"
#include "mqtt/broker/message.h"
#include "mqtt/ports.h"
#include "rules/message.h"
#include "rules/ports.h"

namespace iotemu::rule_engine {

/// Who published it, as far as it is known.
struct Publisher {
  std::string client_id{};
  std::string principal{};
  std::string source_ip{};
};

class Received {
 public:
  /// `topic`: without the prefix of Basic Ingest. `trace_id` is a UUID; SQL sees it for MQTT alone.
  Received(mqtt::MessagePtr message, std::string topic, Publisher publisher, Realm realm,
           std::string trace_id, Time now);
  /// The last message of a batch that failed, of what its action's request holds.
  Received(const rules::ActionRequest& request, Time now);
  Received(const Received&) = delete;
  Received& operator=(const Received&) = delete;

  [[nodiscard]] const rules::Message& view() const { return view_; }
  [[nodiscard]] const rules::Surroundings& surroundings() const { return surroundings_; }
  [[nodiscard]] const std::string& trace_id() const { return trace_id_; }
  /// A request for one of its actions: all but kind, position, parameters and payload, and this message.
  [[nodiscard]] rules::ActionRequest request_of(const std::string& rule) const;

 private:
  const mqtt::MessagePtr message_;  ///< Null if it comes of a request, as `origin_` does.
  const std::shared_ptr<const rules::Message> origin_{};
  const std::shared_ptr<const std::string> payload_;
  const std::string topic_;
  const Publisher publisher_;
  const Realm realm_;
  const std::string trace_id_;
  const std::size_t depth_;
  const std::shared_ptr<std::atomic<std::uint32_t>> descendants_;
  std::vector<std::pair<std::string_view, std::string_view>> user_properties_;
  rules::Message view_;
  rules::Surroundings surroundings_;
};

using ReceivedPtr = std::shared_ptr<const Received>;

}  // namespace iotemu::rule_engine
