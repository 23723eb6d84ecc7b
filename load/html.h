#pragma once

// Text inside a page. Within load/ only.

#include <string>
#include <string_view>

namespace iotemu::load {

/// `text` where characters stand or between double quotes; control characters and bytes that are no UTF-8
/// become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// "12.3": at most one digit after the point; for coordinates.
[[nodiscard]] std::string coordinate(double value);

}  // namespace iotemu::load
