#pragma once

// One thread with one epoll set: the Loop that a share of the connections lives on. A turn handles what is
// readable, then what was posted, then what is due, and ends with the sending of what has gathered; only then
// the posted work counts as done. epoll itself rather than Asio: a turn with an end is what batching needs,
// and a level-triggered set costs no system call a read.

#include <sys/epoll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/executor.h"
#include "base/lookout.h"
#include "base/task.h"
#include "mqtt/loop.h"
#include "mqtt/net/output_queue.h"

namespace iotemu::mqtt {

/// Something with a descriptor in a worker's epoll set. The worker owns it and destroys it at the end of the
/// turn in which it was given back.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void on_ready(std::uint32_t events) = 0;
  /// Wanted by `read_again`: the descriptor may be silent, but bytes are here already.
  virtual void on_more() {}
  /// The server stops: no more clients, please.
  virtual void on_stop_listening() {}
  /// The server stops: says goodbye without waiting for anything.
  virtual void on_stop() {}
};

class Worker final : public Loop {
 public:
  /// Descriptors may be watched before `start`.
  Worker(std::size_t index, Clock& clock, WorkCounter& counter, bool manual_time, std::size_t read_buffer);
  ~Worker() override;

  void start();
  /// Ends the thread after the current turn. What is posted later is dropped.
  void stop();

  // Loop.
  void post(Task task) override;
  [[nodiscard]] bool is_current() const override;
  [[nodiscard]] std::size_t index() const override { return index_; }
  [[nodiscard]] Tick tick() const override { return now_; }
  [[nodiscard]] TimerQueue& timers() override { return timers_; }
  void at_turn_end(TurnEnd& end) override { ends_.add(end); }
  void forget(TurnEnd& end) override { ends_.remove(end); }

  // For what has a descriptor; on this thread, or before `start`.
  void watch(int fd, std::unique_ptr<Watched> watched, std::uint32_t events);
  void change(int fd, const Watched& watched, std::uint32_t events);
  /// Takes the descriptor out of the set; the caller closes it. `watched` lives until the end of the turn.
  void give_back(int fd, const Watched& watched);
  void read_again(Watched& watched) { again_.push_back(&watched); }
  /// `on_stop_listening` and `on_stop` for everything that is watched.
  void stop_listening();
  void stop_watched();
  [[nodiscard]] std::span<std::uint8_t> read_buffer() { return {read_buffer_.get(), read_buffer_bytes_}; }
  [[nodiscard]] BlockPool& blocks() { return blocks_; }

  /// Connections, for any thread to read.
  [[nodiscard]] std::atomic<std::size_t>& connections() { return connections_; }
  [[nodiscard]] std::optional<Tick> next_due() const { return timers_.earliest(); }

 private:
  void run();
  void turn();
  /// How many events there are, after some time.
  [[nodiscard]] int wait(std::span<epoll_event> events);
  [[nodiscard]] int look(std::span<epoll_event> events, int limit);
  /// Milliseconds until something is due; -1: nothing is.
  [[nodiscard]] int wait_limit();
  /// False: something was posted. Otherwise the next post wakes the thread.
  [[nodiscard]] bool fall_asleep();
  [[nodiscard]] std::vector<Watched*> all_watched() const;
  std::size_t run_posted();

  const std::size_t index_;
  Clock& clock_;
  WorkCounter& counter_;
  const bool manual_time_;
  Descriptor epoll_;
  Descriptor wake_;
  Tick now_;
  BlockPool blocks_;
  const std::size_t read_buffer_bytes_;
  /// Not initialised: what only the longest packets reach is no memory before one comes.
  const std::unique_ptr<std::uint8_t[]> read_buffer_;
  TimerQueue timers_;
  TurnEnds ends_;
  std::atomic<std::size_t> connections_{0};
  std::unordered_map<const Watched*, std::unique_ptr<Watched>> watched_;
  std::vector<std::unique_ptr<Watched>> given_back_;
  std::vector<Watched*> again_;

  Lookout lookout_;

  std::mutex mutex_;
  std::vector<Task> posted_;
  std::atomic<bool> has_posted_{false};
  std::atomic<bool> asleep_{false};  // changes to true under the mutex
  bool accepts_posts_{true};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace iotemu::mqtt
