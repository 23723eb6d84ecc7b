#include "load/engine/observer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace iotemu::load {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<std::uint64_t> resident(const std::string& process) {
  std::ifstream file{"/proc/" + process + "/statm"};
  std::uint64_t whole = 0;
  std::uint64_t pages = 0;
  if (!(file >> whole >> pages)) return std::nullopt;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cores(const std::optional<ProcessUsage>& before, const std::optional<ProcessUsage>& now, Nanos over) {
  const double took = std::chrono::duration<double>(over).count();
  return std::max(0.0, (now->cpu_seconds - before->cpu_seconds) / std::max(took, 0.001));
}

}  // namespace

std::optional<ProcessUsage> own_usage() {
  rusage usage{};
  const auto rss = resident("self");
  if (!rss || ::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
  return ProcessUsage{.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime), .rss = *rss};
}

std::optional<ProcessUsage> usage_of(std::int64_t pid) {
  const auto name = std::to_string(pid);
  const auto rss = resident(name);
  std::ifstream file{"/proc/" + name + "/stat"};
  std::string line;
  if (!rss || !std::getline(file, line)) return std::nullopt;
  // The name in parentheses may hold anything; utime and stime are the 12th and 13th field behind it.
  std::istringstream fields{line.substr(std::min(line.rfind(')') + 2, line.size()))};
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return ProcessUsage{.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)),
                      .rss = *rss};
}

Observer::Observer(const Clock& clock, const Stopwatch& stopwatch, std::optional<std::int64_t> emulator,
                   std::function<void(Second&)> more)
    : clock_{clock}, stopwatch_{stopwatch}, emulator_{emulator}, more_{std::move(more)} {
  last_ = stopwatch_.now();
  own_last_ = own_usage();
  if (emulator_) emulator_last_ = usage_of(*emulator_);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void Observer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock{mutex_};
      // Just before the second's end, so that what is seen belongs to it.
      const auto into = clock_.now().time_since_epoch() % std::chrono::seconds{1};
      const auto rest = std::chrono::milliseconds{950} - into;
      const auto wait = rest > Duration{0} ? rest : rest + std::chrono::seconds{1};
      if (woken_.wait_for(lock, stop, wait, [] { return false; })) return;
      if (stop.stop_requested()) return;
    }
    look();
  }
}

void Observer::look() {
  Second second{.at = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count()};
  const Instant now = stopwatch_.now();
  const auto own = own_usage();
  if (own && own_last_) {
    second.load_cpu = cores(own_last_, own, now - last_);
    second.load_rss = own->rss;
  }
  if (emulator_) {
    const auto usage = usage_of(*emulator_);
    if (usage && emulator_last_) {
      second.cpu = cores(emulator_last_, usage, now - last_);
      second.rss = usage->rss;
    }
    emulator_last_ = usage;
  }
  own_last_ = own;
  last_ = now;
  if (more_) more_(second);
  seen_.push_back(second);
}

void Observer::conclude(Results& results) {
  thread_.request_stop();
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
  const auto first = std::chrono::floor<std::chrono::seconds>(results.started).time_since_epoch().count();
  const auto last = std::chrono::floor<std::chrono::seconds>(results.finished).time_since_epoch().count();
  for (const auto& seen : seen_) {
    if (seen.at < first || seen.at > last) continue;
    auto& second = results.second(seen.at);
    second.load_cpu = seen.load_cpu;
    second.load_rss = seen.load_rss;
    second.cpu = seen.cpu;
    second.rss = seen.rss;
    second.handler_p50 = seen.handler_p50;
    second.handler_p99 = seen.handler_p99;
  }
}

}  // namespace iotemu::load
