#pragma once

// What a load reads of the emulator's GET /metrics: processor, memory, and how long the user's handlers take.
// A real cloud has none of it: then all stays absent. Values and pure functions; one thread at a time.

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "load/results.h"

namespace iotemu::load {

/// One look. What the text does not tell is absent.
struct Scrape {
  std::optional<double> cpu_seconds{};
  std::optional<std::uint64_t> rss{};
  /// Calls of handlers of every kind that took at most so many seconds, since the emulator was started; the
  /// last bound is infinity.
  std::map<double, std::uint64_t> handlers{};
};

/// Lines that are not understood are passed over: another version of the emulator may tell more.
[[nodiscard]] Scrape read_scrape(std::string_view text);

/// Compares each look with the one before.
class ScrapeWatch {
 public:
  /// `at` only grows. Fills cpu, rss, handler_p50 and handler_p99 of `second` as far as they are known; a
  /// latency is the upper end of the emulator's bucket that it fell into.
  void see(const Scrape& scrape, Tick at, Second& second);
  /// The handlers' latencies of all looks together.
  [[nodiscard]] const Histogram& handlers() const { return handlers_; }

 private:
  std::optional<Scrape> last_;
  Tick last_at_{};
  Histogram handlers_;
};

}  // namespace iotemu::load
