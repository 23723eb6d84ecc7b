#include "emulator/http/client/client.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/curl/libcurl.h"
#include "emulator/http/client/transfer.h"

namespace iotemu::http {
namespace {

/// While nothing waits. Whoever sends wakes the thread.
constexpr std::chrono::milliseconds kLongestPause{60'000};

using TransferPtr = std::unique_ptr<Transfer>;

Outcome cancelled(std::string why) {
  return {.ending = Ending::cancelled, .why = std::move(why)};
}

Outcome ending() {
  return cancelled("the emulator is ending");
}

class CurlClient final : public Client {
 public:
  CurlClient(const ClientLimits& limits, WorkCounter& work)
      : limits_{limits}, work_{work}, budget_{limits.bytes} {}
  ~CurlClient() override { CurlClient::stop(); }

  void send(Call call, Done done) override {
    auto unsendable = why_unsendable(call);
    auto transfer = std::make_unique<Transfer>(std::move(call), std::move(done), clock_.tick(),
                                               limits_.answer_head, budget_, work_);
    std::optional<Outcome> refused;
    if (!unsendable.empty()) {
      refused = Outcome{.ending = Ending::unsendable, .why = std::move(unsendable)};
    } else if (!transfer->charge()) {
      refused = no_room("requests and answers under way would hold more than " +
                        std::to_string(limits_.bytes) + " bytes");
    } else {
      refused = enqueue(transfer);
    }
    if (refused) return transfer->end(std::move(*refused));
    wake();
  }

  void cancel() override {
    {
      const std::lock_guard lock{mutex_};
      for (auto& transfer : waiting_) cancelled_.push_back(std::move(transfer));
      waiting_.clear();
      cancel_running_ = true;
    }
    wake();
  }

  void stop() override {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    if (!thread_.joinable()) return;
    wake();
    thread_.join();
  }

 private:
  /// What is to be done outside the lock.
  struct Turn {
    std::vector<TransferPtr> cancelled{};
    std::vector<TransferPtr> late{};
    std::vector<TransferPtr> starting{};
    bool cancel_running{false};
    std::chrono::milliseconds pause{kLongestPause};
  };

  static Outcome no_room(std::string why) { return {.ending = Ending::no_room, .why = std::move(why)}; }
  static Outcome unreachable(std::string why) {
    return {.ending = Ending::unreachable, .why = std::move(why)};
  }

  /// The thread looks for what there is to do. Before it can be woken, it has not looked yet.
  void wake() {
    if (auto* sleeping = wakeable_.load()) curl::multi_wakeup(sleeping);
  }

  /// Takes it, or says why not.
  std::optional<Outcome> enqueue(TransferPtr& transfer) {
    const std::lock_guard lock{mutex_};
    if (stopping_) return ending();
    if (!missing_.empty()) return unreachable(missing_);
    if (under_way_ >= limits_.running + limits_.waiting) {
      return no_room("more than " + std::to_string(limits_.waiting) + " requests wait to be sent");
    }
    ++under_way_;
    first_deadline_ = std::min(first_deadline_, transfer->deadline());
    waiting_.push_back(std::move(transfer));
    if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
    return std::nullopt;
  }

  void run() {
    if (const auto opened = open(); !opened) return give_up(opened.error().message);
    while (auto turn = next_turn()) {
      carry_out(*turn);
      int running = 0;
      curl::multi_perform(multi_.get(), &running);
      // The place of one that has ended is for one that waits, and nothing else would wake this thread.
      if (end_what_is_done()) continue;
      curl::multi_poll(multi_.get(), nullptr, 0, static_cast<int>(turn->pause.count()), nullptr);
    }
    end_running(ending());
    end_waiting(ending());
  }

  /// Here and not where the client is made: it takes time and memory, and most runs send nothing.
  Status open() {
    if (auto loaded = curl::load(); !loaded) return loaded;
    multi_.reset(curl::multi_init());
    if (!multi_) return Error{Errc::unavailable, "libcurl cannot be set up"};
    wakeable_ = multi_.get();
    return Ok{};
  }

  /// For good: what is sent from now on ends at once.
  void give_up(const std::string& why) {
    {
      const std::lock_guard lock{mutex_};
      missing_ = why;
    }
    end_waiting(unreachable(why));
  }

  /// Nothing is added behind `stopping_` or `missing_`.
  void end_waiting(const Outcome& outcome) {
    std::deque<TransferPtr> rest;
    {
      const std::lock_guard lock{mutex_};
      rest.swap(cancelled_);
      std::ranges::move(waiting_, std::back_inserter(rest));
      waiting_.clear();
    }
    for (auto& transfer : rest) end(std::move(transfer), outcome);
  }

  /// Nothing: it is time to stop.
  std::optional<Turn> next_turn() {
    const auto now = clock_.tick();
    Turn turn;
    const std::lock_guard lock{mutex_};
    if (stopping_) return std::nullopt;
    std::ranges::move(cancelled_, std::back_inserter(turn.cancelled));
    cancelled_.clear();
    turn.cancel_running = std::exchange(cancel_running_, false);
    if (now >= first_deadline_) take_late(now, turn.late);
    const auto running = turn.cancel_running ? 0 : running_.size();
    while (running + turn.starting.size() < limits_.running && !waiting_.empty()) {
      turn.starting.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (!waiting_.empty()) turn.pause = std::clamp(first_deadline_ - now, Duration{1}, kLongestPause);
    return turn;
  }

  /// Those that have waited for all of their time. Seldom: the instant is that of the first one there was.
  void take_late(Tick now, std::vector<TransferPtr>& late) {
    std::deque<TransferPtr> rest;
    first_deadline_ = Tick::max();
    for (auto& transfer : waiting_) {
      if (transfer->deadline() <= now) {
        late.push_back(std::move(transfer));
      } else {
        first_deadline_ = std::min(first_deadline_, transfer->deadline());
        rest.push_back(std::move(transfer));
      }
    }
    waiting_.swap(rest);
  }

  void carry_out(Turn& turn) {
    const auto reset = cancelled("the emulator was reset");
    if (turn.cancel_running) end_running(reset);
    for (auto& transfer : turn.cancelled) end(std::move(transfer), reset);
    for (auto& transfer : turn.late) {
      auto late = transfer->late();
      end(std::move(transfer), std::move(late));
    }
    const auto now = clock_.tick();
    for (auto& transfer : turn.starting) {
      auto* easy = transfer->prepare(now);
      if (easy == nullptr || curl::multi_add_handle(multi_.get(), easy) != CURLM_OK) {
        end(std::move(transfer), no_room("libcurl cannot be set up for it"));
        wake();  // its place is free
        continue;
      }
      running_.emplace(easy, std::move(transfer));
    }
  }

  /// Whether anything was.
  bool end_what_is_done() {
    bool ended = false;
    int left = 0;
    while (const auto* message = curl::multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto* easy = message->easy_handle;
      const auto code = message->data.result;  // before the message goes with the handle
      curl::multi_remove_handle(multi_.get(), easy);
      auto transfer = std::move(running_.extract(easy).mapped());
      auto outcome = transfer->outcome(code);
      end(std::move(transfer), std::move(outcome));
      ended = true;
    }
    return ended;
  }

  void end_running(const Outcome& outcome) {
    auto all = std::exchange(running_, {});
    for (auto& [easy, transfer] : all) {
      curl::multi_remove_handle(multi_.get(), easy);
      end(std::move(transfer), outcome);
    }
  }

  void end(TransferPtr transfer, Outcome outcome) {
    {
      const std::lock_guard lock{mutex_};
      --under_way_;  // a caller who sends again finds the room
    }
    transfer->end(std::move(outcome));
  }

  const ClientLimits limits_;
  WorkCounter& work_;
  const SystemClock clock_{};  ///< Other servers live in real time.
  ByteBudget budget_;
  curl::Multi multi_;                      ///< the thread's alone
  std::atomic<CURLM*> wakeable_{nullptr};  ///< The same, once the thread has it.
  std::mutex mutex_;                       ///< Guards what follows; no `done` is called under it.
  std::deque<TransferPtr> waiting_;
  std::deque<TransferPtr> cancelled_;
  bool cancel_running_{false};
  Tick first_deadline_{Tick::max()};  ///< No request that waits has an earlier one.
  std::size_t under_way_{0};
  bool stopping_{false};
  std::string missing_{};  ///< Why libcurl cannot be had.
  std::thread thread_;
  std::unordered_map<CURL*, TransferPtr> running_;  ///< the thread's alone
};

}  // namespace

std::unique_ptr<Client> make_client(const ClientLimits& limits, WorkCounter& work) {
  return std::make_unique<CurlClient>(limits, work);
}

}  // namespace iotemu::http
