#pragma once

// What an emulator tells of itself at GET /metrics while a run goes on: its CPU and memory, how long handlers
// took, and in its own words why devices were refused. An emulator without that path, or one that does not
// answer, leaves all of it absent. Used by one thread at a time: the observer's, and after it the run's
// owner.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "load/engine/api_client.h"
#include "load/plan/instant.h"
#include "load/results.h"
#include "load/scrape.h"

namespace iotemu::load {

/// Refusals by cause since the emulator was started; those that never were are left out.
using RefusalCounts = std::map<std::string, std::uint64_t>;
[[nodiscard]] RefusalCounts read_refusals(std::string_view metrics);

/// What came between two readings; empty where counters went back: that is another process.
[[nodiscard]] RefusalCounts refusals_between(const RefusalCounts& before, RefusalCounts after);

class EmulatorWatch {
 public:
  /// Takes the first reading.
  EmulatorWatch(ApiClient& api, const Stopwatch& stopwatch);

  /// Fills cpu, rss and the handlers' latencies of the second that ends now.
  void look(Second& second);
  /// The whole run: handler latencies, and the emulator's causes if they account for every refusal that was
  /// seen.
  void conclude(Results& results);

 private:
  /// The last text, if there is one; it has been seen by `scrapes_`.
  std::optional<std::string> read(Second& second);

  ApiClient& api_;
  const Stopwatch& stopwatch_;
  ScrapeWatch scrapes_;
  std::optional<RefusalCounts> first_;
};

}  // namespace iotemu::load
