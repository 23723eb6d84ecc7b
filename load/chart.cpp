#include "load/chart.h"

#include <algorithm>
#include <cmath>

#include "load/chart_frame.h"
#include "load/figures.h"
#include "load/html.h"

namespace iotemu::load {
namespace {

std::string colour_class(const char* kind, int colour) {
  return std::string{kind} + " c" + std::to_string(colour);
}

/// The parts of a line between its gaps, as index ranges [first, last].
std::vector<std::pair<std::size_t, std::size_t>> runs_of(const Line& line) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    if (!line.values[i]) continue;
    if (i > 0 && line.values[i - 1]) {
      runs.back().second = i;
    } else {
      runs.emplace_back(i, i);
    }
  }
  return runs;
}

/// What turns the values of one chart into places.
struct Scales {
  Frame frame{};
  double seconds{1};
  double most{1};
  [[nodiscard]] double x(double at) const { return frame.x_of(at / seconds); }
  [[nodiscard]] double y(double value) const { return frame.y_of(value / most); }
};

std::string draw_line(const TimeChart& chart, const Line& line, const Scales& scales) {
  std::string out;
  for (const auto& [first, last] : runs_of(line)) {
    if (first == last) {
      out += "<circle cx=\"" + coordinate(scales.x(chart.at[first])) + "\" cy=\"" +
             coordinate(scales.y(*line.values[first])) + "\" r=\"2\" class=\"" +
             colour_class("dot", line.colour) + "\"/>";
      continue;
    }
    std::string path;
    for (std::size_t i = first; i <= last; ++i) {
      path += (i == first ? "M" : "L") + coordinate(scales.x(chart.at[i])) + " " +
              coordinate(scales.y(*line.values[i]));
    }
    if (line.filled) {
      out += "<path class=\"" + colour_class("area", line.colour) + "\" d=\"" + path + "L" +
             coordinate(scales.x(chart.at[last])) + " " + coordinate(scales.y(0)) + "L" +
             coordinate(scales.x(chart.at[first])) + " " + coordinate(scales.y(0)) + "Z\"/>";
    }
    out += "<path class=\"" + colour_class("line", line.colour) + "\" d=\"" + path + "\"/>";
  }
  return out + "\n";
}

/// Columns that nobody sees; pointing at one tells its values.
std::string draw_tips(const TimeChart& chart, const Scales& scales) {
  std::string out = "<g class=\"tips\">";
  for (std::size_t i = 0; i < chart.at.size(); ++i) {
    const double before = i == 0 ? chart.at[i] : (chart.at[i - 1] + chart.at[i]) / 2;
    const double after = i + 1 == chart.at.size() ? chart.at[i] : (chart.at[i] + chart.at[i + 1]) / 2;
    std::string tip = time_text(chart.at[i]);
    for (const auto& line : chart.lines) {
      if (line.values[i]) tip += "\n" + line.name + ": " + chart.format(*line.values[i]);
    }
    out += "<rect x=\"" + coordinate(scales.x(before)) + "\" y=\"" + coordinate(scales.frame.top) +
           "\" width=\"" + coordinate(std::max(scales.x(after) - scales.x(before), 1.0)) + "\" height=\"" +
           coordinate(scales.y(0) - scales.frame.top) + "\"><title>" + escaped(tip) + "</title></rect>";
  }
  return out + "</g>\n";
}

std::string draw_value_axis(const Scales& scales, const std::vector<double>& ticks, Format format) {
  const Frame& frame = scales.frame;
  std::string out;
  for (const double tick : ticks) {
    const double y = scales.y(tick);
    out += line_at(frame.left, y, frame.width - frame.right, y, tick == 0 ? "axis" : "grid");
    out += text_at(frame.left - 8, y + 4, "tick end", format(tick));
  }
  return out + "\n";
}

std::string legend_of(const std::vector<Line>& lines) {
  std::string out = "<span class=\"legend\">";
  for (const auto& line : lines) {
    out += "<span><i class=\"" + colour_class("swatch", line.colour) + "\"></i>" + escaped(line.name) +
           "</span>";
  }
  return out + "</span>";
}

std::string count_of(double count) {
  return count_text(static_cast<std::uint64_t>(std::llround(count)));
}

struct Marker {
  const char* name;
  double percent;
};
constexpr Marker kMarkers[]{{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};

/// Equal steps of the logarithm between two latencies.
struct LogScale {
  double least;
  double most;
  [[nodiscard]] double share(double value) const {
    return std::clamp(std::log(value / least) / std::log(most / least), 0.0, 1.0);
  }
};

std::string draw_markers(const Frame& frame, const LogScale& scale, const Histogram& histogram) {
  std::string out;
  constexpr double kRow = 14;
  constexpr double kLabel = 104;
  double row = 0;
  double last = -1e9;
  for (const auto& [name, percent] : kMarkers) {
    const auto value = static_cast<double>(*histogram.percentile(percent));
    const double x = frame.x_of(scale.share(std::max(value, 1.0)));
    const bool left = x > frame.width - kLabel;
    // Labels that would touch stand one below the other, above the columns.
    row = x - last < (left ? 2 * kLabel : kLabel) ? row + kRow : 0;
    last = x;
    out += line_at(x, 4 + row, x, frame.y_of(0), "marker");
    out += text_at(left ? x - 4 : x + 4, 13 + row, left ? "mark end" : "mark",
                   std::string{name} + " " + latency_text(value));
  }
  return out + "\n";
}

}  // namespace

std::string draw(const TimeChart& chart) {
  double most = 0;
  bool seen = false;
  for (const auto& line : chart.lines) {
    for (const auto& value : line.values) {
      if (!value) continue;
      most = std::max(most, *value);
      seen = true;
    }
  }
  if (!seen || chart.at.empty()) return {};

  const auto ticks = ticks_up_to(most);
  const Scales scales{.seconds = std::max(chart.at.back(), 1.0), .most = ticks.back()};
  std::string out = open_figure(scales.frame, chart.title, chart.note, legend_of(chart.lines),
                                chart.title + ", at most " + chart.format(most));
  out += draw_value_axis(scales, ticks, chart.format);
  for (const double at : time_ticks(scales.seconds)) {
    out += text_at(scales.x(at), scales.frame.height - 10, "tick middle", time_text(at));
  }
  out += "\n";
  for (const auto& line : chart.lines) out += draw_line(chart, line, scales);
  return out + draw_tips(chart, scales) + close_figure();
}

std::string draw_distribution(const std::string& title, const std::string& note, const Histogram& histogram,
                              double width) {
  if (histogram.empty()) return {};
  constexpr std::size_t kBins = 64;
  LogScale scale{static_cast<double>(std::max<std::uint64_t>(*histogram.min(), 1)) * 0.9,
                 static_cast<double>(std::max<std::uint64_t>(*histogram.max(), 1)) * 1.1};
  if (scale.most / scale.least < 4) scale = {scale.least / 2, scale.most * 2};
  std::vector<std::uint64_t> bins(kBins);
  for (const auto& bucket : histogram.buckets()) {
    const double middle =
        std::max((static_cast<double>(bucket.lowest) + static_cast<double>(bucket.highest)) / 2, 1.0);
    bins[std::min(static_cast<std::size_t>(scale.share(middle) * kBins), kBins - 1)] += bucket.count;
  }
  const auto most = static_cast<double>(*std::ranges::max_element(bins));
  const auto ticks = ticks_up_to(most, true);

  const Frame frame{.width = width, .height = 300, .top = 80};
  const Scales counts{.frame = frame, .most = ticks.back()};
  std::string spoken = title;
  for (const auto& [name, percent] : kMarkers) {
    spoken +=
        std::string{", "} + name + " " + latency_text(static_cast<double>(*histogram.percentile(percent)));
  }
  std::string out = open_figure(frame, title, note, "", spoken);
  out += draw_value_axis(counts, ticks, count_of);
  for (const double tick : logarithmic_ticks(scale.least, scale.most)) {
    out += text_at(frame.x_of(scale.share(tick)), frame.height - 10, "tick middle", latency_text(tick));
  }
  out += "\n";
  for (std::size_t i = 0; i < kBins; ++i) {
    if (bins[i] == 0) continue;
    const double from = static_cast<double>(i) / kBins;
    const double to = static_cast<double>(i + 1) / kBins;
    const auto value_at = [&](double share) {
      return scale.least * std::pow(scale.most / scale.least, share);
    };
    const double y = counts.y(static_cast<double>(bins[i]));
    out += "<rect class=\"column c1\" x=\"" + coordinate(frame.x_of(from) + 0.5) + "\" y=\"" + coordinate(y) +
           "\" width=\"" + coordinate(frame.x_of(to) - frame.x_of(from) - 1) + "\" height=\"" +
           coordinate(frame.y_of(0) - y) + "\"><title>" +
           escaped(latency_text(value_at(from)) + " to " + latency_text(value_at(to)) + ": " +
                   count_text(bins[i])) +
           "</title></rect>";
  }
  return out + "\n" + draw_markers(frame, scale, histogram) + close_figure();
}

std::string draw_bars(const std::string& title, const std::string& note, const std::vector<Bar>& bars,
                      int colour) {
  if (bars.empty()) return {};
  std::uint64_t most = 1;
  std::uint64_t all = 0;
  for (const auto& bar : bars) {
    most = std::max(most, bar.count);
    all += bar.count;
  }
  std::string out = "<figure><figcaption><b>" + escaped(title) + "</b><span class=\"note\">" + escaped(note) +
                    "</span></figcaption>\n<div class=\"bars\">\n";
  for (const auto& bar : bars) {
    const double percent =
        100 * static_cast<double>(bar.count) / static_cast<double>(std::max<std::uint64_t>(all, 1));
    const double width = 100 * static_cast<double>(bar.count) / static_cast<double>(most);
    out += "<span class=\"name\">" + escaped(bar.name) + "</span><span class=\"track\"><i class=\"" +
           colour_class("fill", colour) + "\" style=\"width:" + coordinate(width) +
           "%\"></i></span><span class=\"value\">" + count_text(bar.count) + "<small>" +
           number_text(percent) + " %</small></span>\n";
  }
  return out + "</div></figure>\n";
}

}  // namespace iotemu::load
