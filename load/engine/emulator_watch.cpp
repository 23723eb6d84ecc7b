#include "load/engine/emulator_watch.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

namespace iotemu::load {
namespace {

constexpr std::chrono::milliseconds kLimit{700};
constexpr std::string_view kRefusals = "iotemu_refusals_total{cause=\"";

}  // namespace

RefusalCounts read_refusals(std::string_view metrics) {
  RefusalCounts counts;
  for (auto at = metrics.find(kRefusals); at != std::string_view::npos; at = metrics.find(kRefusals)) {
    metrics.remove_prefix(at + kRefusals.size());
    const auto line = metrics.substr(0, metrics.find('\n'));
    const auto quote = line.find('"');
    const auto space = line.rfind(' ');
    if (quote == std::string_view::npos || space == std::string_view::npos || space < quote) continue;
    const auto number = line.substr(space + 1);
    std::uint64_t count = 0;
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), count);
    const bool whole = failure == std::errc{} && end == number.data() + number.size();
    if (whole && count > 0) counts[std::string{line.substr(0, quote)}] += count;
  }
  return counts;
}

RefusalCounts refusals_between(const RefusalCounts& before, RefusalCounts after) {
  for (const auto& [cause, count] : before) {
    auto& left = after[cause];
    if (left < count) return {};
    left -= count;
  }
  std::erase_if(after, [](const auto& entry) { return entry.second == 0; });
  return after;
}

EmulatorWatch::EmulatorWatch(ApiClient& api, const Stopwatch& stopwatch) : api_{api}, stopwatch_{stopwatch} {
  Second before;
  if (const auto text = read(before)) first_ = read_refusals(*text);
}

std::optional<std::string> EmulatorWatch::read(Second& second) {
  auto text = api_.get("/metrics", kLimit);
  if (!text) return std::nullopt;
  scrapes_.see(read_scrape(*text), std::chrono::time_point_cast<Duration>(stopwatch_.now()), second);
  return std::move(*text);
}

void EmulatorWatch::look(Second& second) {
  if (first_) (void)read(second);
}

void EmulatorWatch::conclude(Results& results) {
  if (!first_) return;
  Second after;
  const auto text = read(after);
  results[Phase::handler].merge(scrapes_.handlers());
  if (!text) return;
  const auto causes = refusals_between(*first_, read_refusals(*text));
  const auto told = std::accumulate(causes.begin(), causes.end(), std::uint64_t{0},
                                    [](std::uint64_t sum, const auto& one) { return sum + one.second; });
  // More or fewer: others knock there too, or it counts differently, and nothing says which are ours.
  if (told == results.refusals_total() && told > 0) results.refusals = causes;
}

}  // namespace iotemu::load
