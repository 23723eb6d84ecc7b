#pragma once

// Identifiers and dates as IAM and STS write them.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace iotemu::neighbours {

/// `prefix` and then letters of Base32: AROA… and its like.
[[nodiscard]] std::string unique_id(std::string_view prefix, std::size_t letters, Random& random);
/// `2026-01-01T00:00:00Z`
[[nodiscard]] std::string iso_date(Time time);
/// `2026-01-01T00:00:00.000`, UTC, without a zone.
[[nodiscard]] std::string iso_millis(Time time);
/// All but the unreserved characters of RFC 3986 as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace iotemu::neighbours
