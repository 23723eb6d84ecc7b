#pragma once

// Numbers as people read them, in tables and in the report. Pure.

#include <cstdint>
#include <string>

namespace iotemu::load {

/// "12,345".
[[nodiscard]] std::string count_text(std::uint64_t count);
/// Three digits with the unit that suits: "950 µs", "12.3 ms", "1.84 s", "2 m 05 s".
[[nodiscard]] std::string latency_text(double microseconds);
/// "512 B", "95.4 MB", "1.20 GB"; powers of 1,000.
[[nodiscard]] std::string bytes_text(double bytes);
/// At most two digits after the point and no zeroes at the end: "0.45", "16", "2.1".
[[nodiscard]] std::string number_text(double number);

}  // namespace iotemu::load
