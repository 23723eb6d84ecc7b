#pragma once

// Figures over the values of one field (FI-4). Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotemu::registry::index {

struct Statistics {
  std::int64_t count{};
  double average{};
  double sum{};
  double minimum{};
  double maximum{};
  double sum_of_squares{};
  double variance{};
  double standard_deviation{};
};

struct Bucket {
  std::string value{};
  std::int64_t count{};
};

/// As a field of type `Number` or `Boolean` has it: true is 1. Nothing for what is neither.
[[nodiscard]] std::optional<double> number_of(std::string_view value);
/// The numbers among the values.
[[nodiscard]] std::vector<double> numbers_of(const std::vector<std::string>& values);
/// Zeroes for no value.
[[nodiscard]] Statistics statistics(const std::vector<double>& values);
/// The value below which `percent` of them lie, between two of them in proportion. One at least is given, and
/// all are in ascending order.
[[nodiscard]] double percentile(const std::vector<double>& sorted, double percent);
[[nodiscard]] std::int64_t cardinality(std::vector<std::string> values);
/// The most frequent first; of equals, the lower value.
[[nodiscard]] std::vector<Bucket> buckets(const std::vector<std::string>& values, std::size_t most);

}  // namespace iotemu::registry::index
