#include "load/metrics.h"

#include <algorithm>
#include <array>
#include <variant>

namespace iotemu::load {
namespace {

struct Total {
  std::string_view name;
  std::uint64_t Counts::*member;
};
constexpr std::array kTotals{
    Total{"arrivals", &Counts::arrivals},         Total{"connects", &Counts::connects},
    Total{"accepted", &Counts::accepted},         Total{"given_up", &Counts::given_up},
    Total{"unfinished", &Counts::unfinished},     Total{"reconnects", &Counts::reconnects},
    Total{"disconnected", &Counts::disconnected}, Total{"published", &Counts::published},
    Total{"acknowledged", &Counts::acknowledged}, Total{"received", &Counts::received},
};

struct Gauge {
  std::string_view name;
  std::variant<std::optional<std::uint64_t> Second::*, std::optional<double> Second::*> member;
};
const std::array kGauges{
    Gauge{"connections", &Second::connections},
    Gauge{"cpu", &Second::cpu},
    Gauge{"rss", &Second::rss},
    Gauge{"load_cpu", &Second::load_cpu},
    Gauge{"load_rss", &Second::load_rss},
};

const std::map<std::string, std::uint64_t>& causes_of(std::string_view metric, const Results& results) {
  return metric == "errors" ? results.errors : results.refusals;
}

std::optional<double> value_of(const Gauge& gauge, const Second& second) {
  return std::visit(
      [&](auto member) {
        const auto& value = second.*member;
        return value ? std::optional<double>{static_cast<double>(*value)} : std::nullopt;
      },
      gauge.member);
}

}  // namespace

MetricKind kind_of(std::string_view metric) {
  if (phase_named(metric)) return MetricKind::phase;
  if (metric == "errors" || metric == "refusals") return MetricKind::causes;
  if (std::ranges::find(kTotals, metric, &Total::name) != kTotals.end()) return MetricKind::total;
  if (std::ranges::find(kGauges, metric, &Gauge::name) != kGauges.end()) return MetricKind::of_seconds;
  return MetricKind::unknown;
}

std::string metric_names() {
  std::string names;
  for (std::size_t i = 0; i < kPhases; ++i) names.append(name_of(static_cast<Phase>(i))).append(", ");
  names += "errors, refusals";
  for (const auto& total : kTotals) names.append(", ").append(total.name);
  for (const auto& gauge : kGauges) names.append(", ").append(gauge.name);
  return names;
}

std::uint64_t total_of(std::string_view metric, const Results& results) {
  if (metric == "errors") return results.errors_total();
  if (metric == "refusals") return results.refusals_total();
  const auto total = std::ranges::find(kTotals, metric, &Total::name);
  return total == kTotals.end() ? 0 : results.counts.*total->member;
}

std::uint64_t cause_of(std::string_view metric, const std::string& cause, const Results& results) {
  const auto& causes = causes_of(metric, results);
  const auto found = causes.find(cause);
  return found == causes.end() ? 0 : found->second;
}

std::optional<double> of_seconds(std::string_view metric, std::string_view figure, const Results& results) {
  const auto gauge = std::ranges::find(kGauges, metric, &Gauge::name);
  if (gauge == kGauges.end()) return std::nullopt;
  std::optional<double> least;
  std::optional<double> most;
  double sum = 0;
  std::size_t seen = 0;
  for (const auto& second : results.series) {
    const auto value = value_of(*gauge, second);
    if (!value) continue;
    least = std::min(least.value_or(*value), *value);
    most = std::max(most.value_or(*value), *value);
    sum += *value;
    ++seen;
  }
  if (seen == 0) return std::nullopt;
  if (figure == "min") return least;
  if (figure == "max") return most;
  return sum / static_cast<double>(seen);
}

}  // namespace iotemu::load
