#include "load/plan/device.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "load/plan/outcome.h"

namespace iotemu::load {
namespace {

constexpr std::array<std::string_view, 4> kProfiles{"onboard", "steady", "reconnect-storm", "churn"};

/// Far enough is never.
Instant later(Instant from, Nanos by) {
  return by >= kForever ? kNever : from + by;
}

}  // namespace

std::string_view name_of(Profile profile) {
  return kProfiles[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_named(std::string_view name) {
  const auto* found = std::ranges::find(kProfiles, name);
  if (found == kProfiles.end()) return std::nullopt;
  return static_cast<Profile>(found - kProfiles.begin());
}

Instant Device::due() const {
  switch (state_) {
    case State::over:
    case State::given_up:
      return kNever;
    case State::online:
      break;
    default:
      return due_;
  }
  auto next = std::min(acks_by_, heard_ + (pinged_ ? behaviour_->timeout : behaviour_->keep_alive / 2));
  if (in_flight_.size() < kWindow) next = std::min(next, message_due());
  if (in_flight_.empty()) next = std::min(next, leave_at_);
  return next;
}

Device::Action Device::wake(Instant now, Recorder& recorder) {
  switch (state_) {
    case State::waiting:
      if (now < due_) return Action::none;
      if (!std::exchange(arrived_, true)) recorder.arrival(now);
      recorder.attempt(now);
      ++attempts_;
      planned_ = due_;
      state_ = State::connecting;
      due_ = now + behaviour_->timeout;
      return Action::connect;
    case State::connecting:
      return now < due_ ? Action::none : time_out(Stage::connack, now, recorder);
    case State::subscribing:
      if (due_ == kNever) {
        due_ = now + behaviour_->timeout;
        return Action::subscribe;
      }
      return now < due_ ? Action::none : time_out(Stage::online, now, recorder);
    case State::online:
      return online(now, recorder);
    default:
      return Action::none;
  }
}

Device::Action Device::online(Instant now, Recorder& recorder) {
  if (now >= acks_by_) return time_out(Stage::online, now, recorder);
  if (now >= message_due() && in_flight_.size() < kWindow) {
    message_ = {.number = sent_, .packet_id = 0, .planned = message_due()};
    ++sent_;
    recorder.published(now);
    if (behaviour_->acknowledged) {
      if (++last_packet_id_ == 0) last_packet_id_ = 1;
      message_.packet_id = last_packet_id_;
      if (in_flight_.empty()) acks_by_ = now + behaviour_->timeout;
      in_flight_.push_back({last_packet_id_, message_.planned});
    } else if (all_sent()) {
      messages_settled(now);
    }
    return Action::publish;
  }
  if (now >= leave_at_ && in_flight_.empty()) {
    visiting_ = false;
    attempts_ = 0;
    const bool comes_back = behaviour_->profile == Profile::churn && !stopping_;
    state_ = comes_back ? State::waiting : State::over;
    due_ = began_ = now + behaviour_->away;
    return Action::leave;
  }
  if (pinged_ && now >= heard_ + behaviour_->timeout) return time_out(Stage::online, now, recorder);
  if (!pinged_ && now >= heard_ + behaviour_->keep_alive / 2) {
    pinged_ = true;
    heard_ = now;
    return Action::ping;
  }
  return Action::none;
}

Instant Device::message_due() const {
  if (all_sent() || stopping_) return kNever;
  const auto due = messages_from_ + behaviour_->message_interval * static_cast<Nanos::rep>(sent_);
  // Messages without end stop where the visit does.
  return behaviour_->messages == Behaviour::kEndless && due >= leave_at_ ? kNever : due;
}

Device::Action Device::time_out(Stage stage, Instant now, Recorder& recorder) {
  ended({.stage = stage, .kind = Ending::Kind::failed, .code = ETIMEDOUT}, now, recorder);
  return Action::time_out;
}

void Device::secured(Instant now, Recorder& recorder) {
  if (state_ == State::connecting) recorder.latency(Phase::handshake, planned_, now);
}

void Device::accepted(Instant now, Recorder& recorder) {
  if (state_ != State::connecting) return;
  recorder.latency(Phase::connect, planned_, now);
  if (std::exchange(was_in_, true)) {
    recorder.reconnected(now, began_);
  } else {
    recorder.accepted(now, began_, attempts_);
  }
  attempts_ = 0;
  heard_ = now;
  if (!behaviour_->subscribe) return go_online(now);
  state_ = State::subscribing;
  planned_ = now;
  due_ = kNever;
}

void Device::subscribed(bool granted, Instant now, Recorder& recorder) {
  if (state_ != State::subscribing) return;
  if (granted) {
    recorder.latency(Phase::subscribe, planned_, now);
  } else {
    recorder.error(now, kSubscribeRefused);
  }
  go_online(now);
}

void Device::go_online(Instant now) {
  state_ = State::online;
  pinged_ = false;
  if (!std::exchange(visiting_, true)) {
    sent_ = 0;
    messages_from_ = now;
    leave_at_ = kNever;
    const bool to_come = behaviour_->messages != 0 && behaviour_->messages != Behaviour::kEndless;
    if (!to_come) messages_settled(now);
  } else if (all_sent()) {
    messages_settled(now);
  }
  if (stopping_) leave_at_ = now;
}

void Device::messages_settled(Instant now) {
  if (leave_at_ == kNever) leave_at_ = later(now, behaviour_->stay);
}

void Device::acknowledged(std::uint16_t packet_id, Instant now, Recorder& recorder) {
  heard(now);
  const auto found = std::ranges::find(in_flight_, packet_id, &Sent::packet_id);
  if (found == in_flight_.end()) return recorder.error(now, kUnexpectedPuback);
  recorder.acknowledged(now, found->planned);
  in_flight_.erase(found);
  acks_by_ = in_flight_.empty() ? kNever : now + behaviour_->timeout;
  if (in_flight_.empty() && all_sent()) messages_settled(now);
}

void Device::ended(const Ending& ending, Instant now, Recorder& recorder) {
  if (over() || state_ == State::waiting) return;
  const auto outcome = outcome_of(ending, behaviour_->mqtt5);
  if (outcome.refused) {
    recorder.refusal(now, outcome.cause);
  } else {
    recorder.error(now, outcome.cause);
  }
  if (connected()) {
    recorder.disconnected();
    recorder.error(now, kUnacknowledged, in_flight_.size());
    lose(now, recorder);
  } else {
    wait(now, recorder);
  }
}

void Device::lose(Instant now, Recorder& recorder) {
  in_flight_.clear();
  acks_by_ = kNever;
  began_ = now;
  attempts_ = 1;  // the back-off is that of a first failure
  if (stopping_) {
    state_ = State::over;
  } else {
    wait(now, recorder);
    attempts_ = 0;
  }
}

void Device::wait(Instant now, Recorder& recorder) {
  const auto& limits = *behaviour_;
  const bool tried_out = limits.max_attempts != 0 && attempts_ >= limits.max_attempts && !connected();
  const bool timed_out = limits.give_up_after != Nanos{0} && now - began_ >= limits.give_up_after;
  if (stopping_) {
    state_ = State::over;
  } else if (tried_out || timed_out) {
    state_ = State::given_up;
    if (was_in_) {
      recorder.error(now, kReconnectGivenUp);
    } else {
      recorder.given_up();
    }
  } else {
    state_ = State::waiting;
    due_ = now + limits.backoff.delay(attempts_, fraction(limits.seed, index_, draws_++));
  }
}

bool Device::storm(Instant comeback) {
  if (!connected()) return false;
  in_flight_.clear();
  acks_by_ = kNever;
  attempts_ = 0;
  state_ = State::waiting;
  due_ = began_ = comeback;
  return true;
}

void Device::stop(Instant now) {
  stopping_ = true;
  if (state_ == State::online) {
    leave_at_ = std::min(leave_at_, now);
  } else if (state_ == State::waiting) {
    state_ = State::over;
  }
}

bool Device::settled() const {
  if (over()) return true;
  const bool quiet = behaviour_->messages == Behaviour::kEndless || (all_sent() && in_flight_.empty());
  return state_ == State::online && quiet && leave_at_ == kNever;
}

}  // namespace iotemu::load
