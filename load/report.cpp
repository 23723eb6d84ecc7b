#include "load/report.h"

#include <algorithm>

#include "base/iso_time.h"
#include "load/chart.h"
#include "load/figures.h"
#include "load/html.h"
#include "load/report_series.h"
#include "load/report_style.h"

namespace iotemu::load {
namespace {

std::string shown(Phase phase, double value) {
  return is_latency(phase) ? latency_text(value) : number_text(value);
}

std::string as_rate(double value) {
  return number_text(value) + "/s";
}

std::string headline(const Results& results) {
  return (results.profile.empty() ? "load" : results.profile) + ": " + count_text(results.counts.arrivals) +
         (results.counts.arrivals == 1 ? " device" : " devices");
}

std::string pill(const std::vector<Verdict>& verdicts, const Results& results) {
  if (verdicts.empty()) {
    return results.interrupted ? "<span class=\"pill soft\">interrupted</span>" : std::string{};
  }
  const auto failed = std::ranges::count(verdicts, false, &Verdict::passed);
  if (failed == 0) return "<span class=\"pill good\">✓ passed</span>";
  return "<span class=\"pill bad\">✗ " + std::to_string(failed) + " of " + std::to_string(verdicts.size()) +
         " thresholds failed</span>";
}

std::string head(const Results& results, const std::vector<Verdict>& verdicts) {
  std::string when =
      iso_time(results.started) + ", " + latency_text(static_cast<double>(results.duration().count()) * 1000);
  if (results.shards.size() > 1) {
    when += ", " + std::to_string(results.shards.size()) + " runs added up";
  } else if (results.shards.size() == 1 && results.shards.front().of > 1) {
    when += ", shard " + std::to_string(results.shards.front().index) + " of " +
            std::to_string(results.shards.front().of);
  }
  if (results.interrupted) when += ", ended before its time";
  return "<header><div><p class=\"kind\">iot-emulator load</p><h1>" + escaped(headline(results)) +
         "</h1><p class=\"when\">" + escaped(when) + "</p></div>" + pill(verdicts, results) + "</header>\n";
}

std::string tile(const std::string& name, const std::string& figure, const std::string& beside,
                 const char* style = "") {
  return "<div class=\"tile\"><span>" + escaped(name) + "</span><b class=\"" + style + "\">" +
         escaped(figure) + "</b><small>" + escaped(beside) + "</small></div>\n";
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  return number_text(100 * static_cast<double>(part) / static_cast<double>(whole)) + " % of arrivals";
}

std::string tiles(const Results& results) {
  const Counts& counts = results.counts;
  std::string out = "<section class=\"tiles\">\n";
  out += tile("devices accepted", count_text(counts.accepted), share_of(counts.accepted, counts.arrivals));
  const auto& provision = results[Phase::provision];
  for (const double percent : {50.0, 99.0}) {
    if (provision.empty()) break;
    out += tile("p" + number_text(percent) + " to provision",
                latency_text(static_cast<double>(*provision.percentile(percent))),
                percent == 99 ? "at most " + latency_text(static_cast<double>(*provision.max()))
                              : "half were faster");
  }
  const auto& attempts = results[Phase::attempts];
  if (!attempts.empty()) {
    out += tile("attempts a device", number_text(*attempts.mean()), "at most " + count_text(*attempts.max()));
  }
  if (counts.published > 0) {
    out += tile("published", count_text(counts.published), count_text(counts.acknowledged) + " acknowledged");
  }
  out += tile("refused", count_text(results.refusals_total()), count_text(counts.connects) + " attempts");
  const auto errors = results.errors_total();
  out += tile("errors", count_text(errors), count_text(counts.given_up) + " devices gave up",
              errors > 0 ? "bad" : "");
  return out + "</section>\n";
}

std::string thresholds(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return {};
  std::string out =
      "<h2>Thresholds</h2>\n<div class=\"card\"><table><tr><th>verdict</th><th class=\"left\">fails if</th>"
      "<th class=\"left\">was</th></tr>\n";
  for (const auto& verdict : verdicts) {
    out += std::string{"<tr><td class=\""} + (verdict.passed ? "good\">✓ passed" : "bad\">✗ failed") +
           "</td><td class=\"left\"><code>" + escaped(verdict.threshold.text) +
           "</code></td><td class=\"left\">" + escaped(verdict.actual) + "</td></tr>\n";
  }
  return out + "</table></div>\n";
}

std::vector<Bar> attempt_bars(const Histogram& attempts) {
  constexpr std::size_t kMostRows = 10;
  std::vector<Bar> bars;
  for (const auto& bucket : attempts.buckets()) {
    if (bars.size() < kMostRows) {
      bars.push_back({count_text(bucket.lowest), bucket.count});
    } else {
      if (bars.size() == kMostRows) bars.push_back({"more, to " + count_text(*attempts.max()), 0});
      bars.back().count += bucket.count;
    }
  }
  return bars;
}

std::vector<Bar> cause_bars(const std::map<std::string, std::uint64_t>& causes) {
  std::vector<Bar> bars;
  bars.reserve(causes.size());
  for (const auto& [cause, count] : causes) bars.push_back({cause, count});
  std::ranges::stable_sort(bars, std::greater{}, &Bar::count);
  return bars;
}

std::string wide(const std::string& figure) {
  return figure.empty() ? figure : "<div class=\"wide\">" + figure + "</div>\n";
}

std::string over_time(const Results& results) {
  const ReportSeries series{results};
  const std::string each = series.width() == 1 ? "" : ", over " + std::to_string(series.width()) + " s each";
  const auto chart = [&](const char* title, const std::string& note, std::vector<Line> lines, Format format) {
    return draw(
        {.title = title, .note = note, .at = series.at(), .lines = std::move(lines), .format = format});
  };
  std::string out;
  out += chart("Devices", "per second" + each,
               {{"arrived", 1, series.rate(&Second::arrivals)},
                {"accepted", 2, series.rate(&Second::accepted), true},
                {"refused", 3, series.rate(&Second::refused)}},
               as_rate);
  out += chart("Connections", "open at the end of the second",
               {{"connections", 1, series.most(&Second::connections), true}}, number_text);
  if (results.errors_total() > 0) {
    out += chart("Errors", "per second" + each, {{"errors", 4, series.rate(&Second::errors), true}}, as_rate);
  }
  out += chart("Slowest provisioning", "that ended in the second",
               {{"slowest", 5, series.most(&Second::slowest)}}, latency_text);
  if (results.counts.published + results.counts.received > 0) {
    out += chart("Messages", "per second" + each,
                 {{"published", 1, series.rate(&Second::published)},
                  {"acknowledged", 2, series.rate(&Second::acknowledged)},
                  {"received", 5, series.rate(&Second::received)}},
                 as_rate);
  }
  out += chart("Handler latency", "of the user's code, as the emulator saw it",
               {{"p50", 2, series.most(&Second::handler_p50)}, {"p99", 3, series.most(&Second::handler_p99)}},
               latency_text);
  out +=
      chart("CPU", "cores",
            {{"emulator", 1, series.most(&Second::cpu), true}, {"load", 3, series.most(&Second::load_cpu)}},
            number_text);
  out +=
      chart("Memory", "resident",
            {{"emulator", 1, series.most(&Second::rss), true}, {"load", 3, series.most(&Second::load_rss)}},
            bytes_text);
  return out;
}

/// Of the page, in the units of charts.
constexpr double kWhole = 1160;
constexpr double kHalf = 640;

std::string charts(const Results& results) {
  std::string out = "<h2>Getting in</h2>\n<section class=\"charts\">\n";
  out += wide(draw_distribution("Time to provision",
                                "from the planned arrival to the accepted connection, devices",
                                results[Phase::provision], kWhole));
  if (results[Phase::provision].empty()) {
    out += wide(draw_distribution("Time to connect", "from the planned instant to CONNACK, attempts",
                                  results[Phase::connect], kWhole));
  }
  out += draw_bars("Attempts per device", "until it was accepted", attempt_bars(results[Phase::attempts]), 1);
  out += draw_bars("Refusals by cause", "", cause_bars(results.refusals), 3);
  out += draw_bars("Errors by cause", "", cause_bars(results.errors), 4);
  out += draw_distribution("Handler latency", "of the user's code, runs", results[Phase::handler], kHalf);
  out += "</section>\n";
  const auto time = over_time(results);
  if (!time.empty()) out += "<h2>Over time</h2>\n<section class=\"charts\">\n" + time + "</section>\n";
  return out;
}

std::string phases(const Results& results) {
  std::string rows;
  for (std::size_t i = 0; i < kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    const auto& histogram = results[phase];
    if (histogram.empty()) continue;
    rows += "<tr><td>" + std::string{name_of(phase)} + "</td><td>" + count_text(histogram.count()) +
            "</td><td>" + escaped(shown(phase, static_cast<double>(*histogram.min()))) + "</td><td>" +
            escaped(shown(phase, *histogram.mean())) + "</td>";
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
      rows += "<td>" + escaped(shown(phase, static_cast<double>(*histogram.percentile(percent)))) + "</td>";
    }
    rows += "</tr>\n";
  }
  if (rows.empty()) return {};
  return "<h2>All that was measured</h2>\n<div "
         "class=\"card\"><table><tr><th></th><th>count</th><th>min</th><th>mean</th>"
         "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr>\n" +
         rows + "</table></div>\n";
}

std::string row(const std::string& name, const std::string& text) {
  return "<tr><td class=\"soft\">" + escaped(name) + "</td><td class=\"text\">" + escaped(text) +
         "</td></tr>\n";
}

std::string made_by(const Results& results) {
  std::string out = "<h2>How it was made</h2>\n";
  if (!results.command_line.empty()) {
    out += "<div class=\"card\"><pre>" + escaped(results.command_line) + "</pre></div><br>\n";
  }
  out += "<div class=\"card\"><table>\n";
  for (const auto& machine : results.machines) out += row("machine", machine);
  for (const auto& [name, text] : results.configuration) out += row(name, text);
  out += row("started", iso_time(results.started));
  out += row("ended", iso_time(results.finished));
  return out + "</table></div>\n";
}

}  // namespace

std::string html_report(const Results& results, const std::vector<Verdict>& verdicts) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  out +=
      escaped(headline(results)) + "</title>\n<style>" + kReportStyle + "</style>\n</head>\n<body>\n<main>\n";
  out += head(results, verdicts) + tiles(results) + thresholds(verdicts) + charts(results) + phases(results) +
         made_by(results);
  out +=
      "<footer>Latencies count from the instant at which the load meant to begin, so that a server that "
      "stalls "
      "shows. Percentiles are of those that ended well, read from buckets of at most 0.1 %. What was not "
      "seen is "
      "left out.</footer>\n";
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace iotemu::load
