#pragma once

// Back-pressure on QoS 1: who publishes to a client that does not keep up waits for his PUBACK instead of
// losing messages. A connection has one gate before its PUBACKs; whoever cannot take more of what it
// publishes (a session that is behind, a loop with too much on its way) holds the gate closed until there is
// room again.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "mqtt/loop.h"

namespace iotemu::mqtt {

/// Owned by its connection; those who hold it closed share it.
class AckGate : public std::enable_shared_from_this<AckGate> {
 public:
  /// `opened` is called on `loop`, whose thread the connection lives on, some time after the last hold is
  /// gone.
  AckGate(Loop& loop, std::function<void()> opened) : loop_{loop}, opened_{std::move(opened)} {}

  /// Any thread.
  [[nodiscard]] bool closed() const { return holds_.load(std::memory_order_acquire) != 0; }
  /// The connection has gone. Its loop.
  void forget() { opened_ = nullptr; }

 private:
  friend class GateHold;
  void hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (holds_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    loop_.post([self = shared_from_this()] {
      if (self->opened_ && !self->closed()) self->opened_();
    });
  }

  Loop& loop_;
  std::function<void()> opened_;
  std::atomic<std::size_t> holds_{0};
};

/// Keeps a gate closed for as long as it lives. Any thread.
class GateHold {
 public:
  GateHold() = default;
  explicit GateHold(AckGate& gate) : gate_{gate.shared_from_this()} { gate_->hold(); }
  GateHold(const GateHold& other) : gate_{other.gate_} {
    if (gate_) gate_->hold();
  }
  GateHold(GateHold&& other) noexcept : gate_{std::move(other.gate_)} {}
  GateHold& operator=(GateHold other) noexcept {
    std::swap(gate_, other.gate_);
    return *this;
  }
  ~GateHold() {
    if (gate_) gate_->release();
  }

  /// Null: it holds nothing.
  [[nodiscard]] AckGate* gate() const { return gate_.get(); }

 private:
  std::shared_ptr<AckGate> gate_{};
};

}  // namespace iotemu::mqtt
