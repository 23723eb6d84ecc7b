#pragma once

// The memory of every refusal: a bounded ring that the log, `/_iot/refusals` and `Emulator::explain()` read.
// Owned by the composition root; safe to call from any thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "iotemu/events.h"

namespace iotemu::identity {

class Refusals {
 public:
  /// Keeps the last `capacity` records; an older one is forgotten.
  explicit Refusals(const Clock& clock, std::size_t capacity = 1000) : clock_{clock}, capacity_{capacity} {}

  /// Stamps the record with the clock, keeps it and writes one log line. A cause, cure or explanation longer
  /// than 4 kB is cut and ends with "…".
  void add(RefusalRecord record);
  /// Oldest first.
  [[nodiscard]] std::vector<RefusalRecord> list() const;
  /// The last record of a client id or certificate id (either letter case).
  [[nodiscard]] std::optional<RefusalRecord> last_of(std::string_view client_or_certificate_id) const;
  /// The last record of a peer, "address:port".
  [[nodiscard]] std::optional<RefusalRecord> last_from(std::string_view peer) const;
  /// How many there were of each kind, those included that are forgotten or cleared.
  [[nodiscard]] std::map<Refusal, std::uint64_t> counts() const;
  void clear();

 private:
  const Clock& clock_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<RefusalRecord> records_;        ///< guarded
  std::map<Refusal, std::uint64_t> counts_;  ///< guarded
};

/// As `/_iot/refusals` shows it: time in epoch milliseconds, camelCase members, empty members left out.
[[nodiscard]] Json to_json(const RefusalRecord& record);

}  // namespace iotemu::identity
