#include "mqtt/broker/shard.h"

#include <algorithm>

#include "mqtt/broker/broker.h"

namespace iotemu::mqtt {
namespace {

// A message that another loop matched before the move has left that loop long before this.
constexpr Duration kFollowMoves{10'000};

}  // namespace

Shard::Shard(Broker& broker, Loop& loop)
    : broker_{broker},
      loop_{loop},
      host_{.loop = loop,
            .options = broker.options(),
            .counters = counters_,
            .may_store = [this] { return broker_.may_store(loop_.tick()); }},
      sessions_{loop.index()},
      matches_{broker.index()},
      outbox_(broker.loops()),
      routed_(broker.loops()),
      move_timer_{loop.timers(), [this] { forget_moves(); }} {}

Shard::~Shard() {
  loop_.forget(*this);
}

// ---- routing

void Shard::publish(Publication& publication, const ConnectionFacts* publisher, bool observer_only) {
  // At the cap it is delivered and not stored (M3-56).
  if (publication.retain() && !observer_only) (void)broker_.retain(publication.message(), loop_.tick());
  spread(publication, publisher, observer_only);
}

void Shard::spread(Publication& publication, const ConnectionFacts* publisher, bool observer_only) {
  counters_.messages_received.add();
  if (broker_.observer().wants_message(publication.topic())) {
    broker_.observer().on_message(publication.message(), publisher);
  }
  if (!observer_only) route(publication);
}

void Shard::route(Publication& publication) {
  const MatchResult targets = matches_.match(publication.topic());
  if (targets->empty()) return;
  if (targets->size() > 1) publication.expect_many();
  const std::size_t here = loop_.index();
  ++routes_;
  for (const Subscription& to : *targets) {
    const std::size_t at = loop_of(to.subscriber);
    if (at == here) {
      deliver(publication, to);
    } else if (std::exchange(routed_[at], routes_) != routes_) {  // one parcel a loop
      send_over(at, publication, targets);
    }
  }
}

void Shard::send_over(std::size_t to, Publication& publication, const MatchResult& targets) {
  const Shard& other = broker_.shard(to);
  const BrokerOptions& options = broker_.options();
  Parcels& outbox = outbox_[to];
  const std::size_t bytes = outbox.bytes() + other.transit_bytes_.load(std::memory_order_relaxed);
  if (bytes > 4 * options.transit_mark_bytes && publication.qos() == QoS::at_most_once) {
    counters_.dropped_slow.add();
    return;
  }
  GateHold hold;
  if (AckGate* gate = publication.gate(); gate != nullptr) {
    const std::size_t count = outbox.size() + other.transit_.load(std::memory_order_relaxed);
    if (count >= options.transit_mark || bytes > options.transit_mark_bytes ||
        other.counters_.behind.value() != 0) {
      hold = GateHold{*gate};
    }
  }
  outbox.add(publication, targets, std::move(hold));
  loop_.at_turn_end(*this);
}

void Shard::deliver(Publication& publication, const Subscription& to) {
  SessionTable::Place* place = sessions_.find(to.subscriber);
  if (place == nullptr) return;
  if (place->session) {
    place->session->deliver(publication, to.qos);
    return;
  }
  outbox_[loop_of(place->moved_to)].add(publication, place->moved_to, to.qos);
  loop_.at_turn_end(*this);
}

void Shard::on_turn_end() {
  for (std::size_t at = 0; at < outbox_.size(); ++at) {
    if (outbox_[at].empty()) continue;
    Shard& other = broker_.shard(at);
    other.transit_.fetch_add(outbox_[at].size(), std::memory_order_relaxed);
    other.transit_bytes_.fetch_add(outbox_[at].bytes(), std::memory_order_relaxed);
    broker_.loop(at).post([&other, parcels = std::exchange(outbox_[at], {})] { other.receive(parcels); });
  }
}

void Shard::receive(const Parcels& parcels) {
  transit_.fetch_sub(parcels.size(), std::memory_order_relaxed);
  transit_bytes_.fetch_sub(parcels.bytes(), std::memory_order_relaxed);
  const std::size_t here = loop_.index();
  parcels.unpack(
      broker_.clock(),
      [&](Publication& publication, const std::vector<Subscription>& targets) {
        if (targets.size() > 1) publication.expect_many();
        for (const Subscription& to : targets) {
          if (loop_of(to.subscriber) == here) deliver(publication, to);
        }
      },
      [&](Publication& publication, const Subscription& to) { deliver(publication, to); });
}

// ---- subscriptions

void Shard::subscribe(Session& session, const TopicFilter& filter, QoS qos) {
  session.put_filter(filter, qos);
  broker_.index().insert(filter, {.subscriber = session.id(), .qos = qos});
}

bool Shard::unsubscribe(Session& session, std::string_view filter) {
  const GrantedFilter* granted = session.find_filter(filter);
  if (granted == nullptr) return false;
  broker_.index().erase(granted->filter, session.id());
  return session.remove_filter(filter);
}

void Shard::erase_filters(SubscriberId id, const std::vector<GrantedFilter>& filters) {
  for (const GrantedFilter& granted : filters) broker_.index().erase(granted.filter, id);
}

// ---- connections come and go

SubscriberId Shard::enter(Link& link, SessionTraits traits) {
  counters_.connections.add();
  links_.emplace(link.facts().principal, &link);
  const std::string client_id = traits.client_id;
  if (const auto owner = broker_.directory().find(client_id); owner && loop_of(*owner) == loop_.index()) {
    if (resume_here(link, traits, *owner)) return *owner;
  }
  const bool keep = traits.persistent;
  const Version version = traits.version;
  Session& session = sessions_.add(host_, std::move(traits));
  counters_.sessions.add();
  const SubscriberId id = session.id();
  session.set_expired([this, id] { end_session(*sessions_.session(id)); });
  const auto former = broker_.directory().claim(client_id, id);
  if (former) {
    sessions_.find(id)->move = std::make_unique<PendingMove>(PendingMove{.link = &link, .keep = keep});
    Shard& other = broker_.shard(loop_of(*former));
    broker_.loop(loop_of(*former)).post([&other, former = *former, to = Successor{id, keep, version}] {
      other.surrender(former, to);
    });
    return id;
  }
  session.attach(link);
  link.on_attached(session, false);
  return id;
}

// The client's session lives on this loop already: takes it over, or ends it and answers false.
bool Shard::resume_here(Link& link, SessionTraits& traits, SubscriberId id) {
  SessionTable::Place& place = *sessions_.find(id);
  if (place.move) {  // its content is still under way; the later CONNECT wins
    if (place.move->link != nullptr) place.move->link->end(CloseReason::taken_over, true);
    place.move->link = &link;
    place.move->keep = traits.persistent && place.move->keep;
    place.move->discard = false;
    place.session->set_traits(std::move(traits));
    return true;
  }
  if (Link* older = place.session->link(); older != nullptr) older->end(CloseReason::taken_over, true);
  Session* session = sessions_.session(id);  // a clean session has ended with its link
  if (session == nullptr) return false;
  if (!traits.persistent || traits.version != session->traits().version) {  // M3-7, M3-10
    end_session(*session);
    return false;
  }
  traits.session_id = session->traits().session_id;  // LE-5
  session->set_traits(std::move(traits));
  session->attach(link);
  link.on_attached(*session, true);
  return true;
}

void Shard::leave(Link& link, SubscriberId id) {
  counters_.connections.subtract();
  links_.erase({link.facts().principal, &link});
  SessionTable::Place* place = sessions_.find(id);
  if (place == nullptr || !place->session) return;
  if (place->move) {
    if (place->move->link == &link) place->move->link = nullptr;
    return;
  }
  if (place->session->link() != &link) return;
  place->session->detach();
  if (place->session->traits().persistent) {
    start_expiry(*place->session);
  } else {
    end_session(*place->session);
  }
}

void Shard::start_expiry(Session& session) {
  session.expiry_timer().arm(loop_.tick() + session.traits().expiry);
}

void Shard::end_session(Session& session) {
  const SubscriberId id = session.id();
  erase_filters(id, session.filters());
  broker_.directory().release(session.traits().client_id, id);
  counters_.sessions.subtract();
  sessions_.free(id);
}

// ---- moves between loops

void Shard::surrender(SubscriberId id, const Successor& to) {
  SessionTable::Place* place = sessions_.find(id);
  if (place != nullptr && place->move) {  // not here yet: it goes on as soon as it comes
    place->move->successor = to;
    if (place->move->link != nullptr) place->move->link->end(CloseReason::taken_over, true);
    return;
  }
  if (place != nullptr && place->session && place->session->link() != nullptr) {
    place->session->link()->end(CloseReason::taken_over, true);
    place = sessions_.find(id);
  }
  std::optional<SessionContent> content;
  if (place != nullptr && place->session) {
    if (to.keep && place->session->traits().version == to.version) {
      content = place->session->take_content();
      remember_move(id, to.id);
    } else {
      end_session(*place->session);
    }
  }
  Shard& other = broker_.shard(loop_of(to.id));
  broker_.loop(loop_of(to.id)).post([&other, id = to.id, content = std::move(content)]() mutable {
    other.adopt(id, std::move(content));
  });
}

void Shard::adopt(SubscriberId id, std::optional<SessionContent> content) {
  SessionTable::Place& place = *sessions_.find(id);
  const PendingMove move = *std::exchange(place.move, nullptr);
  if (content && !move.keep) {
    erase_filters(content->from, content->filters);
    content.reset();
  }
  Session& session = *place.session;
  const bool present = content.has_value();
  if (present) {
    // First under the new id, then no more under the old one: what is matched in between follows the move.
    for (const GrantedFilter& granted : content->filters) {
      broker_.index().insert(granted.filter, {.subscriber = id, .qos = granted.qos});
    }
    erase_filters(content->from, content->filters);
    session.inherit(std::move(*content));
  }
  if (move.successor) {
    surrender(id, *move.successor);
  } else if (move.link != nullptr) {
    session.attach(*move.link);
    move.link->on_attached(session, present);
  } else if (session.traits().persistent && !move.discard) {
    start_expiry(session);
  } else {
    end_session(session);
  }
}

void Shard::remember_move(SubscriberId from, SubscriberId to) {
  SessionTable::Place& place = *sessions_.find(from);
  place.session.reset();
  place.moved_to = to;
  counters_.sessions.subtract();
  moves_.emplace_back(loop_.tick() + kFollowMoves, from);
  if (!move_timer_.armed()) move_timer_.arm(moves_.front().first);
}

void Shard::forget_moves() {
  while (!moves_.empty() && moves_.front().first <= loop_.tick()) {
    sessions_.free(moves_.front().second);
    moves_.pop_front();
  }
  if (!moves_.empty()) move_timer_.arm(moves_.front().first);
}

// ---- what the broker posts

std::vector<Link*> Shard::links_of(std::string_view principal) const {
  std::vector<Link*> links;
  for (auto at = links_.lower_bound({principal, nullptr}); at != links_.end() && at->first == principal;
       ++at) {
    links.push_back(at->second);
  }
  return links;
}

void Shard::publish_to(SubscriberId id, std::uint64_t connection_id, const MessagePtr& message) {
  Session* session = sessions_.session(id);
  if (session == nullptr || session->link() == nullptr) return;
  if (session->link()->facts().connection_id != connection_id) return;  // taken over since
  std::optional<QoS> granted;
  for (const GrantedFilter& filter : session->filters()) {
    if (matches(filter.filter.pattern(), message->topic, broker_.options().topics))
      granted = std::max(granted.value_or(filter.qos), filter.qos);  // M3-35
  }
  if (!granted) return;
  Publication publication{message};
  session->deliver(publication, *granted);
}

void Shard::disconnect_principal(std::string_view principal, CloseReason reason) {
  for (Link* link : links_of(principal)) link->end(reason, true);
}

bool Shard::disconnect_session(SubscriberId id, CloseReason reason, bool publish_will, bool discard) {
  SessionTable::Place* place = sessions_.find(id);
  if (place == nullptr) return true;
  if (!place->session) return false;
  if (place->move) {
    if (discard) place->move->discard_all();
    if (place->move->link != nullptr) place->move->link->end(reason, publish_will);
    return true;
  }
  if (Link* link = place->session->link(); link != nullptr) link->end(reason, publish_will);
  if (Session* session = sessions_.session(id); discard && session != nullptr) end_session(*session);
  return true;
}

const Session* Shard::session(SubscriberId id) {
  const SessionTable::Place* place = sessions_.find(id);
  return place == nullptr || place->move ? nullptr : place->session.get();
}

void Shard::disconnect_all(CloseReason reason, bool publish_will) {
  while (!links_.empty()) links_.begin()->second->end(reason, publish_will);
}

void Shard::drop_sessions() {
  for (const SubscriberId id : sessions_.ids()) {
    SessionTable::Place& place = *sessions_.find(id);
    if (place.move) {
      place.move->discard_all();
    } else {
      end_session(*place.session);
    }
  }
}

}  // namespace iotemu::mqtt
