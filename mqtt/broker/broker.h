#pragma once

// One message space: the sessions, subscriptions and retained messages of one realm, spread over the loops of
// the server. Each loop has one Shard that owns its connections and sessions; what they share is the
// subscription index, the retained messages and the directory of client ids. The server makes brokers and
// owns them. Everything here may be called from any thread; what concerns a connection or session is posted
// to its loop and done when the call has returned (`settle()` waits for it).

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "mqtt/broker/counters.h"
#include "mqtt/broker/directory.h"
#include "mqtt/broker/message.h"
#include "mqtt/broker/retained.h"
#include "mqtt/broker/subscription_index.h"
#include "mqtt/broker/throttle.h"
#include "mqtt/loop.h"
#include "mqtt/options.h"
#include "mqtt/ports.h"

namespace iotemu::mqtt {

class Shard;
struct GrantedFilter;

class Broker {
 public:
  /// `loops`, `clock`, `random` and `observer` (may be null) outlive the broker. At most 255 loops.
  Broker(const BrokerOptions& options, std::vector<Loop*> loops, Clock& clock, Random& random,
         BrokerObserver* observer);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Publishes for the service itself: no authorisation, `$` topics allowed. Messages published by one thread
  /// reach a subscriber in that order. The topic name must be valid.
  void publish(Message message);
  void publish(MessagePtr message);

  /// Publishes for somebody outside who waits for an answer and may: what it retains is stored when the call
  /// returns. False, and nothing is published, when the retained messages are at their cap or rate (M3-56).
  /// With `observer_only` it goes to the observer and to no subscriber. `publisher` is what the observer is
  /// told of somebody who has no connection. `taken` is called on a loop once observer and subscribers have
  /// it, only where the answer is true; never if the loops stop before.
  [[nodiscard]] bool offer(Message message, bool observer_only = false,
                           std::optional<ConnectionFacts> publisher = {}, std::function<void()> taken = {});

  /// Publishes for the service itself to one live connection and to nobody else, the observer included: an
  /// answer. It arrives if a subscription of the connection matches and its Authorizer lets it receive the
  /// topic, at the lower QoS of the two. RETAIN is ignored. When the connection has gone, so has the
  /// message, acknowledged or not: a session that is resumed does not get it again.
  void publish_to(const ConnectionFacts& connection, Message message);

  /// Closes what is connected under the principal. Connections that wait for the answer of a take-over count.
  void disconnect_principal(std::string principal, CloseReason reason);

  struct Disconnect {
    bool publish_will{true};      ///< `preventWillMessage` (M3-59)
    bool discard_session{false};  ///< `cleanSession` (M3-49)
  };
  /// `done` is called on the client's loop when it is cut, or at once when no session is known; never if the
  /// loops stop before.
  void disconnect_client(std::string client_id, CloseReason reason, Disconnect how,
                         std::function<void()> done = {});
  void disconnect_client(std::string client_id, CloseReason reason) {
    disconnect_client(std::move(client_id), reason, Disconnect{});
  }
  void disconnect_all(CloseReason reason);

  /// Whether a session, connected or not, speaks for the client id.
  [[nodiscard]] bool has_session(std::string_view client_id) const {
    return directory_.find(client_id).has_value();
  }
  using Filters = std::optional<std::vector<GrantedFilter>>;
  /// The subscriptions of the client's session, nothing without one. `answer` is called on the session's
  /// loop, or at once when no session is known; never if the loops stop before.
  void subscriptions_of(const std::string& client_id, std::function<void(Filters)> answer);

  /// Back to the day it was made: connections are closed as `api` without their wills, sessions and retained
  /// messages are dropped. `done` is called on the last loop to finish; never if the loops stop before.
  void reset(std::function<void()> done = {});

  [[nodiscard]] RetainedStore& retained() { return retained_; }
  [[nodiscard]] const RetainedStore& retained() const { return retained_; }
  [[nodiscard]] BrokerCounters counters() const;
  [[nodiscard]] const BrokerOptions& options() const { return options_; }

  // For connections and shards.

  /// The loop's own shard; call it on that loop.
  [[nodiscard]] Shard& shard(std::size_t loop) { return *shards_[loop]; }
  [[nodiscard]] SubscriptionIndex& index() { return index_; }
  [[nodiscard]] Directory& directory() { return directory_; }
  [[nodiscard]] BrokerObserver& observer() { return *observer_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] std::size_t loops() const { return loops_.size(); }
  [[nodiscard]] Loop& loop(std::size_t at) { return *loops_[at]; }
  [[nodiscard]] std::uint64_t next_connection_id() { return ++connection_ids_; }
  /// Stores a message published with RETAIN=1; false when cap or rate do not allow it (M3-51, M3-56).
  bool retain(const MessagePtr& message, Tick now);
  /// The rates of M3-46 and M3-12; always true without `throttle`.
  [[nodiscard]] bool may_store(Tick now);
  [[nodiscard]] bool may_connect(std::string_view client_id, Tick now);

 private:
  /// The current loop, for a message of its own thread, so that the order of one thread's messages is kept;
  /// else the first.
  [[nodiscard]] std::size_t loop_for_publishing() const;

  const BrokerOptions options_;
  const std::vector<Loop*> loops_;
  Clock& clock_;
  Random& random_;
  BrokerObserver* observer_;
  SubscriptionIndex index_;
  RetainedStore retained_;
  Directory directory_;
  std::atomic<std::uint64_t> connection_ids_{0};
  SharedRate stored_rate_;
  SharedRate retained_rate_;
  KeyedRate retained_topic_rate_;
  KeyedRate connect_rate_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace iotemu::mqtt
