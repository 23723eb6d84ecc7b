#include "load/engine/run.h"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

#include "base/iso_time.h"

namespace iotemu::load {
namespace {

/// Threads are up before the first arrival is due.
constexpr Duration kLead = std::chrono::milliseconds{50};

}  // namespace

Run::Run(const LoadSettings& settings, std::vector<DeviceIdentity> identities, const Clock& clock,
         const Stopwatch& stopwatch)
    : settings_{settings},
      identities_{std::move(identities)},
      clock_{clock},
      stopwatch_{stopwatch},
      arrivals_{settings.devices, settings.rate, settings.shard} {}

Run::~Run() {
  stop();
}

Status Run::start() {
  const Epoch epoch{.instant = stopwatch_.now(), .time = clock_.now()};
  const auto begins = settings_.start_at.value_or(epoch.time + kLead);
  if (begins < epoch.time) {
    const auto late = epoch.time - begins;
    return Error{.code = Errc::invalid_request,
                 .message = "the plan was to begin at " + iso_time(begins) + ", which is " +
                            describe(Nanos{std::chrono::ceil<std::chrono::seconds>(late)}) +
                            " ago: give a later --start-at, so that the devices can be made before"};
  }
  shared_ = std::make_unique<Shared>(settings_, arrivals_, stopwatch_, epoch,
                                     epoch.instant + (begins - epoch.time));
  const auto count =
      std::clamp<std::size_t>(settings_.threads, 1, std::max<std::size_t>(identities_.size(), 1));
  for (std::size_t i = 0; i < count; ++i) {
    auto context = TlsContext::make(settings_.tls);
    if (!context) return context.error();
    loops_.push_back(std::make_unique<Loop>(std::move(*context)));
    loaders_.push_back(std::make_unique<Loader>(*shared_, *loops_[i], identities_, i, count));
  }
  running_ = count;
  for (auto& loader : loaders_) {
    threads_.emplace_back([this, &loader] {
      ::prctl(PR_SET_TIMERSLACK, 1UL);  // due is due
      loader->run();
      if (--running_ == 0) finished_ = clock_.now();
    });
  }
  return Ok{};
}

bool Run::finished() const {
  return running_ == 0;
}

void Run::stop() {
  if (!shared_) return;
  shared_->stop = true;
  for (auto& loop : loops_) loop->wake();
}

Totals Run::totals() const {
  Totals sum{.devices = arrivals_.count()};
  const auto add = [](std::uint64_t& to, const std::atomic<std::uint64_t>& from) {
    to += from.load(std::memory_order_relaxed);
  };
  for (const auto& loader : loaders_) {
    const auto& progress = loader->progress();
    add(sum.arrivals, progress.arrivals);
    add(sum.accepted, progress.accepted);
    add(sum.given_up, progress.given_up);
    add(sum.refused, progress.refused);
    add(sum.errors, progress.errors);
    add(sum.published, progress.published);
    add(sum.acknowledged, progress.acknowledged);
    add(sum.connections, progress.connections);
  }
  if (shared_) sum.elapsed = stopwatch_.now() - shared_->start;
  return sum;
}

Results Run::collect() {
  threads_.clear();
  Results results;
  const auto of = static_cast<std::uint32_t>(loaders_.size());
  const auto name = std::string{name_of(settings_.behaviour.profile)};
  const auto started =
      shared_->epoch.time + std::chrono::duration_cast<Duration>(shared_->start - shared_->epoch.instant);
  const auto finished = std::max(finished_, started);
  for (std::uint32_t i = 0; i < of; ++i) {
    // To merge(), threads are as machines.
    auto& part = loaders_[i]->results();
    part.profile = name;
    part.started = started;
    part.finished = finished;
    part.shards = {{.index = i + 1, .of = of}};
    worst_lag_ = std::max(worst_lag_, loaders_[i]->worst_lag());
    if (i == 0) {
      results = std::move(part);
    } else {
      (void)merge(results, part);  // these belong together
    }
  }
  results.configuration = describe(settings_);
  results.machines = {machine_line()};
  results.shards = {settings_.shard};
  results.interrupted = shared_->stop;
  return results;
}

}  // namespace iotemu::load
