#pragma once

// One event loop as the broker sees it: a thread that takes turns. A turn reads what the network has, runs
// what was posted and what is due, and ends by sending what has gathered. Everything but `post` and
// `is_current` is for the loop's own thread.

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "mqtt/timer_queue.h"

namespace iotemu::mqtt {

/// Something that gathers work during a turn and does it at its end: output buffers, messages for other
/// loops.
class TurnEnd {
 public:
  virtual void on_turn_end() = 0;

 protected:
  ~TurnEnd() = default;

 private:
  friend class TurnEnds;
  bool waiting_{false};
};

class Loop : public Executor {
 public:
  /// Whether the calling thread is the loop's.
  [[nodiscard]] virtual bool is_current() const = 0;
  /// Its place among the loops of the server.
  [[nodiscard]] virtual std::size_t index() const = 0;
  /// The instant of the current turn.
  [[nodiscard]] virtual Tick tick() const = 0;
  [[nodiscard]] virtual TimerQueue& timers() = 0;
  /// Calls `end.on_turn_end()` once, when this turn ends; asking again in the same turn changes nothing.
  virtual void at_turn_end(TurnEnd& end) = 0;
  /// Takes back an `at_turn_end`: for what is destroyed.
  virtual void forget(TurnEnd& end) = 0;
};

/// The list behind `at_turn_end`, for those who implement Loop.
class TurnEnds {
 public:
  void add(TurnEnd& end) {
    if (end.waiting_) return;
    end.waiting_ = true;
    waiting_.push_back(&end);
  }
  void remove(TurnEnd& end) {
    if (!end.waiting_) return;
    end.waiting_ = false;
    for (TurnEnd*& entry : waiting_) {
      if (entry == &end) entry = nullptr;
    }
  }
  /// Until nobody waits: what one does may make another wait.
  void run() {
    for (std::size_t at = 0; at < waiting_.size(); ++at) {
      TurnEnd* end = waiting_[at];
      if (end == nullptr) continue;
      end->waiting_ = false;
      end->on_turn_end();
    }
    waiting_.clear();
  }

 private:
  std::vector<TurnEnd*> waiting_;
};

}  // namespace iotemu::mqtt
