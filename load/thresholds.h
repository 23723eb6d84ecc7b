#pragma once

// What a run must hold to pass: `--fail-if 'p99>2s'`. Parsed before the run starts, judged on its results at
// the end, and on the sum when runs are merged. Pure functions over values.
//
//   [METRIC.]FIGURE OP VALUE [UNIT]
//
//   p99>2s                 provision.p99, METRIC left out; any of p0 … p100, p99.9 too
//   publish.max>500ms      latencies by their phase: min, mean, max, pNN with us, ms, s or m; count without a
//   unit attempts.max>5         the same, plain numbers errors>0               a total: errors, refusals,
//   arrivals, connects, accepted, given_up, unfinished, reconnects,
//                          disconnected, published, acknowledged, received
//   errors.timed_out>0     one cause of errors or refusals: refusals.throttled>10
//   given_up>1%            a total in percent of the arrivals
//   accepted.rate<10/s     a total per second of the whole run
//   cpu.max>150%           of the seconds: min, mean, max of connections, cpu, rss, load_cpu, load_rss; cores
//   or % of
//                          one core; rss.max>500MB
//
// OP is > >= < <= == or !=. What was not seen at all (the publish.p99 of a run without a publish) fails:
// nobody knows that it holds.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/results.h"

namespace iotemu::load {

struct Threshold {
  enum class Op : std::uint8_t { greater, greater_equal, less, less_equal, equal, not_equal };
  /// How the value is read and shown.
  enum class Unit : std::uint8_t { number, latency, bytes, per_second, percent };

  std::string text{};    ///< as typed, without spaces around
  std::string metric{};  ///< "provision", "errors", "cpu" …
  std::string figure{};  ///< "p99.9", "max", "rate", a cause of `errors` and `refusals`; empty: the total
  double percentile{};   ///< of a "pNN"
  Op op{Op::greater};
  double value{};  ///< microseconds, bytes, per second, percent, cores
  Unit unit{Unit::number};

  friend bool operator==(const Threshold&, const Threshold&) = default;
};

/// Errc::invalid_request with a sentence that says what was expected in its place.
[[nodiscard]] Result<Threshold> parse_threshold(std::string_view text);

/// What became of one threshold.
struct Verdict {
  Threshold threshold{};
  bool passed{};
  bool seen{};           ///< false: there was nothing to judge by, and it did not pass
  std::string actual{};  ///< "1.84 s", "3", "nothing was seen"
};

[[nodiscard]] Verdict judge(const Threshold& threshold, const Results& results);
[[nodiscard]] std::vector<Verdict> judge_all(const std::vector<Threshold>& thresholds,
                                             const Results& results);
[[nodiscard]] bool all_passed(const std::vector<Verdict>& verdicts);
/// [{"text", "passed", "seen", "actual"}, …]: `thresholds` of the JSON form.
[[nodiscard]] Json to_json(const std::vector<Verdict>& verdicts);

}  // namespace iotemu::load
