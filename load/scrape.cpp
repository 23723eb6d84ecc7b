#include "load/scrape.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace iotemu::load {
namespace {

constexpr std::string_view kCpu = "process_cpu_seconds_total ";
constexpr std::string_view kRss = "process_resident_memory_bytes ";
constexpr std::string_view kHandlers = "iotemu_handler_duration_seconds_bucket{";
constexpr std::string_view kBound = "le=\"";

std::optional<double> number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);  // "+Inf"
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || std::isnan(value) || value < 0)
    return std::nullopt;
  return value;
}

/// What a double holds exactly.
constexpr double kMostCount = 9e15;

void read_bucket(std::string_view line, Scrape& scrape) {
  const auto at = line.find(kBound);
  const auto space = line.rfind(' ');
  if (at == line.npos || space == line.npos) return;
  const auto text = line.substr(at + kBound.size());
  const auto bound = number(text.substr(0, std::min(text.find('"'), text.size())));
  const auto count = number(line.substr(space + 1));
  if (bound && count && *count < kMostCount) scrape.handlers[*bound] += static_cast<std::uint64_t>(*count);
}

/// Calls between two looks, by the upper ends of their buckets. Nothing if the emulator was started anew
/// meanwhile.
std::map<double, std::uint64_t> calls_between(const Scrape& before, const Scrape& now) {
  std::map<double, std::uint64_t> calls;
  std::uint64_t so_far = 0;
  double last_bound = 0;
  for (const auto& [bound, count] : now.handlers) {
    const auto old = before.handlers.find(bound);
    const auto known = old == before.handlers.end() ? 0 : old->second;
    if (count < known || count - known < so_far) return {};
    const auto of_bucket = count - known - so_far;
    so_far += of_bucket;
    // What took longer than all bounds took at least the last one.
    if (of_bucket > 0) calls[std::isinf(bound) ? last_bound : bound] += of_bucket;
    last_bound = bound;
  }
  return calls;
}

}  // namespace

Scrape read_scrape(std::string_view text) {
  Scrape scrape;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(kCpu)) {
      scrape.cpu_seconds = number(line.substr(kCpu.size()));
    } else if (line.starts_with(kRss)) {
      if (const auto bytes = number(line.substr(kRss.size())); bytes && *bytes < kMostCount) {
        scrape.rss = static_cast<std::uint64_t>(*bytes);
      }
    } else if (line.starts_with(kHandlers)) {
      read_bucket(line, scrape);
    }
  }
  return scrape;
}

void ScrapeWatch::see(const Scrape& scrape, Tick at, Second& second) {
  if (scrape.rss) second.rss = scrape.rss;
  if (last_ && at > last_at_) {
    const double seconds = static_cast<double>((at - last_at_).count()) / 1000;
    if (scrape.cpu_seconds && last_->cpu_seconds && *scrape.cpu_seconds >= *last_->cpu_seconds) {
      second.cpu = (*scrape.cpu_seconds - *last_->cpu_seconds) / seconds;
    }
    Histogram calls;
    for (const auto& [bound, count] : calls_between(*last_, scrape)) {
      calls.record(static_cast<std::uint64_t>(std::llround(bound * 1e6)), count);
    }
    second.handler_p50 = calls.percentile(50);
    second.handler_p99 = calls.percentile(99);
    handlers_.merge(calls);
  }
  last_ = scrape;
  last_at_ = at;
}

}  // namespace iotemu::load
