#include "emulator/runtime/pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "emulator/runtime/child.h"
#include "emulator/runtime/walls.h"

namespace iotemu::runtime {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::seconds kStallTime{1};
/// Beyond `processes`, one at a time, while nothing moves.
constexpr std::size_t kMaxExtra = 100;
constexpr std::chrono::seconds kStopTime{10};
/// New spawners within a minute.
constexpr std::size_t kMaxSpawners = 5;

const Error kStopped{Errc::unavailable, "the emulator stopped before the function had answered"};
const Error kReset{Errc::unavailable, "the emulator was reset before the function had answered"};
const Error kRetired{Errc::unavailable, "the function was changed or deleted"};
const Error kIdle{Errc::unavailable, "the function's process was not needed any more"};

/// Children of one call whose keeper died before it had started them.
constexpr std::size_t kMaxLosses = 5;
const Error kLost{Errc::unavailable, "the process that keeps the function has died " +
                                         std::to_string(kMaxLosses) +
                                         " times before the function was started: is this machine short of "
                                         "memory or processes?"};

/// AWS's sentence (TooManyRequestsException), with the bound that was met.
Error throttled(const std::string& bound) {
  return Error{Errc::throttled, "Rate Exceeded. (" + bound + ")"};
}

std::size_t process_limit(std::size_t wanted) {
  return wanted > 0 ? wanted : 2 * std::max(1U, std::thread::hardware_concurrency()) + 6;
}

std::string_view name_of(Walls walls) {
  return walls == Walls::strict ? "strict" : walls == Walls::off ? "off" : "auto";
}

}  // namespace

/// All but what the Pool's callers touch happens on the thread of `io_`.
class Pool::Core final : public ChildOwner {
 public:
  Core(PoolOptions options, WorkCounter& work)
      : options_{std::move(options)},
        work_{work},
        programs_{options_.programs},
        limit_{process_limit(options_.processes)},
        around_{.io = io_,
                .clock = clock_,
                .random = random_,
                .log = log_,
                .work = work_,
                .programs = programs_,
                .walls = options_.walls,
                .connect_ports = options_.connect_ports,
                .endpoint_url = options_.endpoint_url},
        stall_{*io_} {}

  void invoke(std::shared_ptr<const Function> function, Invocation invocation, Done done) {
    auto call = std::make_unique<Call>();
    call->function = std::move(function);
    call->invocation = std::move(invocation);
    call->done = std::move(done);
    call->work = WorkToken{work_};
    if (auto refused = queue(std::move(call))) refused->done(kStopped);
  }

  void retire(const std::string& arn, const std::string& revision) {
    const std::lock_guard lock{start_mutex_};
    if (!thread_.joinable() || stopped_) return;
    post([this, key = key_of(arn, revision)] {
      const auto found = groups_.find(key);
      if (found == groups_.end()) return;
      found->second.retired = true;
      while (!found->second.idle.empty()) end_idle(found->second, kRetired);
      forget_if_empty(found->second);
    });
  }

  void reset(std::shared_ptr<const void> until) {
    const std::lock_guard lock{start_mutex_};
    if (!thread_.joinable() || stopped_) return;
    // Counted until the children are asked to end; from then on they count themselves.
    post([this, until = std::move(until), token = std::make_shared<WorkToken>(work_)] {
      end_all(kReset, until);
    });
  }

  void stop() {
    {
      const std::lock_guard lock{start_mutex_};
      if (std::exchange(stopped_, true) || !thread_.joinable()) return;
    }
    post([this] {
      ending_ = true;
      end_all(kStopped);
      stop_if_empty();
      stall_.expires_after(kStopTime);
      stall_.async_wait([this](ErrorCode error) {
        if (!error) io_->stop();
      });
    });
    thread_.join();
    // Connections that are being closed take their last steps here.
    io_->restart();
    io_->poll();
    spawner_.reset();
    folder_.reset();
  }

  [[nodiscard]] const Programs& programs() const { return programs_; }
  [[nodiscard]] FunctionLog& log() { return log_; }
  [[nodiscard]] Walls walls() const { return options_.walls; }
  [[nodiscard]] int spawner_process() const { return spawner_process_; }

  [[nodiscard]] unsigned fallen() const { return fallen_; }

  // ChildOwner
  void fell(std::uint8_t layers) override {
    if ((fallen_.fetch_or(layers) & layers) == layers) return;
    log::warn("functions do without a part of the sandbox: this machine allows no mounts after all");
  }

  void ready(Child& child) override {
    Group& group = group_of(child);
    moved_ = true;
    if (group.starting.erase(child.shared_from_this()) > 0) group.running.insert(child.shared_from_this());
    if (group.waiting.empty()) {
      if (group.retired || ending_) return child.end(kRetired);
      group.idle.push_back(child.shared_from_this());
      watch_idle();
    } else {
      hand_over(group, child.shared_from_this());
    }
    serve_waiting();
  }

  void gone(Child& child) override {
    Group& group = group_of(child);
    moved_ = true;
    const auto self = child.shared_from_this();
    const bool never_ready = group.starting.erase(self) > 0 && child.never_was_ready();
    group.running.erase(self);
    std::erase(group.idle, self);
    --alive_;
    // One that was lost was not even begun: the next is started in its place, a few times for one call.
    if (never_ready && !group.waiting.empty()) {
      if (!child.was_lost()) {
        auto call = take_waiting(group);
        child.tell_why_not_ready(*call);
      } else if (++group.waiting.front()->losses >= kMaxLosses) {
        take_waiting(group)->done(kLost);
      }
    }
    serve_waiting();
  }

  void closed(Child& child) override {
    Group& group = group_of(child);
    group.open.erase(child.shared_from_this());
    forget_if_empty(group);
    if (ending_) stop_if_empty();
  }

 private:
  /// One revision of a function.
  struct Group {
    std::string key{};
    std::shared_ptr<const Function> function{};
    std::deque<std::unique_ptr<Call>> waiting{};
    std::set<std::shared_ptr<Child>> open{};  ///< All, to the very end.
    std::set<std::shared_ptr<Child>> starting{};
    std::set<std::shared_ptr<Child>> running{};  ///< Ready or with an event.
    std::deque<std::shared_ptr<Child>> idle{};   ///< The one that was ready last is the last.
    bool retired{false};
  };

  template <class F>
  void post(F task) {
    asio::post(*io_, std::move(task));
  }

  static std::string key_of(const std::string& arn, const std::string& revision) {
    return arn + "\n" + revision;
  }

  /// All versions of a function share what is reserved for it.
  static std::string reservation_of(const Function& function) {
    return function.realm.account + "\n" + function.realm.region + "\n" + function.name;
  }

  Group& group_of(const Child& child) {
    return groups_.at(key_of(child.function().arn, child.function().revision));
  }

  /// Starts the thread if there is none; gives the call back if it is too late. Under the lock to the end:
  /// what is posted before `stop` takes it is answered by the loop.
  std::unique_ptr<Call> queue(std::unique_ptr<Call> call) {
    const std::lock_guard lock{start_mutex_};
    if (stopped_) return call;
    if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
    post([this, call = std::shared_ptr<Call>{std::move(call)}] {
      admit(std::make_unique<Call>(std::move(*call)));
    });
    return nullptr;
  }

  void run() {
    ::pthread_setname_np(::pthread_self(), "iotemu-runtime");
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    const auto guard = asio::make_work_guard(*io_);
    while (true) {
      try {
        io_->run();
        return;
      } catch (const std::exception& error) {
        log::error("an answer of a function broke who waited for it", {{"what", error.what()}});
      }
    }
  }

  void admit(std::unique_ptr<Call> call) {
    if (ending_) return call->done(kStopped);
    const Function& function = *call->function;
    const std::string reservation = reservation_of(function);
    std::size_t& of_function = under_way_[reservation];
    if (function.concurrency && of_function >= *function.concurrency) {
      const auto bound = std::to_string(*function.concurrency);
      if (of_function == 0) under_way_.erase(reservation);
      return call->done(throttled("reserved concurrency of " + function.name + ": " + bound));
    }
    if (total_under_way_ >= options_.concurrency) {
      if (of_function == 0) under_way_.erase(reservation);
      return call->done(throttled("concurrency of the account: " + std::to_string(options_.concurrency)));
    }
    ++of_function;
    ++total_under_way_;
    const auto key = key_of(function.arn, function.revision);
    Group& group = groups_[key];
    group.key = key;
    group.function = call->function;
    call->done = [this, done = std::move(call->done), reservation,
                  counted = true](Result<Outcome> outcome) mutable {
      if (std::exchange(counted, false)) ended(reservation);
      done(std::move(outcome));
    };
    group.waiting.push_back(std::move(call));
    serve(group);
  }

  void ended(const std::string& reservation) {
    --total_under_way_;
    const auto found = under_way_.find(reservation);
    if (--found->second == 0) under_way_.erase(found);
  }

  std::unique_ptr<Call> take_waiting(Group& group) {
    auto call = std::move(group.waiting.front());
    group.waiting.pop_front();
    return call;
  }

  void hand_over(Group& group, const std::shared_ptr<Child>& child) { child->give(take_waiting(group)); }

  void serve(Group& group) {
    while (!group.waiting.empty() && !group.idle.empty()) {
      const auto child = std::move(group.idle.back());
      group.idle.pop_back();
      // One that has just died is still to say so: `gone` follows.
      if (child->can_take()) hand_over(group, child);
    }
    while (coming(group) < group.waiting.size() && may_start(group)) {
      auto started = start(group);
      if (!started && spawner_ && spawner_->dead()) started = start(group);
      if (!started) take_waiting(group)->done(started.error());
    }
    if (!group.waiting.empty()) watch_stall();
  }

  /// Children that will ask for an event soon: those that start, and those that have just answered. Who has
  /// answered and does not ask is not waited for any longer when nothing moves.
  [[nodiscard]] std::size_t coming(const Group& group) const {
    const auto answered = std::count_if(group.running.begin(), group.running.end(),
                                        [](const auto& child) { return !child->has_event(); });
    return group.starting.size() + (stalled_ ? 0 : static_cast<std::size_t>(answered) - group.idle.size());
  }

  void serve_waiting() {
    for (auto& [key, group] : groups_) {
      if (!group.waiting.empty()) serve(group);
    }
  }

  bool may_start(Group& group) {
    if (alive_ < limit_ + extra_) return true;
    // A process that waits for nothing makes room.
    Group* longest = nullptr;
    for (auto& [key, other] : groups_) {
      if (&other == &group || other.idle.empty()) continue;
      const bool longer =
          longest == nullptr || other.idle.front()->idle_since() < longest->idle.front()->idle_since();
      if (longer) longest = &other;
    }
    if (longest != nullptr) {
      end_idle(*longest, kIdle);
      return true;
    }
    return group.starting.empty() && group.running.empty();
  }

  void end_idle(Group& group, const Error& why) {
    const auto child = std::move(group.idle.front());
    group.idle.pop_front();
    child->end(why);
  }

  Status start(Group& group) {
    if (auto ready = ensure_spawner(); !ready) return ready;
    const auto child = std::make_shared<Child>(around_, *this, group.function);
    if (auto started = child->start(*spawner_, *folder_); !started) return started;
    group.open.insert(child);
    group.starting.insert(child);
    ++alive_;
    return Ok{};
  }

  Status ensure_spawner() {
    if (!folder_) {
      auto made = RunFolder::make(options_.temporary_folder);
      if (!made) return Error{Errc::unavailable, made.error().message};
      if (auto written = write_bootstraps((*made)->path() / "bootstrap"); !written) {
        return Error{Errc::unavailable, written.error().message};
      }
      folder_ = std::move(*made);
    }
    if (spawner_ && !spawner_->dead()) return Ok{};
    const Tick now = clock_.tick();
    std::erase_if(spawners_, [&](Tick started) { return now - started > std::chrono::minutes{1}; });
    if (spawners_.size() >= kMaxSpawners) {
      return Error{Errc::unavailable, "the process that starts functions has died " +
                                          std::to_string(kMaxSpawners) + " times within a minute"};
    }
    if (spawner_) log::warn("the process that starts functions has died; it is started again");
    spawner_.reset();
    auto started = Spawner::start(folder_->path().string());
    if (!started) return started.error();
    spawner_ = std::move(*started);
    spawner_process_ = spawner_->pid();
    spawners_.push_back(now);
    return Ok{};
  }

  void end_all(const Error& why, const std::shared_ptr<const void>& until = {}) {
    for (auto& [key, group] : groups_) {
      for (auto& call : std::exchange(group.waiting, {})) call->done(why);
      group.idle.clear();
      for (const auto& child : std::set{group.open}) child->end(why, until);
    }
  }

  void forget_if_empty(const Group& group) {
    const bool empty = group.open.empty() && group.waiting.empty();
    if (empty) groups_.erase(std::string{group.key});
  }

  void stop_if_empty() {
    const bool empty =
        std::all_of(groups_.begin(), groups_.end(), [](const auto& row) { return row.second.open.empty(); });
    if (!empty) return;
    stall_.cancel();
    io_->stop();
  }

  /// While events wait: allows one process more for every second in which nothing moved.
  void watch_stall() {
    if (watching_stall_) return;
    watching_stall_ = true;
    moved_ = false;
    stall_.expires_after(kStallTime);
    stall_.async_wait([this](ErrorCode error) {
      watching_stall_ = false;
      if (error || ending_) return;
      const bool waits = std::any_of(groups_.begin(), groups_.end(),
                                     [](const auto& row) { return !row.second.waiting.empty(); });
      if (!waits) {
        extra_ = 0;
        return;
      }
      if (!moved_) extra_ = std::min(extra_ + 1, kMaxExtra);
      stalled_ = !moved_;
      serve_waiting();
      stalled_ = false;
      watch_stall();
    });
  }

  void watch_idle() {
    if (watching_idle_) return;
    watching_idle_ = true;
    idle_timer_.expires_after(std::max<Duration>(options_.idle_time / 2, Duration{10}));
    idle_timer_.async_wait([this](ErrorCode error) {
      watching_idle_ = false;
      if (error || ending_) return;
      bool more = false;
      for (auto& [key, group] : groups_) {
        while (!group.idle.empty() &&
               clock_.tick() - group.idle.front()->idle_since() >= options_.idle_time) {
          end_idle(group, kIdle);
        }
        more = more || !group.idle.empty();
      }
      if (more) watch_idle();
    });
  }

  const PoolOptions options_;
  WorkCounter& work_;
  SystemClock clock_;
  SystemRandom random_;
  const Programs programs_;
  FunctionLog log_;
  const std::size_t limit_;
  std::shared_ptr<asio::io_context> io_{std::make_shared<asio::io_context>(1)};
  ChildSurroundings around_;

  std::mutex start_mutex_;  ///< Guards thread_ and stopped_ against callers; nothing else is locked under it.
  std::thread thread_;
  bool stopped_{false};
  std::atomic<int> spawner_process_{0};
  std::atomic<unsigned> fallen_{0};  ///< Layers that did not stand around a function.

  // Only the loop's thread touches these.
  std::unique_ptr<RunFolder> folder_;
  std::unique_ptr<Spawner> spawner_;
  std::vector<Tick> spawners_;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::size_t> under_way_;  ///< By function, whatever its version.
  std::size_t total_under_way_{0};
  std::size_t alive_{0};
  std::size_t extra_{0};
  bool moved_{false};
  bool stalled_{false};
  bool watching_stall_{false};
  bool watching_idle_{false};
  bool ending_{false};
  asio::steady_timer stall_;
  asio::steady_timer idle_timer_{*io_};
};

Pool::Pool(PoolOptions options, WorkCounter& work)
    : core_{std::make_unique<Core>(std::move(options), work)} {}

Pool::~Pool() {
  stop();
}

Status Pool::check(Walls walls) {
  if (walls != Walls::strict) return Ok{};
  std::string missing;
  for (const Layer& layer : layers_here()) {
    if (layer.holds || !layer.strict) continue;
    missing +=
        (missing.empty() ? "" : "; ") + std::string{layer.name} + ": it takes " + std::string{layer.cure};
  }
  if (missing.empty()) return Ok{};
  return Error{Errc::unavailable, "--lambda-sandbox strict: this machine does not have " + missing +
                                      ". --lambda-sandbox auto does with what there is"};
}

Status Pool::can_run(const std::string& runtime_name) const {
  return core_->programs().can_run(runtime_name);
}

void Pool::invoke(std::shared_ptr<const Function> function, Invocation invocation, Done done) {
  core_->invoke(std::move(function), std::move(invocation), std::move(done));
}

void Pool::retire(const std::string& arn, const std::string& revision) {
  core_->retire(arn, revision);
}

void Pool::reset(std::shared_ptr<const void> until) {
  core_->reset(std::move(until));
}

void Pool::clear_logs() {
  core_->log().clear();
}

void Pool::stop() {
  core_->stop();
}

Json Pool::logs(std::string_view function) const {
  return core_->log().list(function);
}

Json Pool::sandbox() const {
  Json layers = Json::object();
  unsigned fallen = core_->fallen();
  for (const Layer& layer : layers_under(core_->walls())) {
    layers[std::string{layer.name}] = layer.holds && (fallen & 1U) == 0;
    fallen >>= 1U;
  }
  return {{"mode", name_of(core_->walls())}, {"layers", std::move(layers)}};
}

int Pool::spawner_process() const {
  return core_->spawner_process();
}

}  // namespace iotemu::runtime
