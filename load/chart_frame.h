#pragma once

// Where a chart's values lie on the page: its box, its axes and their ticks. Within load/ only.

#include <string>
#include <vector>

namespace iotemu::load {

/// Of every chart, in the SVG's own units. The page scales it.
struct Frame {
  double width{640};
  double height{240};
  double left{64};
  double right{14};
  double top{14};
  double bottom{30};

  [[nodiscard]] double x_of(double share) const { return left + share * (width - left - right); }
  [[nodiscard]] double y_of(double share) const { return height - bottom - share * (height - top - bottom); }
};

/// Round numbers from 0 to `most` or a little above: 1, 2 or 5 of a power of ten, four to six of them. With
/// `whole` none lies between two whole numbers.
[[nodiscard]] std::vector<double> ticks_up_to(double most, bool whole = false);
/// 1, 2 and 5 of each power of ten from `least` to `most`, or fewer where they would crowd.
[[nodiscard]] std::vector<double> logarithmic_ticks(double least, double most);
/// Seconds, minutes or hours that divide `seconds` well.
[[nodiscard]] std::vector<double> time_ticks(double seconds);
/// "0 s", "90 s", "5:00", "1:30:00".
[[nodiscard]] std::string time_text(double seconds);

/// <figure> with its caption, up to the open <svg>.
[[nodiscard]] std::string open_figure(const Frame& frame, const std::string& title, const std::string& note,
                                      const std::string& legend, const std::string& spoken);
[[nodiscard]] std::string close_figure();

[[nodiscard]] std::string text_at(double x, double y, const char* style, const std::string& text);
[[nodiscard]] std::string line_at(double x1, double y1, double x2, double y2, const char* style);

}  // namespace iotemu::load
