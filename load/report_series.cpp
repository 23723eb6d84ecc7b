#include "load/report_series.h"

#include <algorithm>

namespace iotemu::load {
namespace {

constexpr std::int64_t kMostPoints = 240;

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

ReportSeries::ReportSeries(const Results& results) {
  if (results.series.empty()) return;
  const auto first = std::min(seconds_of(results.started), results.series.front().at);
  // A start that was never set, or lies far away, is no reason to draw an empty week.
  const auto start = results.series.front().at - first > 3'600 ? results.series.front().at : first;
  const auto span = results.series.back().at - start + 1;
  width_ = (span + kMostPoints - 1) / kMostPoints;
  for (std::int64_t at = 0; at < span; at += width_) at_.push_back(static_cast<double>(at));
  groups_.resize(at_.size());
  for (const auto& second : results.series) {
    groups_[static_cast<std::size_t>((second.at - start) / width_)].push_back(second);
  }
}

ReportSeries::Values ReportSeries::rate(std::uint64_t Second::*member) const {
  Values values;
  for (const auto& group : groups_) {
    auto& value = values.emplace_back();
    if (group.empty()) continue;
    std::uint64_t sum = 0;
    for (const auto& second : group) sum += second.*member;
    value = static_cast<double>(sum) / static_cast<double>(group.size());
  }
  return values;
}

}  // namespace iotemu::load
