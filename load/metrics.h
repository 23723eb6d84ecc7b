#pragma once

// What thresholds may be about, and how each is found in the results. Within load/ only.

#include <optional>
#include <string>
#include <string_view>

#include "load/results.h"

namespace iotemu::load {

enum class MetricKind : std::uint8_t { unknown, phase, causes, total, of_seconds };

[[nodiscard]] MetricKind kind_of(std::string_view metric);
/// "provision, connect, …": for sentences.
[[nodiscard]] std::string metric_names();

/// A total of `Counts`, by its name; or those of all causes.
[[nodiscard]] std::uint64_t total_of(std::string_view metric, const Results& results);
[[nodiscard]] std::uint64_t cause_of(std::string_view metric, const std::string& cause,
                                     const Results& results);
/// min, mean or max of what the seconds tell; absent if none does.
[[nodiscard]] std::optional<double> of_seconds(std::string_view metric, std::string_view figure,
                                               const Results& results);

}  // namespace iotemu::load
