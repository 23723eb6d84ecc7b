#pragma once

// What outlives a connection: the subscriptions of one client, and the QoS 1 messages that are owed to it.
// With a link it delivers (outbound window, retries, drain of what was stored); without one it stores, if it
// is persistent. Its shard owns it; only that shard's loop touches it. A session that is needed on another
// loop moves as a SessionContent.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mqtt/broker/counters.h"
#include "mqtt/broker/subscription_index.h"
#include "mqtt/broker/topic.h"
#include "mqtt/loop.h"
#include "mqtt/options.h"
#include "mqtt/ports.h"
#include "mqtt/session/ack_gate.h"
#include "mqtt/session/in_flight.h"
#include "mqtt/session/link.h"
#include "mqtt/session/message_queue.h"

namespace iotemu::mqtt {

/// The per-loop counters behind BrokerCounters.
struct ShardCounters {
  Counter connections{};
  Counter sessions{};
  Counter behind{};  ///< sessions that make their publishers wait
  Counter messages_received{};
  Counter messages_sent{};
  Counter dropped_slow{};
  Counter dropped_queue_full{};
  Counter dropped_unacked{};
  Counter dropped_throttled{};
};

/// What the shard lends to its sessions.
struct SessionHost {
  Loop& loop;
  const BrokerOptions& options;
  ShardCounters& counters;
  /// Whether one more message may be stored now (M3-46, with `throttle`).
  std::function<bool()> may_store;
};

struct SessionTraits {
  std::string client_id{};
  std::string session_id{};  ///< UUID
  Version version{Version::v3_1_1};
  bool persistent{};
  Duration expiry{};
};

struct GrantedFilter {
  TopicFilter filter;
  QoS qos{};
};

/// What moves when a client comes back on another loop (M3-15).
struct SessionContent {
  SubscriberId from{};  ///< the index still knows the subscriptions under this id
  std::string session_id{};
  std::vector<GrantedFilter> filters{};
  MessageQueue stored{};
};

class Session {
 public:
  Session(SessionHost& host, SubscriberId id, SessionTraits traits);
  ~Session();

  [[nodiscard]] SubscriberId id() const { return id_; }
  [[nodiscard]] const SessionTraits& traits() const { return traits_; }
  /// For a CONNECT that takes the session over: it may have another expiry.
  void set_traits(SessionTraits traits) { traits_ = std::move(traits); }
  [[nodiscard]] Link* link() const { return link_; }

  void attach(Link& link);
  /// The CONNACK is out: stored messages follow at the drain rate, live ones at once (M3-48).
  void start_delivery();
  /// What is unacknowledged or waiting is stored again, for the next link (M3-46), except what was meant for
  /// this connection alone; without persistence the caller destroys the session.
  void detach();

  /// A message that matches a filter granted with `granted`.
  void deliver(Publication& publication, QoS granted);
  /// A retained message that answers a subscription: RETAIN=1 (M3-52).
  void deliver_retained(Publication& publication, QoS granted);
  /// False if the packet id was not open.
  bool on_puback(std::uint16_t packet_id);
  /// The link has room again.
  void on_room();

  [[nodiscard]] const std::vector<GrantedFilter>& filters() const { return filters_; }
  [[nodiscard]] const GrantedFilter* find_filter(std::string_view filter) const;
  void put_filter(const TopicFilter& filter, QoS qos);
  bool remove_filter(std::string_view filter);

  [[nodiscard]] SessionContent take_content();
  void inherit(SessionContent content);

  /// Fires `expired` after the session's expiry, unless a link comes (M3-47).
  Timer& expiry_timer() { return expiry_; }
  void set_expired(std::function<void()> expired) { expired_ = std::move(expired); }

 private:
  /// A connected client that does not keep up, and who waits for it.
  struct Backlog {
    explicit Backlog(Session& session)
        : patience{session.host_.loop.timers(), [&session] { session.on_patience(); }} {}

    std::unordered_map<const AckGate*, GateHold> waiting{};
    Timer patience;
    bool moved{false};  ///< something was sent since the timer was armed
    bool given_up{false};
  };

  void deliver(Publication& publication, QoS granted, bool retain);
  void wait_in_line(Publication& publication, bool retain);
  [[nodiscard]] bool fuller_than(std::size_t divisor) const;
  void on_patience();
  /// Lets the publishers go on.
  void end_backlog();
  [[nodiscard]] bool window_open() const { return in_flight_.size() < host_.options.outbound_window; }
  /// Sends one owed message if it is still wanted and the window allows; false: not now.
  bool send_owed(MessageQueue& from);
  void send_tracked(Publication& publication, bool retain);
  void send_waiting();
  void drain();
  void retry();
  void arm_retry(Tick oldest);
  void store(MessageQueue& queue, OwedMessage owed);
  [[nodiscard]] bool has_space(const MessageQueue& queue, const OwedMessage& owed) const;

  SessionHost& host_;
  const SubscriberId id_;
  SessionTraits traits_;
  Link* link_{nullptr};
  std::vector<GrantedFilter> filters_;
  InFlight in_flight_;
  MessageQueue waiting_;  // live messages beyond the window (M3-24)
  MessageQueue stored_;   // messages of the time without a link
  std::unique_ptr<Backlog> backlog_;
  bool told_of_drops_{false};  // since the last link came
  std::function<void()> expired_;
  Timer expiry_;
  Timer retry_;
  Timer drain_;
};

}  // namespace iotemu::mqtt
