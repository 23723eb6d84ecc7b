#pragma once

// Charts as SVG text, to stand inside a page that has the style of report_style.h. Whoever points at one
// reads the numbers; none needs a script. Pure. Within load/ only.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/histogram.h"

namespace iotemu::load {

/// A number of the axis or of a tool tip as text.
using Format = std::string (*)(double);

/// One measured thing over time. A value that is absent leaves a gap.
struct Line {
  std::string name{};
  int colour{1};  ///< 1 … 5: the style's
  std::vector<std::optional<double>> values{};
  bool filled{false};
};

/// Lines over the seconds of a run; `at` counts seconds from the start and is as long as each line's values.
struct TimeChart {
  std::string title{};
  std::string note{};  ///< what is counted and how, a few words
  std::vector<double> at{};
  std::vector<Line> lines{};
  Format format{nullptr};
};
/// A <figure>. Empty when no line has a value.
[[nodiscard]] std::string draw(const TimeChart& chart);

/// How often which latency was seen, over a logarithmic axis, with the percentiles marked. `width` in the
/// units that other charts have 640 of.
[[nodiscard]] std::string draw_distribution(const std::string& title, const std::string& note,
                                            const Histogram& histogram, double width);

/// One row of a bar list.
struct Bar {
  std::string name{};
  std::uint64_t count{};
};
/// Bars from the left, named. `colour` as in Line.
[[nodiscard]] std::string draw_bars(const std::string& title, const std::string& note,
                                    const std::vector<Bar>& bars, int colour);

}  // namespace iotemu::load
