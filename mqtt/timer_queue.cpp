#include "mqtt/timer_queue.h"

#include <utility>

namespace iotemu::mqtt {

void Timer::arm(Tick due) {
  disarm();
  due_ = due;
  queue_.insert(*this);
}

void Timer::disarm() {
  if (armed()) queue_.remove(*this);
}

void TimerQueue::fire_due(Tick now) {
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    Timer& timer = *heap_.front();
    remove(timer);
    timer.fire_();  // may destroy the timer
  }
}

std::optional<Tick> TimerQueue::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->due_;
}

std::optional<Tick> TimerQueue::earliest() const {
  const auto due = earliest_.load();
  if (due == kNever) return std::nullopt;
  return Tick{Duration{due}};
}

void TimerQueue::insert(Timer& timer) {
  timer.order_ = next_order_++;
  heap_.push_back(&timer);
  timer.position_ = heap_.size() - 1;
  sift_up(timer.position_);
  note_earliest();
}

void TimerQueue::remove(Timer& timer) {
  const std::size_t at = std::exchange(timer.position_, Timer::kNowhere);
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last != &timer) {
    place(at, last);
    sift_up(at);
    sift_down(last->position_);
  }
  note_earliest();
}

void TimerQueue::sift_up(std::size_t at) {
  Timer* timer = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (!before(*timer, *heap_[parent])) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, timer);
}

void TimerQueue::sift_down(std::size_t at) {
  Timer* timer = heap_[at];
  while (true) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *timer)) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, timer);
}

void TimerQueue::place(std::size_t at, Timer* timer) {
  heap_[at] = timer;
  timer->position_ = at;
}

void TimerQueue::note_earliest() {
  const auto due = heap_.empty() ? kNever : heap_.front()->due_.time_since_epoch().count();
  if (earliest_.load(std::memory_order_relaxed) != due) earliest_.store(due);
}

bool TimerQueue::before(const Timer& a, const Timer& b) {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.order_ < b.order_;
}

}  // namespace iotemu::mqtt
