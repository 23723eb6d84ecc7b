#pragma once

// One device as a state machine: what it does next, and from which instant a latency counts. It knows neither
// socket nor clock: `now` comes in, an action goes out. All latencies count from the planned instant, which a
// slow server cannot move: for a new device its arrival, for a later attempt the end of the back-off, for a
// message its place in the device's own timetable. Owned by one loader thread.

#include <cstdint>
#include <utility>
#include <vector>

#include "load/client/ending.h"
#include "load/plan/behaviour.h"
#include "load/plan/instant.h"
#include "load/plan/recorder.h"

namespace iotemu::load {

class Device {
 public:
  enum class Action : std::uint8_t {
    none,
    connect,
    time_out,  ///< cut the connection; `ended()` has been seen to
    subscribe,
    publish,  ///< what `message()` says
    ping,
    leave,
  };
  /// At most this many messages wait for their PUBACK (the service's limit of one connection).
  static constexpr std::size_t kWindow = 100;

  /// `index` is the device's in the whole plan; `arrival` when it first means to connect.
  Device(const Behaviour& behaviour, std::uint64_t index, Instant arrival)
      : behaviour_{&behaviour}, index_{index}, due_{arrival}, began_{arrival}, planned_{arrival} {}

  /// When `wake()` is wanted next; kNever: not before something else happens.
  [[nodiscard]] Instant due() const;
  /// What is to be done at `now`. Called again after each action until it answers none.
  Action wake(Instant now, Recorder& recorder);

  struct Message {
    std::uint64_t number{};  ///< from 0, of this visit
    std::uint16_t packet_id{};
    Instant planned{};
  };
  [[nodiscard]] const Message& message() const { return message_; }

  // What the connection tells.
  void secured(Instant now, Recorder& recorder);
  void accepted(Instant now, Recorder& recorder);
  void subscribed(bool granted, Instant now, Recorder& recorder);
  void acknowledged(std::uint16_t packet_id, Instant now, Recorder& recorder);
  /// Any packet shows that the connection lives.
  void heard(Instant now) {
    heard_ = now;
    pinged_ = false;
  }
  void ended(const Ending& ending, Instant now, Recorder& recorder);

  /// The network is gone: the caller cuts the connection, and the device tries again at `comeback`. Answers
  /// false if it had none.
  bool storm(Instant comeback);
  /// The run is at its end: who is in sends nothing more and leaves once all is acknowledged; others stop
  /// here.
  void stop(Instant now);

  /// Nothing more will happen by itself before the end of the run.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] bool connected() const { return state_ == State::subscribing || state_ == State::online; }
  [[nodiscard]] bool over() const { return state_ == State::over || state_ == State::given_up; }
  [[nodiscard]] bool arrived() const { return arrived_; }
  [[nodiscard]] bool was_in() const { return was_in_; }
  [[nodiscard]] bool gave_up() const { return state_ == State::given_up; }

 private:
  enum class State : std::uint8_t { waiting, connecting, subscribing, online, over, given_up };

  struct Sent {
    std::uint16_t packet_id{};
    Instant planned{};
  };

  Action online(Instant now, Recorder& recorder);
  Action time_out(Stage stage, Instant now, Recorder& recorder);
  [[nodiscard]] Instant message_due() const;
  [[nodiscard]] bool messages_over(Instant now) const;
  [[nodiscard]] bool all_sent() const { return sent_ >= behaviour_->messages; }
  void go_online(Instant now);
  void lose(Instant now, Recorder& recorder);
  void wait(Instant now, Recorder& recorder);
  void messages_settled(Instant now);

  const Behaviour* behaviour_;
  std::uint64_t index_;
  State state_{State::waiting};
  bool arrived_{false};
  bool was_in_{false};
  bool visiting_{false};  ///< messages of a visit have begun; a lost connection does not begin them again
  bool stopping_{false};
  bool pinged_{false};
  std::uint16_t last_packet_id_{0};
  std::uint32_t attempts_{0};
  std::uint64_t draws_{0};
  Instant due_;      ///< of the state, but for what `online` has on its timetable
  Instant began_;    ///< the planned instant of this way in: arrival, loss, storm, comeback
  Instant planned_;  ///< of this attempt
  Instant messages_from_{};
  Instant leave_at_{kNever};
  Instant acks_by_{kNever};
  Instant heard_{};
  std::uint64_t sent_{0};  ///< messages of this visit
  std::vector<Sent> in_flight_;
  Message message_{};
};

}  // namespace iotemu::load
