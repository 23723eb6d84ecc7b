#pragma once

// Text to value, whole or not at all: "12x" is no number. Nothing where it does not fit.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace iotemu::daemon {

[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t max);
/// "30", "30s", "500ms", "2m": seconds where no unit stands. Above zero and at most a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// true, on, yes, 1, or false, off, no, 0.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

}  // namespace iotemu::daemon
