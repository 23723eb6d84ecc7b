#include "load/summary.h"

#include <algorithm>

#include "base/utf8.h"
#include "load/figures.h"
#include "load/metrics.h"

namespace iotemu::load {
namespace {

constexpr std::size_t kNameWidth = 12;
constexpr std::size_t kFigureWidth = 10;
constexpr std::size_t kWidth = 80;

void append_left(std::string& out, std::string_view text, std::size_t width) {
  const auto shown = count_characters(text);
  out.append(text).append(width > shown ? width - shown : 0, ' ');
}

void append_right(std::string& out, std::string_view text, std::size_t width) {
  const auto shown = count_characters(text);
  out.append(width > shown ? width - shown : 1, ' ').append(text);
}

std::string figure(Phase phase, double value) {
  return is_latency(phase) ? latency_text(value) : number_text(value);
}

std::string heading(const Results& results) {
  std::string out = results.profile.empty() ? "load" : results.profile;
  out += ": " + count_text(results.counts.arrivals) + " devices in " +
         latency_text(static_cast<double>(results.duration().count()) * 1000);
  if (results.shards.size() > 1) out += ", " + std::to_string(results.shards.size()) + " runs added up";
  if (results.shards.size() == 1 && results.shards.front().of > 1) {
    out += ", shard " + std::to_string(results.shards.front().index) + "/" +
           std::to_string(results.shards.front().of);
  }
  if (results.interrupted) out += ", interrupted";
  return out + "\n";
}

/// "  devices      998 accepted, 2 given up": what is 0 is left out, but for the first.
std::string totals(std::string_view name,
                   std::initializer_list<std::pair<std::uint64_t, std::string_view>> parts) {
  std::string line;
  for (const auto& [count, what] : parts) {
    if (count == 0 && !line.empty()) continue;
    line.append(line.empty() ? "" : ", ").append(count_text(count)).append(" ").append(what);
  }
  std::string out = "  ";
  append_left(out, name, kNameWidth);
  return out + line + "\n";
}

/// The causes, the most frequent first, broken at the width of the terminal.
std::string causes(std::string_view name, const std::map<std::string, std::uint64_t>& by_cause) {
  if (by_cause.empty()) return {};
  std::vector<std::pair<std::string, std::uint64_t>> sorted{by_cause.begin(), by_cause.end()};
  std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, std::uint64_t>::second);
  std::string out;
  std::string line = "  ";
  append_left(line, name, kNameWidth);
  const auto empty = line.size();
  for (const auto& [cause, count] : sorted) {
    const auto part = cause + " " + count_text(count);
    if (line.size() > empty && line.size() + 2 + part.size() > kWidth) {
      out += line + "\n";
      line.assign(empty, ' ');
    }
    line.append(line.size() > empty ? ", " : "").append(part);
  }
  return out + line + "\n";
}

std::string phases(const Results& results) {
  std::string out;
  for (std::size_t i = 0; i < kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    const auto& histogram = results[phase];
    if (histogram.empty()) continue;
    out += "  ";
    append_left(out, name_of(phase), kNameWidth);
    append_right(out, count_text(histogram.count()), kFigureWidth);
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
      append_right(out, figure(phase, static_cast<double>(*histogram.percentile(percent))), kFigureWidth + 1);
    }
    out += "\n";
  }
  if (out.empty()) return {};
  std::string head = "\n  ";
  append_left(head, "", kNameWidth);
  append_right(head, "count", kFigureWidth);
  for (const char* name : {"p50", "p90", "p99", "p99.9", "max"}) append_right(head, name, kFigureWidth + 1);
  return head + "\n" + out + "\n";
}

std::string machine_use(std::string_view name, const std::string& prefix, const Results& results) {
  const auto mean = of_seconds(prefix + "cpu", "mean", results);
  const auto most = of_seconds(prefix + "cpu", "max", results);
  const auto memory = of_seconds(prefix + "rss", "max", results);
  if (!mean && !memory) return {};
  std::string out = "  ";
  append_left(out, name, kNameWidth);
  if (mean) out += "CPU " + number_text(*mean) + " cores, at most " + number_text(*most);
  if (memory) out += std::string{mean ? "; " : ""} + "memory at most " + bytes_text(*memory);
  return out + "\n";
}

std::string judged(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return {};
  std::size_t width = 0;
  for (const auto& verdict : verdicts) width = std::max(width, count_characters(verdict.threshold.text));
  std::string out = "\n";
  for (const auto& verdict : verdicts) {
    out += verdict.passed ? "  pass  " : "  FAIL  ";
    append_left(out, verdict.threshold.text, width + 2);
    out += verdict.actual + "\n";
  }
  return out;
}

}  // namespace

std::string summary(const Results& results, const std::vector<Verdict>& verdicts) {
  const Counts& counts = results.counts;
  std::string out = heading(results);
  out += totals("devices", {{counts.accepted, "accepted"},
                            {counts.given_up, "given up"},
                            {counts.unfinished, "unfinished"},
                            {counts.reconnects, "reconnects"},
                            {counts.disconnected, "cut off"}});
  out += totals("connects", {{counts.connects, "attempts"}, {results.refusals_total(), "refused"}});
  if (counts.published + counts.received > 0) {
    out += totals("messages", {{counts.published, "published"},
                               {counts.acknowledged, "acknowledged"},
                               {counts.received, "received"}});
  }
  out += phases(results);
  out += causes("refused", results.refusals);
  out += causes("errors", results.errors);
  out += machine_use("emulator", "", results);
  out += machine_use("load", "load_", results);
  return out + judged(verdicts);
}

}  // namespace iotemu::load
