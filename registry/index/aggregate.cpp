#include "registry/index/aggregate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace iotemu::registry::index {

std::optional<double> number_of(std::string_view value) {
  if (value == "true") return 1;
  if (value == "false") return 0;
  double number = 0;
  const auto [at, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  // "nan" and "inf" read as numbers, but no figure survives them.
  if (failure != std::errc{} || at != value.data() + value.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::vector<double> numbers_of(const std::vector<std::string>& values) {
  std::vector<double> numbers;
  for (const auto& value : values) {
    if (const auto number = number_of(value)) numbers.push_back(*number);
  }
  return numbers;
}

Statistics statistics(const std::vector<double>& values) {
  Statistics result;
  if (values.empty()) return result;
  result.count = static_cast<std::int64_t>(values.size());
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  result.minimum = *low;
  result.maximum = *high;
  for (const double value : values) {
    result.sum += value;
    result.sum_of_squares += value * value;
  }
  result.average = result.sum / static_cast<double>(result.count);
  // Not from the sums: their difference loses what is small beside them.
  for (const double value : values) {
    result.variance += (value - result.average) * (value - result.average);
  }
  result.variance /= static_cast<double>(result.count);
  result.standard_deviation = std::sqrt(result.variance);
  return result;
}

double percentile(const std::vector<double>& sorted, double percent) {
  const double place = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  // No plain difference: that of two great numbers is none.
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

std::int64_t cardinality(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return std::unique(values.begin(), values.end()) - values.begin();
}

std::vector<Bucket> buckets(const std::vector<std::string>& values, std::size_t most) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& value : values) ++counts[value];
  std::vector<Bucket> all;
  for (const auto& [value, count] : counts) all.push_back({.value = value, .count = count});
  std::stable_sort(all.begin(), all.end(),
                   [](const Bucket& a, const Bucket& b) { return a.count > b.count; });
  all.resize(std::min(all.size(), most));
  return all;
}

}  // namespace iotemu::registry::index
