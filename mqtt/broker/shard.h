#pragma once

// A broker's part on one loop: it owns the sessions that live there, knows their connections, and routes what
// is published there. Messages for sessions of other loops are gathered during a turn and posted once a loop
// at its end. Loop thread only.
//
// A client id that returns on another loop: the new shard makes an empty session, claims the client id in the
// directory, and asks the former owner to surrender. That one ends its connection, hands over subscriptions
// and stored messages, and leaves a note where the session went; messages that were already under way follow
// it.

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/broker/match_cache.h"
#include "mqtt/broker/parcels.h"
#include "mqtt/broker/publication.h"
#include "mqtt/broker/session_table.h"
#include "mqtt/loop.h"
#include "mqtt/ports.h"
#include "mqtt/session/session.h"

namespace iotemu::mqtt {

class Broker;

class Shard final : private TurnEnd {
 public:
  Shard(Broker& broker, Loop& loop);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] Broker& broker() { return broker_; }
  [[nodiscard]] ShardCounters& counters() { return counters_; }
  [[nodiscard]] const ShardCounters& counters() const { return counters_; }

  // A connection's life.

  /// Gives an admitted connection its session, by `link.on_attached`, now or when another loop has
  /// surrendered it. An older connection of the client id is closed (M3-14). The id is for `leave`.
  SubscriberId enter(Link& link, SessionTraits traits);
  /// The connection is gone: its session waits for the next one or ends (M3-7, M3-47).
  void leave(Link& link, SubscriberId id);

  // Messages and subscriptions.

  /// Routes a message that has been accepted. `publisher` is null for the service.
  void publish(Publication& publication, const ConnectionFacts* publisher, bool observer_only = false);
  /// The same for one that is retained already, where it is to be.
  void spread(Publication& publication, const ConnectionFacts* publisher, bool observer_only);
  /// Grants the filter, replacing an earlier grant (M3-31).
  void subscribe(Session& session, const TopicFilter& filter, QoS qos);
  /// False if there was no such subscription.
  bool unsubscribe(Session& session, std::string_view filter);

  // What the broker posts.

  void publish_to(SubscriberId id, std::uint64_t connection_id, const MessagePtr& message);
  void disconnect_principal(std::string_view principal, CloseReason reason);
  /// False if the session has gone to another loop.
  [[nodiscard]] bool disconnect_session(SubscriberId id, CloseReason reason, bool publish_will, bool discard);
  /// Null if the id is out of use or the session is on its way between loops.
  [[nodiscard]] const Session* session(SubscriberId id);
  void disconnect_all(CloseReason reason, bool publish_will);
  void drop_sessions();

 private:
  using LinkKey = std::pair<std::string_view, Link*>;

  void on_turn_end() override;
  void route(Publication& publication);
  void deliver(Publication& publication, const Subscription& to);
  void receive(const Parcels& parcels);
  /// For all subscribers of another loop.
  void send_over(std::size_t to, Publication& publication, const MatchResult& targets);

  bool resume_here(Link& link, SessionTraits& traits, SubscriberId id);
  void surrender(SubscriberId id, const Successor& to);
  void adopt(SubscriberId id, std::optional<SessionContent> content);
  void settle(Session& session, std::optional<SessionContent> content);
  void start_expiry(Session& session);
  void end_session(Session& session);
  void erase_filters(SubscriberId id, const std::vector<GrantedFilter>& filters);
  void remember_move(SubscriberId from, SubscriberId to);
  void forget_moves();
  [[nodiscard]] std::vector<Link*> links_of(std::string_view principal) const;

  Broker& broker_;
  Loop& loop_;
  ShardCounters counters_;
  SessionHost host_;
  SessionTable sessions_;
  std::set<LinkKey> links_;  // by principal; the views look into the links' own facts
  MatchCache matches_;
  std::vector<Parcels> outbox_;  // one a loop
  // Parcels that other loops have sent here and that this one has not received; theirs to add to.
  alignas(64) std::atomic<std::size_t> transit_{0};
  std::atomic<std::size_t> transit_bytes_{0};
  std::vector<std::uint64_t> routed_;  // one a loop: the last route that sent a parcel there
  std::uint64_t routes_{0};
  std::deque<std::pair<Tick, SubscriberId>> moves_;
  Timer move_timer_;
};

}  // namespace iotemu::mqtt
