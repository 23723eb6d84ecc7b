#include "emulator/resets.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace iotemu {
namespace {

/// For user code that nobody can kill: a callback that runs, a process that the kernel keeps.
constexpr std::chrono::seconds kLimit{10};

const Error kStopped{Errc::unavailable, "The emulator is ending"};

}  // namespace

void Resets::request(bool keep_ca, Done done) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopped_) {
      const bool first = running_ == nullptr;
      auto& asked = first ? running_ : waiting_;
      if (!asked) asked = std::make_unique<Asked>(Asked{.work = WorkToken{work_}});
      asked->keep_ca = asked->keep_ca && keep_ca;
      asked->done.push_back(std::exchange(done, nullptr));
      if (!first) return;
    }
  }
  if (done) return done(kStopped);
  enter(Stage::end_code);
}

void Resets::enter(Stage stage) {
  switch (stage) {
    case Stage::end_code:
      return steps_.end_code(hold_until(Stage::take_in));
    case Stage::take_in:
      return steps_.take_in(hold_until(Stage::end_rest));
    case Stage::end_rest:
      return steps_.end_code(hold_until(Stage::forget));
    case Stage::forget:
      return forget();
  }
}

invoke::Hold Resets::hold_until(Stage next) {
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  timers_.after(kLimit, [this, gone, next] {
    if (gone->exchange(true)) return;
    log::warn("user code that does not end is left behind by a reset");
    post(next);
  });
  return {static_cast<const void*>(this), [this, gone, next](const void*) {
            if (!gone->exchange(true)) post(next);
          }};
}

void Resets::post(Stage stage) {
  const std::lock_guard lock{mutex_};
  if (!stopped_) pool_.post([this, stage] { enter(stage); });
}

void Resets::forget() {
  // Who asks from here on wants to be rid of what comes into being now.
  std::unique_ptr<Asked> asked;
  bool keep_ca = false;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;
    keep_ca = running_->keep_ca;
  }
  const auto done = steps_.forget(keep_ca);
  bool again = false;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;
    asked = std::exchange(running_, std::move(waiting_));
    again = running_ != nullptr;
  }
  for (const auto& answer : asked->done) answer(done);
  if (again) enter(Stage::end_code);
}

void Resets::stop() {
  std::unique_ptr<Asked> running;
  std::unique_ptr<Asked> waiting;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    running.swap(running_);
    waiting.swap(waiting_);
  }
  for (const auto* asked : {running.get(), waiting.get()}) {
    if (asked == nullptr) continue;
    for (const auto& answer : asked->done) answer(kStopped);
  }
}

}  // namespace iotemu
