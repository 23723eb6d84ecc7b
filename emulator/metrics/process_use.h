#pragma once

// What this process takes of the machine. Read from the system when asked.

#include <cstdint>
#include <optional>

namespace iotemu::metrics {

struct ProcessUse {
  double cpu_seconds{};  ///< user and system, of all threads
  /// Absent where /proc cannot be read.
  std::optional<std::uint64_t> resident_bytes{};
};

[[nodiscard]] ProcessUse process_use();

}  // namespace iotemu::metrics
