#include "load/engine/loader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "load/plan/device_text.h"
#include "load/plan/outcome.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace iotemu::load {
namespace {

/// So many devices are seen to between two looks at the sockets, however many are due.
constexpr int kDueAtOnce = 64;
/// And so much is done for one of them.
constexpr int kActionsAtOnce = 128;
constexpr Nanos kLongestWait = std::chrono::milliseconds{50};
/// How long those that are in have to leave when the run ends.
constexpr Nanos kFarewell = std::chrono::seconds{5};
/// A connection with more waiting to be sent gets no further messages for now.
constexpr std::size_t kMaxUnsent = 64 * 1024;
constexpr Nanos kUnsentPause = std::chrono::milliseconds{10};
constexpr std::string_view kSentAt = R"(","t":)";

Nanos end_of(const LoadSettings& settings, const Arrivals& arrivals) {
  return settings.duration ? arrivals.span() + *settings.duration : kForever;
}

}  // namespace

Loader::Loader(Shared& shared, Loop& loop, std::vector<DeviceIdentity>& identities, std::size_t first,
               std::size_t step)
    : shared_{shared}, loop_{loop}, recorder_{results_, progress_, shared.epoch} {
  const auto& settings = shared.settings;
  for (std::size_t nth = first; nth < identities.size(); nth += step) {
    const auto index = shared.arrivals.device(nth);
    slots_.emplace_back(settings.behaviour, index, shared.start + shared.arrivals.due(nth), identities[nth]);
    auto& slot = slots_.back();
    DeviceText text{
        .index = index, .serial = slot.identity->serial, .certificate_id = slot.identity->certificate_id};
    slot.client_id = fill(settings.client_id, text);
    text.client_id = slot.client_id;
    slot.topic = fill(settings.topic, text);
  }
  shared.unsettled += static_cast<std::int64_t>(slots_.size());
  const auto end = end_of(settings, shared.arrivals);
  if (end != kForever) ends_at_ = shared.start + end;
}

void Loader::run() {
  for (std::uint32_t at = 0; at < slots_.size(); ++at) note(at);
  while (!stopping_ || (open_ > 0 && shared_.stopwatch.now() < cut_at_)) turn();
  const Instant now = shared_.stopwatch.now();
  for (auto& slot : slots_) {
    if (slot.client) drop(slot);
    if (slot.device.arrived() && !slot.device.was_in() && !slot.device.gave_up()) recorder_.unfinished();
  }
  gone_.clear();
  recorder_.connections(now, 0);
}

void Loader::turn() {
  const Instant now = shared_.stopwatch.now();
  roll_second(now);
  if (!stopping_) {
    storm(now);
    if (at_its_end(now)) begin_stop(now);
  }
  run_due(now);
  loop_.turn(wait(shared_.stopwatch.now()));
  gone_.clear();
}

bool Loader::at_its_end(Instant now) const {
  const auto& settings = shared_.settings;
  if (shared_.stop.load(std::memory_order_relaxed) || now >= ends_at_) return true;
  if (settings.duration) return false;
  const bool storms_over =
      settings.behaviour.profile != Profile::reconnect_storm || storms_ == settings.storms;
  return storms_over && shared_.unsettled.load(std::memory_order_relaxed) == 0;
}

void Loader::roll_second(Instant now) {
  const auto second = shared_.epoch.second(now);
  // Written every turn into the second that runs: what stands there in the end is the last word.
  if (second != second_ || progress_.connections.load(std::memory_order_relaxed) != open_) {
    recorder_.connections(now, open_);
  }
  second_ = second;
}

void Loader::run_due(Instant now) {
  for (int i = 0; i < kDueAtOnce && !due_.empty() && due_.top().at <= now; ++i) {
    const Due due = due_.top();
    due_.pop();
    auto& slot = slots_[due.slot];
    if (slot.scheduled != due.at) continue;  // another time was agreed on since
    slot.scheduled = kNever;
    worst_lag_ = std::max(worst_lag_, now - due.at);
    drive(due.slot, now);
  }
}

void Loader::drive(std::uint32_t at, Instant now) {
  auto& slot = slots_[at];
  for (int actions = 0; actions < kActionsAtOnce; ++actions) {
    const bool choked = slot.client && slot.client->out().size() > kMaxUnsent;
    const auto action = choked ? Device::Action::none : slot.device.wake(now, recorder_);
    if (action != Device::Action::none) {
      act(at, action);
      continue;
    }
    if (slot.client && !slot.client->out().empty()) slot.client->flush();
    if (choked) return look_again(at, now + kUnsentPause);
    return note(at);
  }
  // It is far behind its timetable; others are due as well.
  if (slot.client) slot.client->flush();
  look_again(at, now);
}

void Loader::look_again(std::uint32_t at, Instant then) {
  slots_[at].scheduled = then;
  due_.push({then, at});
}

void Loader::act(std::uint32_t at, Device::Action action) {
  auto& slot = slots_[at];
  switch (action) {
    case Device::Action::none:
      break;
    case Device::Action::connect:
      connect(at);
      break;
    case Device::Action::time_out:
      drop(slot);
      break;
    case Device::Action::subscribe:
      subscribe(slot);
      break;
    case Device::Action::publish:
      publish(slot, slot.device.message());
      break;
    case Device::Action::ping:
      mqtt::encode(mqtt::Pingreq{}, slot.client->out());
      break;
    case Device::Action::leave:
      slot.client->leave();
      drop(slot);
      break;
  }
}

void Loader::connect(std::uint32_t at) {
  auto& slot = slots_[at];
  const auto& settings = shared_.settings;
  const auto& behaviour = settings.behaviour;
  const auto keep_alive = std::chrono::duration_cast<std::chrono::seconds>(behaviour.keep_alive).count();
  slot.client = std::make_unique<Client>(
      loop_, settings.endpoint.address(slot.index), slot.identity->tls,
      mqtt::Connect{.level = static_cast<std::uint8_t>(behaviour.mqtt5 ? 5 : 4),
                    .clean_start = true,
                    .keep_alive = static_cast<std::uint16_t>(std::min<std::int64_t>(keep_alive, 65535)),
                    .client_id = slot.client_id});
  hear(at, *slot.client);
}

void Loader::hear(std::uint32_t at, Client& client) {
  client.on_secured = [this, at] { slots_[at].device.secured(shared_.stopwatch.now(), recorder_); };
  client.on_accepted = [this, at](const mqtt::Connack&) {
    const Instant now = shared_.stopwatch.now();
    ++open_;
    slots_[at].device.accepted(now, recorder_);
    drive(at, now);
  };
  client.on_packet = [this, at](const mqtt::Frame& frame) { take(at, frame); };
  client.on_ended = [this, at](const Ending& ending) {
    const Instant now = shared_.stopwatch.now();
    auto& slot = slots_[at];
    slot.device.ended(ending, now, recorder_);
    drop(slot);
    drive(at, now);
  };
}

void Loader::take(std::uint32_t at, const mqtt::Frame& frame) {
  auto& slot = slots_[at];
  const Instant now = shared_.stopwatch.now();
  slot.device.heard(now);
  const bool has_id = frame.body.size() >= 2;
  switch (mqtt::packet_type(frame.first_byte)) {
    case mqtt::PacketType::puback: {
      if (!has_id) break;
      if (frame.body.size() > 2 && frame.body[2] >= 0x80) recorder_.error(now, kPublishRefused);
      const auto id = static_cast<std::uint16_t>(frame.body[0] << 8U | frame.body[1]);
      slot.device.acknowledged(id, now, recorder_);
      break;
    }
    case mqtt::PacketType::suback:
      slot.device.subscribed(!frame.body.empty() && frame.body.back() < 0x80, now, recorder_);
      break;
    case mqtt::PacketType::publish:
      take_message(frame, *slot.client, now);
      break;
    default:
      break;
  }
  drive(at, now);
}

void Loader::take_message(const mqtt::Frame& frame, Client& client, Instant now) {
  const auto publish = mqtt::decode_publish(client.version(), frame);
  if (!publish) return recorder_.error(now, kMalformedAnswer);
  recorder_.received(now);
  if (publish->qos != mqtt::QoS::at_most_once) {
    mqtt::encode(client.version(), mqtt::Puback{.packet_id = publish->packet_id}, client.out());
  }
  // Only a message of this very process was sent by this clock.
  const auto text = mqtt::as_text(publish->payload);
  const auto begin = R"({"run":")" + shared_.settings.run_name + std::string{kSentAt};
  if (!text.starts_with(begin)) return;
  Nanos::rep planned = 0;
  std::from_chars(text.data() + begin.size(), text.data() + text.size(), planned);
  recorder_.latency(Phase::delivery, Instant{Nanos{planned}}, now);
}

void Loader::subscribe(Slot& slot) {
  topic_filter_ = fill(shared_.settings.subscribe, {.index = slot.index,
                                                    .serial = slot.identity->serial,
                                                    .client_id = slot.client_id,
                                                    .certificate_id = slot.identity->certificate_id});
  const mqtt::FilterRequest filter{.filter = topic_filter_,
                                   .qos = static_cast<mqtt::QoS>(shared_.settings.qos)};
  mqtt::encode_subscribe(slot.client->version(), 1, {&filter, 1}, {}, slot.client->out());
}

void Loader::publish(Slot& slot, const Device::Message& message) {
  const auto& settings = shared_.settings;
  payload_ = R"({"run":")";
  payload_ += settings.run_name;
  payload_ += kSentAt;
  payload_ += std::to_string(message.planned.time_since_epoch().count());
  payload_ += R"(,"n":)";
  payload_ += std::to_string(message.number);
  constexpr std::string_view kPad = R"(,"pad":"")";
  if (payload_.size() + kPad.size() + 1 < settings.payload_bytes) {
    payload_ += kPad.substr(0, kPad.size() - 1);
    payload_.append(settings.payload_bytes - payload_.size() - 2, 'x');
    payload_ += '"';
  }
  payload_ += '}';
  if (payload_.size() > settings.payload_bytes) payload_.assign(settings.payload_bytes, 'x');
  mqtt::encode(slot.client->version(),
               mqtt::Publish{.qos = static_cast<mqtt::QoS>(settings.qos),
                             .topic = slot.topic,
                             .packet_id = message.packet_id,
                             .payload = mqtt::as_bytes(payload_)},
               slot.client->out());
}

void Loader::drop(Slot& slot) {
  if (!slot.client) return;
  if (slot.client->accepted()) --open_;
  slot.client->cut();
  // It may be the one whose callback runs: it goes after the turn.
  gone_.push_back(std::move(slot.client));
}

void Loader::note(std::uint32_t at) {
  auto& slot = slots_[at];
  const auto due = slot.device.due();
  // One that was put off is looked at when it was due first: every packet puts off the keep-alive.
  if (due < slot.scheduled) {
    slot.scheduled = due;
    due_.push({due, at});
  }
  const bool settled = slot.device.settled();
  if (settled != slot.settled) {
    slot.settled = settled;
    shared_.unsettled += settled ? -1 : 1;
  }
}

void Loader::storm(Instant now) {
  const auto& settings = shared_.settings;
  if (settings.behaviour.profile != Profile::reconnect_storm || storms_ == settings.storms) return;
  const auto planned = shared_.start + settings.storm_at(storms_, shared_.arrivals.span());
  if (now < planned) return;
  const auto draw = (std::uint64_t{1} << 32U) + storms_++;
  for (std::uint32_t at = 0; at < slots_.size(); ++at) {
    auto& slot = slots_[at];
    const auto spread = fraction(settings.behaviour.seed, slot.index, draw);
    const auto comeback =
        planned + Nanos{static_cast<Nanos::rep>(static_cast<double>(settings.storm_spread.count()) * spread)};
    if (slot.device.storm(comeback)) drop(slot);
    note(at);
  }
}

void Loader::begin_stop(Instant now) {
  stopping_ = true;
  cut_at_ = now + kFarewell;
  for (std::uint32_t at = 0; at < slots_.size(); ++at) {
    slots_[at].device.stop(now);
    note(at);
  }
}

Nanos Loader::wait(Instant now) const {
  auto next = now + kLongestWait;
  if (!due_.empty()) next = std::min(next, due_.top().at);
  if (!stopping_) {
    next = std::min(next, ends_at_);
    if (shared_.settings.behaviour.profile == Profile::reconnect_storm && storms_ < shared_.settings.storms) {
      next = std::min(next, shared_.start + shared_.settings.storm_at(storms_, shared_.arrivals.span()));
    }
  }
  return std::max(next - now, Nanos{0});
}

}  // namespace iotemu::load
