#include "mqtt/net/worker.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

namespace iotemu::mqtt {
namespace {

thread_local const Worker* current_worker = nullptr;

constexpr int kEventsPerTurn = 256;

Descriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
  return Descriptor{fd};
}

}  // namespace

Worker::Worker(std::size_t index, Clock& clock, WorkCounter& counter, bool manual_time,
               std::size_t read_buffer)
    : index_{index},
      clock_{clock},
      counter_{counter},
      manual_time_{manual_time},
      epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")},
      wake_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")},
      now_{clock.tick()},
      read_buffer_bytes_{read_buffer},
      read_buffer_{std::make_unique_for_overwrite<std::uint8_t[]>(read_buffer)} {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
  }
}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Worker::stop() {
  stopping_ = true;
  if (thread_.joinable()) {
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  std::vector<Task> dropped;
  {
    const std::lock_guard lock{mutex_};
    accepts_posts_ = false;
    dropped.swap(posted_);
  }
  if (!dropped.empty()) counter_.done(dropped.size());
}

void Worker::post(Task task) {
  {
    const std::lock_guard lock{mutex_};
    if (!accepts_posts_) return;
    counter_.add();
    posted_.push_back(std::move(task));
    has_posted_.store(true, std::memory_order_release);
  }
  if (asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false)) ::eventfd_write(wake_.get(), 1);
}

bool Worker::is_current() const {
  return current_worker == this;
}

void Worker::watch(int fd, std::unique_ptr<Watched> watched, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = watched.get()}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  watched_.emplace(watched.get(), std::move(watched));
}

void Worker::change(int fd, const Watched& watched, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = const_cast<Watched*>(&watched)}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Worker::give_back(int fd, const Watched& watched) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  std::erase(again_, &watched);
  const auto found = watched_.find(&watched);
  given_back_.push_back(std::move(found->second));
  watched_.erase(found);
}

std::vector<Watched*> Worker::all_watched() const {
  std::vector<Watched*> all;
  for (const auto& [key, watched] : watched_) all.push_back(watched.get());
  return all;
}

void Worker::stop_listening() {
  for (Watched* watched : all_watched()) watched->on_stop_listening();
}

void Worker::stop_watched() {
  for (Watched* watched : all_watched()) watched->on_stop();
}

void Worker::run() {
  current_worker = this;
  ::pthread_setname_np(::pthread_self(), ("mqtt-" + std::to_string(index_)).c_str());
  // A peer that has gone makes a write fail, not the process end.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stopping_) turn();
}

void Worker::turn() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int ready = wait(events);
  now_ = clock_.tick();
  for (Watched* watched : std::exchange(again_, {})) watched->on_more();
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) {
      static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
    } else {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
  }
  const std::size_t done = run_posted();
  if (!manual_time_) timers_.fire_due(now_);
  ends_.run();
  given_back_.clear();
  if (done != 0) counter_.done(done);
}

int Worker::wait(std::span<epoll_event> events) {
  const int limit = again_.empty() ? wait_limit() : 0;
  if (limit == 0) return look(events, 0);
  int ready = 0;
  const bool found = lookout_.keep([&] {
    ready = look(events, 0);
    return ready > 0 || has_posted_.load(std::memory_order_acquire);
  });
  if (found) return ready;
  ready = look(events, fall_asleep() ? limit : 0);
  asleep_.store(false, std::memory_order_relaxed);
  return ready;
}

int Worker::look(std::span<epoll_event> events, int limit) {
  return ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), limit);
}

bool Worker::fall_asleep() {
  const std::lock_guard lock{mutex_};
  asleep_.store(posted_.empty(), std::memory_order_relaxed);
  return posted_.empty();
}

int Worker::wait_limit() {
  const auto due = timers_.next_due();
  if (manual_time_ || !due) return -1;
  const auto left = (*due - clock_.tick()).count();
  return static_cast<int>(std::clamp<Duration::rep>(left, 0, std::numeric_limits<int>::max()));
}

std::size_t Worker::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return 0;
  std::vector<Task> tasks;
  {
    const std::lock_guard lock{mutex_};
    tasks.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
  }
  if (tasks.empty()) return 0;
  now_ = clock_.tick();  // a manual clock may have moved since the turn began
  for (Task& task : tasks) task();
  return tasks.size();
}

}  // namespace iotemu::mqtt
