#include "mqtt/broker/broker.h"

#include <utility>

#include "mqtt/broker/shard.h"

namespace iotemu::mqtt {
namespace {

BrokerObserver& nobody() {
  static BrokerObserver observer;
  return observer;
}

constexpr std::size_t kStoredPerSecond = 500;    // M3-46
constexpr std::size_t kRetainedPerSecond = 500;  // M3-56

}  // namespace

Broker::Broker(const BrokerOptions& options, std::vector<Loop*> loops, Clock& clock, Random& random,
               BrokerObserver* observer)
    : options_{options},
      loops_{std::move(loops)},
      clock_{clock},
      random_{random},
      observer_{observer != nullptr ? observer : &nobody()},
      index_{options.topics},
      retained_{options.max_retained, options.max_retained_bytes} {
  for (Loop* loop : loops_) shards_.push_back(std::make_unique<Shard>(*this, *loop));
}

Broker::~Broker() = default;

void Broker::publish(Message message) {
  publish(std::make_shared<const Message>(std::move(message)));
}

std::size_t Broker::loop_for_publishing() const {
  for (std::size_t at = 0; at < loops_.size(); ++at) {
    if (loops_[at]->is_current()) return at;
  }
  return 0;
}

bool Broker::offer(Message given, bool observer_only, std::optional<ConnectionFacts> publisher,
                   std::function<void()> taken) {
  const auto message = std::make_shared<const Message>(std::move(given));
  if (message->retain && !observer_only && !retain(message, clock_.tick())) return false;
  const std::size_t at = loop_for_publishing();
  loops_[at]->post([shard = shards_[at].get(), message, observer_only, publisher = std::move(publisher),
                    taken = std::move(taken)] {
    Publication publication{message};
    shard->spread(publication, publisher ? &*publisher : nullptr, observer_only);
    if (taken) taken();
  });
  return true;
}

void Broker::publish(MessagePtr message) {
  const std::size_t at = loop_for_publishing();
  loops_[at]->post([shard = shards_[at].get(), message = std::move(message)] {
    Publication publication{message};
    shard->publish(publication, nullptr);
  });
}

void Broker::publish_to(const ConnectionFacts& connection, Message message) {
  message.one_connection = true;
  const auto owner = directory_.find(connection.client_id);
  if (!owner) return;
  const std::size_t at = loop_of(*owner);
  loops_[at]->post([shard = shards_[at].get(), owner = *owner, id = connection.connection_id,
                    message = std::make_shared<const Message>(std::move(message))] {
    shard->publish_to(owner, id, message);
  });
}

void Broker::disconnect_principal(std::string principal, CloseReason reason) {
  for (std::size_t at = 0; at < loops_.size(); ++at) {
    loops_[at]->post(
        [shard = shards_[at].get(), principal, reason] { shard->disconnect_principal(principal, reason); });
  }
}

void Broker::disconnect_client(std::string client_id, CloseReason reason, Disconnect how,
                               std::function<void()> done) {
  const auto owner = directory_.find(client_id);
  if (!owner) {
    if (done) done();
    return;
  }
  const std::size_t at = loop_of(*owner);
  loops_[at]->post([this, shard = shards_[at].get(), owner = *owner, client_id = std::move(client_id), reason,
                    how, done = std::move(done)] {
    if (!shard->disconnect_session(owner, reason, how.publish_will, how.discard_session)) {
      disconnect_client(client_id, reason, how, done);  // gone to another loop since
    } else if (done) {
      done();
    }
  });
}

void Broker::subscriptions_of(const std::string& client_id, std::function<void(Filters)> answer) {
  const auto owner = directory_.find(client_id);
  if (!owner) return answer(std::nullopt);
  const std::size_t at = loop_of(*owner);
  loops_[at]->post([this, shard = shards_[at].get(), owner = *owner, client_id, answer = std::move(answer)] {
    const Session* session = shard->session(owner);
    if (session == nullptr) return subscriptions_of(client_id, answer);  // ask again where it is now
    answer(session->filters());
  });
}

void Broker::disconnect_all(CloseReason reason) {
  for (std::size_t at = 0; at < loops_.size(); ++at) {
    loops_[at]->post([shard = shards_[at].get(), reason] { shard->disconnect_all(reason, true); });
  }
}

void Broker::reset(std::function<void()> done) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(loops_.size());
  for (std::size_t at = 0; at < loops_.size(); ++at) {
    loops_[at]->post([this, shard = shards_[at].get(), left, done] {
      shard->disconnect_all(CloseReason::api, false);
      shard->drop_sessions();
      if (left->fetch_sub(1) != 1) return;
      retained_.clear();  // now nobody is left who could store another
      if (done) done();
    });
  }
}

bool Broker::retain(const MessagePtr& message, Tick now) {
  if (options_.throttle &&
      (!retained_rate_.take(now, kRetainedPerSecond) || !retained_topic_rate_.take(message->topic, now))) {
    return false;
  }
  return retained_.put(message, now) != RetainedStore::Outcome::full;
}

bool Broker::may_store(Tick now) {
  return !options_.throttle || stored_rate_.take(now, kStoredPerSecond);
}

bool Broker::may_connect(std::string_view client_id, Tick now) {
  return !options_.throttle || connect_rate_.take(client_id, now);
}

BrokerCounters Broker::counters() const {
  BrokerCounters all{.subscriptions = index_.size(), .retained = retained_.size()};
  for (const auto& shard : shards_) {
    const ShardCounters& part = std::as_const(*shard).counters();
    all.connections += part.connections.value();
    all.sessions += part.sessions.value();
    all.messages_received += part.messages_received.value();
    all.messages_sent += part.messages_sent.value();
    all.dropped_slow += part.dropped_slow.value();
    all.dropped_queue_full += part.dropped_queue_full.value();
    all.dropped_unacked += part.dropped_unacked.value();
    all.dropped_throttled += part.dropped_throttled.value();
  }
  return all;
}

}  // namespace iotemu::mqtt
