#include "mqtt/connection/server_connection.h"

#include <array>
#include <string>
#include <utility>

#include "mqtt/broker/broker.h"
#include "mqtt/broker/shard.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/session/session.h"

namespace iotemu::mqtt {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

bool is_shared(std::string_view filter) {
  return filter.substr(0, 7) == "$share/";
}

}  // namespace

ServerConnection::ServerConnection(const ConnectionContext& context, Loop& loop, Transport& transport)
    : context_{context}, loop_{loop}, transport_{transport}, timer_{loop.timers(), [this] { on_timer(); }} {
  facts_.address = transport.peer().address;
  facts_.port = transport.peer().port;
  facts_.local_address = transport.peer().local_address;
  facts_.local_port = transport.peer().local_port;
  if (context.options.throttle) throttle_ = std::make_unique<Throttle>(*this);
  timer_.arm(loop.tick() + context.connect_wait);
}

ServerConnection::~ServerConnection() {
  if (answer_) answer_->connection = nullptr;
  if (gate_) gate_->forget();
}

std::size_t ServerConnection::on_bytes(Bytes bytes) {
  const bool before_connack = state_ != State::connected;
  std::size_t used = 0;
  while (reading()) {
    const FrameResult next = next_frame(bytes.subspan(used), context_.options.max_packet);
    if (next.state == FrameResult::State::need_more) break;
    if (next.failed()) {
      client_error(frame_error(next, context_.options.max_packet).message);
      break;
    }
    used += next.frame.total_size;
    if (state_ == State::connected) {
      on_frame(next.frame);
      continue;
    }
    on_first_frame(next.frame);
    if (context_.options.strict_connack) break;
  }
  const bool pipelined = before_connack && used < bytes.size() && (used != 0 || !reading());
  if (context_.options.strict_connack && pipelined && !closed()) {
    client_error("packet before CONNACK (M3-4)");
  }
  if (throttle_ && state_ == State::connected) throttle_->count(used);
  return used;
}

void ServerConnection::on_lost() {
  end(CloseReason::connection_lost, true);
}

void ServerConnection::on_room() {
  congested_ = false;
  if (session_ != nullptr) session_->on_room();
}

void ServerConnection::on_timer() {
  if (state_ == State::awaiting_connect) {
    note("no CONNECT within " + std::to_string(context_.connect_wait.count()) +
         " ms of the connection (M3-3)");
    end(CloseReason::client_error, false);
    return;
  }
  if (window_full()) last_packet_ = loop_.tick();  // it is us who do not read
  const Tick due = last_packet_ + Duration{facts_.keep_alive} * 3 / 2;
  if (loop_.tick() < due) {
    timer_.arm(due);
    return;
  }
  end(CloseReason::keep_alive_timeout, true);  // M3-18
}

void ServerConnection::on_frame(const Frame& frame) {
  last_packet_ = loop_.tick();  // M3-17
  if (packet_type(frame.first_byte) == PacketType::publish) {
    if (const auto publish = decode_publish(facts_.version, frame)) {
      on_publish(*publish);
    } else {
      client_error(publish.error().message);
    }
    return;
  }
  const auto packet = decode(facts_.version, frame);
  if (!packet) {
    client_error(packet.error().message);
    return;
  }
  std::visit(Overloaded{[this](const Puback& puback) { session_->on_puback(puback.packet_id); },
                        [this](const Subscribe& subscribe) { on_subscribe(subscribe); },
                        [this](const Unsubscribe& unsubscribe) { on_unsubscribe(unsubscribe); },
                        [this](const Pingreq&) { on_pingreq(); },
                        [this](const Disconnect&) { end(CloseReason::client_disconnect, false); },
                        [this](const Connect&) { client_error("second CONNECT (M3-2)"); },
                        [this](const auto& other) {  // M3-19, and packets that only a server sends
                          client_error(std::string{name_of(type_of(other))} + " is not for a server (M3-19)");
                        }},
             *packet);
}

// A client pings when it has had nothing to say for its keep-alive time.
void ServerConnection::on_pingreq() {
  encode(Pingresp{}, transport_.output(2));
  authorizer_->rest();
}

// ---- rates

ServerConnection::Throttle::Throttle(ServerConnection& connection)
    : connection_{connection}, resume_{connection.loop_.timers(), [this] {
                                         paused_ = false;
                                         if (connection_.reading()) connection_.transport_.resume_reading();
                                       }} {}

void ServerConnection::Throttle::count(std::size_t bytes) {
  const Tick now = connection_.loop_.tick();
  if (bytes_.take(now, connection_.context_.options.bytes_per_second, bytes)) return;
  // Delayed, not dropped: the next second pays for it (M3-41).
  paused_ = true;
  connection_.transport_.pause_reading();
  resume_.arm(bytes_.ends());
}

bool ServerConnection::Throttle::take_message() {
  const Tick now = connection_.loop_.tick();
  if (messages_.take(now, connection_.context_.options.publishes_per_second)) return true;
  connection_.shard_->counters().dropped_throttled.add();  // M3-41
  return false;
}

// ---- publishing

void ServerConnection::on_publish(const Publish& publish) {
  const BrokerOptions& options = context_.options;
  if (publish.qos == QoS::exactly_once) {  // M3-20
    if (options.qos2 == QoS2::close) client_error("PUBLISH at QoS 2 (M3-20)");
    return;
  }
  if (publish.payload.size() > options.max_payload) {
    client_error("payload of " + std::to_string(publish.payload.size()) + " bytes (M3-38)");
    return;
  }
  if (const auto fault = check_topic_name(publish.topic, options.topics); fault != TopicFault::none) {
    client_error("topic name " + explain(fault, options.topics) + " (M3-40)");
    return;
  }
  if (throttle_ && !throttle_->take_message()) return;
  const Access access = authorizer_->publish(publish.topic, publish.retain);
  if (access == Access::forbidden_topic) {  // M3-40, M3-44
    end(CloseReason::client_error, true);   // the authorizer has noted why
    return;
  }
  if (access == Access::denied) {  // M3-39
    if (options.denied_publish == DeniedPublish::drop_ack) {
      acknowledge(publish);
    } else {
      end(CloseReason::authorization_error, true);
    }
    return;
  }
  Publication publication{publish, facts_.client_id, shard_->broker().clock()};
  if (publish.qos == QoS::at_least_once) {
    if (!gate_) gate_ = std::make_shared<AckGate>(loop_, [this] { on_gate_open(); });
    publication.set_gate(gate_.get());
  }
  shard_->publish(publication, &facts_, access == Access::observer_only);
  acknowledge(publish);
}

void ServerConnection::acknowledge(const Publish& publish) {
  if (publish.qos != QoS::at_least_once || state_ != State::connected) return;
  // Accepted is acknowledged in the same turn (M3-23), unless a subscriber is far behind.
  if (held_back_.empty() && !(gate_ && gate_->closed())) {
    encode(facts_.version, Puback{.packet_id = publish.packet_id}, transport_.output(8));
    return;
  }
  held_back_.push_back(publish.packet_id);
  held_back_bytes_ += publish.payload.size();
  if (window_full()) transport_.pause_reading();
}

void ServerConnection::on_gate_open() {
  held_back_bytes_ = 0;
  for (const std::uint16_t id : std::exchange(held_back_, {})) {
    encode(facts_.version, Puback{.packet_id = id}, transport_.output(8));
  }
  if (reading()) transport_.resume_reading();
}

void ServerConnection::publish_will() {
  // The right is asked again; without it the will is dropped silently (M3-60).
  if (!will_ || authorizer_->publish(will_->topic, will_->retain) != Access::allowed) return;
  will_->published_at = shard_->broker().clock().now();
  Publication publication{std::make_shared<const Message>(std::move(*std::exchange(will_, nullptr)))};
  shard_->publish(publication, &facts_);
}

// ---- subscribing

void ServerConnection::on_subscribe(const Subscribe& subscribe) {
  const BrokerOptions& options = context_.options;
  if (subscribe.filters.size() > options.max_filters_per_packet) {
    client_error("SUBSCRIBE with " + std::to_string(subscribe.filters.size()) + " filters (M3-27)");
    return;
  }
  std::vector<std::uint8_t> codes;
  std::size_t subscriptions = session_->filters().size();
  for (const FilterRequest request : subscribe.filters) {
    if (request.qos == QoS::exactly_once) {  // M3-20
      if (options.qos2 == QoS2::close) client_error("SUBSCRIBE at QoS 2 (M3-20)");
      return;
    }
    const auto verdict = judge(request, subscriptions);
    if (const auto* reason = std::get_if<CloseReason>(&verdict)) {
      end(*reason, true);
      return;
    }
    codes.push_back(std::get<std::uint8_t>(verdict));
  }
  std::vector<std::string> granted;
  std::vector<std::pair<MessagePtr, QoS>> retained;
  std::size_t at = 0;
  for (const FilterRequest request : subscribe.filters) {
    if (codes[at++] == kSubackFailure) continue;
    const auto filter = TopicFilter::parse(request.filter, options.topics);
    shard_->subscribe(*session_, *filter, request.qos);
    granted.push_back(filter->str());
    if (auto message = shard_->broker().retained().for_filter(*filter, loop_.tick())) {
      retained.emplace_back(std::move(message), request.qos);
    }
  }
  encode(facts_.version, Suback{.packet_id = subscribe.packet_id, .codes = codes}, transport_.output(16));
  for (auto& [message, qos] : retained) {
    Publication publication{std::move(message)};
    session_->deliver_retained(publication, qos);
  }
  if (!granted.empty()) shard_->broker().observer().on_subscribed(facts_, granted);
}

std::variant<std::uint8_t, CloseReason> ServerConnection::judge(const FilterRequest& request,
                                                                std::size_t& subscriptions) {
  const BrokerOptions& options = context_.options;
  const auto fault = check_topic_filter(request.filter, options.topics);
  if (fault == TopicFault::bad_share_name) return kSubackFailure;  // M5-15
  if (fault != TopicFault::none) {                                 // M3-29
    note("topic filter " + explain(fault, options.topics) + " (M3-29)");
    return CloseReason::client_error;
  }
  const Access access = authorizer_->subscribe(request.filter);
  if (access != Access::allowed) {  // M3-30, M3-40
    if (options.v3_subscribe_refusal == SubscribeRefusal::suback80) return kSubackFailure;
    return access == Access::denied ? CloseReason::authorization_error : CloseReason::client_error;
  }
  if (is_shared(request.filter)) return kSubackFailure;  // shared subscriptions are not served yet
  if (session_->find_filter(request.filter) == nullptr) {
    if (subscriptions >= options.max_subscriptions) return kSubackFailure;  // M3-28
    ++subscriptions;
  }
  return static_cast<std::uint8_t>(request.qos);
}

void ServerConnection::on_unsubscribe(const Unsubscribe& unsubscribe) {
  if (unsubscribe.filters.size() > context_.options.max_filters_per_packet) {
    client_error("UNSUBSCRIBE with " + std::to_string(unsubscribe.filters.size()) + " filters (M3-27)");
    return;
  }
  std::vector<std::string> removed;
  for (const std::string_view filter : unsubscribe.filters) {
    if (shard_->unsubscribe(*session_, filter)) removed.emplace_back(filter);
  }
  encode(facts_.version, Unsuback{.packet_id = unsubscribe.packet_id}, transport_.output(8));  // M3-36
  if (!removed.empty()) shard_->broker().observer().on_unsubscribed(facts_, removed);
}

// ---- the session's side

bool ServerConnection::admits(std::string_view topic) {
  return authorizer_->receive(topic) && (!throttle_ || throttle_->take_message());
}

bool ServerConnection::has_room() {
  if (congested_) return false;
  if (transport_.unsent() <= context_.options.output_high_mark) return true;
  congested_ = true;
  transport_.notify_when_sent();
  return false;
}

void ServerConnection::send(Publication& publication, QoS qos, bool retain, std::uint16_t packet_id) {
  publication.append_to(transport_.output(publication.size()), facts_.version, qos, retain, packet_id);
}

// ---- the end

void ServerConnection::client_error(std::string_view what) {
  note(what);
  end(CloseReason::client_error, true);
}

void ServerConnection::note(std::string_view why) {
  context_.authenticator.on_client_error(facts_, why);
}

void ServerConnection::end(CloseReason reason, bool publish_the_will) {
  if (closed()) return;
  const State before = std::exchange(state_, State::closed);
  timer_.disarm();
  if (answer_) answer_->connection = nullptr;
  if (gate_) gate_->forget();
  session_ = nullptr;
  if (before == State::attaching || before == State::connected) shard_->leave(*this, session_place_);
  if (before == State::connected) {
    // The client's own DISCONNECT is the one end that forgets the will (M3-59).
    if (publish_the_will && reason != CloseReason::client_disconnect) publish_will();
    shard_->broker().observer().on_disconnected(facts_, reason);
  }
  transport_.close();
}

}  // namespace iotemu::mqtt
