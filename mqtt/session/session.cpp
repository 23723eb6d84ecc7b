#include "mqtt/session/session.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace iotemu::mqtt {

Session::Session(SessionHost& host, SubscriberId id, SessionTraits traits)
    : host_{host},
      id_{id},
      traits_{std::move(traits)},
      expiry_{host.loop.timers(), [this] { expired_(); }},
      retry_{host.loop.timers(), [this] { retry(); }},
      drain_{host.loop.timers(), [this] { drain(); }} {}

Session::~Session() {
  end_backlog();
}

void Session::attach(Link& link) {
  link_ = &link;
  told_of_drops_ = false;
  expiry_.disarm();
}

void Session::start_delivery() {
  if (host_.options.drain_rate == 0) {
    stored_.append(std::move(waiting_));
    std::swap(stored_, waiting_);
    send_waiting();
  } else {
    drain();
  }
}

void Session::detach() {
  link_ = nullptr;
  end_backlog();
  retry_.disarm();
  drain_.disarm();
  MessageQueue former = in_flight_.take_all();
  former.append(std::exchange(stored_, {}));
  former.append(std::exchange(waiting_, {}));
  while (!former.empty()) {
    if (OwedMessage owed = former.pop(); !owed.message->one_connection) stored_.push(std::move(owed));
  }
}

void Session::deliver(Publication& publication, QoS granted) {
  deliver(publication, granted, false);
}

void Session::deliver_retained(Publication& publication, QoS granted) {
  deliver(publication, granted, true);
}

void Session::deliver(Publication& publication, QoS granted, bool retain) {
  const QoS qos = std::min(publication.qos(), granted);  // M3-23
  if (link_ == nullptr) {
    // QoS 0 is never stored (M3-46).
    if (qos == QoS::at_least_once && traits_.persistent) store(stored_, {publication.message(), retain});
    return;
  }
  if (qos == QoS::at_most_once) {
    if (!link_->admits(publication.topic())) return;
    if (!link_->has_room()) {
      host_.counters.dropped_slow.add();
      return;
    }
    link_->send(publication, qos, retain, 0);
    host_.counters.messages_sent.add();
    return;
  }
  if (!window_open() || !waiting_.empty() || !link_->has_room()) {
    wait_in_line(publication, retain);
    return;
  }
  if (link_->admits(publication.topic())) send_tracked(publication, retain);
}

// ---- a client that does not keep up

void Session::wait_in_line(Publication& publication, bool retain) {
  OwedMessage owed{publication.message(), retain};
  AckGate* gate = backlog_ && backlog_->given_up ? nullptr : publication.gate();
  if (gate == nullptr) {
    store(waiting_, std::move(owed));
  } else {
    waiting_.push(std::move(owed));  // a publisher that waits can add no more than its window
  }
  if (!backlog_ && fuller_than(2)) {
    backlog_ = std::make_unique<Backlog>(*this);
    host_.counters.behind.add();
  }
  if (!backlog_ || gate == nullptr) return;
  if (backlog_->waiting.empty()) backlog_->patience.arm(host_.loop.tick() + host_.options.patience);
  backlog_->waiting.try_emplace(gate, *gate);
}

bool Session::fuller_than(std::size_t divisor) const {
  return waiting_.size() * divisor >= host_.options.max_queued ||
         waiting_.bytes() * divisor >= host_.options.max_queued_bytes;
}

void Session::on_patience() {
  if (std::exchange(backlog_->moved, false)) {
    backlog_->patience.arm(host_.loop.tick() + host_.options.patience);
    return;
  }
  log::warn("a client takes no messages: who publishes to it waits no longer",
            {{"client_id", traits_.client_id}, {"waiting", std::to_string(waiting_.size())}});
  backlog_->given_up = true;
  backlog_->waiting.clear();
}

void Session::end_backlog() {
  if (!std::exchange(backlog_, nullptr)) return;
  host_.counters.behind.subtract();
}

bool Session::on_puback(std::uint16_t packet_id) {
  if (!in_flight_.close(packet_id)) return false;
  if (!waiting_.empty()) send_waiting();
  return true;
}

void Session::on_room() {
  send_waiting();
}

void Session::send_waiting() {
  while (link_ != nullptr && !waiting_.empty() && send_owed(waiting_)) {
    if (backlog_) backlog_->moved = true;
  }
  if (backlog_ && !fuller_than(4)) end_backlog();
}

void Session::drain() {
  if (link_ == nullptr || stored_.empty()) return;
  (void)send_owed(stored_);
  if (stored_.empty()) return;
  const auto pause = std::max(Duration{1}, Duration{std::chrono::seconds{1}} / host_.options.drain_rate);
  drain_.arm(host_.loop.tick() + pause);
}

bool Session::send_owed(MessageQueue& from) {
  if (!window_open() || !link_->has_room()) return false;
  const OwedMessage owed = from.pop();
  if (owed.message->expired(host_.loop.tick())) return true;  // M3-50
  if (!link_->admits(owed.message->topic)) return true;
  Publication publication{owed.message};
  send_tracked(publication, owed.retain);
  return true;
}

void Session::send_tracked(Publication& publication, bool retain) {
  const Tick now = host_.loop.tick();
  const std::uint16_t id = in_flight_.open({publication.message(), retain}, now);
  link_->send(publication, QoS::at_least_once, retain, id);
  host_.counters.messages_sent.add();
  if (!retry_.armed()) arm_retry(now);
}

void Session::arm_retry(Tick oldest) {
  if (host_.options.retry_interval > Duration::zero()) retry_.arm(oldest + host_.options.retry_interval);
}

void Session::retry() {
  const Tick now = host_.loop.tick();
  Tick oldest = now;
  for (InFlight::Entry* entry : in_flight_.in_order()) {
    if (entry->last_sent + host_.options.retry_interval <= now) {
      const bool expired = entry->owed.message->expired(now);  // M5-14
      if (expired || entry->first_sent + host_.options.retry_for <= now) {
        in_flight_.close(entry->packet_id);
        host_.counters.dropped_unacked.add();
        continue;
      }
      entry->last_sent = now;
      if (link_->has_room()) {
        Publication publication{entry->owed.message};
        link_->send(publication, QoS::at_least_once, entry->owed.retain, entry->packet_id);
        host_.counters.messages_sent.add();
      }
    }
    oldest = std::min(oldest, entry->last_sent);
  }
  if (in_flight_.size() != 0) arm_retry(oldest);
  send_waiting();
}

void Session::store(MessageQueue& queue, OwedMessage owed) {
  if (!has_space(queue, owed)) {
    host_.counters.dropped_queue_full.add();
    if (!std::exchange(told_of_drops_, true)) {
      log::warn("a client's queue is full: QoS 1 messages for it are dropped",
                {{"client_id", traits_.client_id},
                 {"connected", link_ != nullptr ? "yes" : "no"},
                 {"waiting", std::to_string(queue.size())}});
    }
    return;
  }
  if (&queue == &stored_ && !host_.may_store()) {
    host_.counters.dropped_throttled.add();
    return;
  }
  queue.push(std::move(owed));
}

bool Session::has_space(const MessageQueue& queue, const OwedMessage& owed) const {
  return queue.size() < host_.options.max_queued &&
         queue.bytes() + owed.message->bytes() <= host_.options.max_queued_bytes;
}

const GrantedFilter* Session::find_filter(std::string_view filter) const {
  const auto found = std::find_if(filters_.begin(), filters_.end(), [&](const GrantedFilter& granted) {
    return granted.filter.str() == filter;
  });
  return found == filters_.end() ? nullptr : &*found;
}

void Session::put_filter(const TopicFilter& filter, QoS qos) {
  for (GrantedFilter& granted : filters_) {
    if (granted.filter == filter) {
      granted.qos = qos;
      return;
    }
  }
  filters_.push_back({filter, qos});
}

bool Session::remove_filter(std::string_view filter) {
  return std::erase_if(filters_,
                       [&](const GrantedFilter& granted) { return granted.filter.str() == filter; }) != 0;
}

SessionContent Session::take_content() {
  return {.from = id_,
          .session_id = traits_.session_id,
          .filters = std::exchange(filters_, {}),
          .stored = std::exchange(stored_, {})};
}

void Session::inherit(SessionContent content) {
  traits_.session_id = std::move(content.session_id);
  filters_ = std::move(content.filters);
  content.stored.append(std::move(stored_));  // what came during the move is younger
  stored_ = std::move(content.stored);
}

}  // namespace iotemu::mqtt
