#include "load/results.h"

#include <algorithm>
#include <numeric>

namespace iotemu::load {
namespace {

constexpr std::array<std::string_view, kPhases> kNames{"provision", "connect",   "handshake",
                                                       "reconnect", "subscribe", "publish",
                                                       "delivery",  "attempts",  "handler"};

std::uint64_t total(const std::map<std::string, std::uint64_t>& by_cause) noexcept {
  return std::accumulate(by_cause.begin(), by_cause.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

}  // namespace

std::string_view name_of(Phase phase) noexcept {
  return kNames[static_cast<std::size_t>(phase)];
}

std::optional<Phase> phase_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Phase>(found - kNames.begin());
}

bool is_latency(Phase phase) noexcept {
  return phase != Phase::attempts;
}

Second& Results::second(std::int64_t at) {
  if (series.empty() || series.back().at < at) return series.emplace_back(Second{.at = at});
  const auto place = std::ranges::lower_bound(series, at, {}, &Second::at);
  if (place->at == at) return *place;
  return *series.insert(place, Second{.at = at});
}

std::uint64_t Results::refusals_total() const noexcept {
  return total(refusals);
}
std::uint64_t Results::errors_total() const noexcept {
  return total(errors);
}

Duration Results::duration() const noexcept {
  return std::max(finished - started, Duration{1});
}

}  // namespace iotemu::load
